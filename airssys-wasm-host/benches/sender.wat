;; Sends as many messages of 64 bytes to `benchmarks/receiver/with-a-longer-id-1` as the first
;; four bytes of its own message say.
(module
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send-message (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "benchmarks/receiver/with-a-longer-id-1")
  (global $free (mut i32) (i32.const 1024))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
    (local $left i32)
    (local.set $left (i32.load align=1 (local.get $message)))
    (loop $next
      (call $send-message
        (i32.const 64) (i32.const 38) (i32.const 256) (i32.const 64) (i32.const 32))
      (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i64.store (i32.const 0) (i64.const 0))
    (i32.const 0))

  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
