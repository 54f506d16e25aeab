;; Does with a message what its first byte says: `p` prints it, `l` logs it, `n` refuses it with
;; itself as the text, `t` traps. Any other message, and an empty one, is the response.
(module
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send-message (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 32)
  (global $free (mut i32) (i32.const 1024))
  (data (i32.const 512) "airssys/stdout")
  (data (i32.const 544) "airssys/log")

  (func (export "cabi_realloc")
    (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; The result at 0; what a send answers at 64.
  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
    (result i32)
    (local $verb i32)
    (i64.store (i32.const 0) (i64.const 0))
    (if (local.get $length) (then (local.set $verb (i32.load8_u (local.get $message)))))
    (if (i32.eq (local.get $verb) (i32.const 0x70)) ;; p
      (then
        (call $send-message
          (i32.const 512) (i32.const 14) (local.get $message) (local.get $length)
          (i32.const 64))
        (return (i32.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 0x6c)) ;; l
      (then
        (call $send-message
          (i32.const 544) (i32.const 11) (local.get $message) (local.get $length)
          (i32.const 64))
        (return (i32.const 0))))
    (if (i32.eq (local.get $verb) (i32.const 0x74)) ;; t
      (then (unreachable)))
    (i32.store8 (i32.const 0) (i32.eq (local.get $verb) (i32.const 0x6e))) ;; n
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (local.get $message))
    (i32.store (i32.const 12) (local.get $length))
    (i32.const 0))

  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
