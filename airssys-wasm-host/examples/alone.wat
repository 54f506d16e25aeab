;; Sends each message on to `demo/next`, and responds with `sent`.
(module
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send-message (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "demo/next")
  (data (i32.const 80) "sent")
  (global $free (mut i32) (i32.const 1024))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
    (call $send-message
      (i32.const 64) (i32.const 9) (local.get $message) (local.get $length) (i32.const 32))
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (i32.const 80))
    (i32.store (i32.const 12) (i32.const 4))
    (i32.const 0))

  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
