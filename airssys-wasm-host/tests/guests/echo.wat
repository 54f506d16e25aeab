;; Responds with the message.
(module
  (memory (export "memory") 1)
  (global $free (mut i32) (i32.const 1024))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at))

  ;; The result at 0: ok, some, pointer and length.
  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (local.get $message))
    (i32.store (i32.const 12) (local.get $length))
    (i32.const 0))

  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
