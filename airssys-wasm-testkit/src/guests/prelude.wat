;; What every guest here begins with: memory, and ways to answer a message. The bytes up to 1023
;; are the guest's own; from 1024 on the runtime puts arguments, and the end of the call frees
;; them.
(memory (export "memory") 16)
(global $arguments i32 (i32.const 1024))
(global $free (mut i32) (i32.const 1024))

(func (export "cabi_realloc")
  (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at
    (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
  (global.set $free (i32.add (local.get $at) (local.get $size)))
  (local.get $at))

(func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
  (global.set $free (global.get $arguments)))

;; result<option<list<u8>>, component-error>, at 0: ok(some(bytes)).
(func $respond (param $bytes i32) (param $length i32) (result i32)
  (i32.store (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (i32.const 1))
  (i32.store (i32.const 8) (local.get $bytes))
  (i32.store (i32.const 12) (local.get $length))
  (i32.const 0))

;; ok(none).
(func $done (result i32)
  (i64.store (i32.const 0) (i64.const 0))
  (i32.const 0))

;; error({ code, message }).
(func $refuse (param $code i32) (param $text i32) (param $length i32) (result i32)
  (i32.store (i32.const 0) (i32.const 1))
  (i32.store (i32.const 4) (local.get $code))
  (i32.store (i32.const 8) (local.get $text))
  (i32.store (i32.const 12) (local.get $length))
  (i32.const 0))
