;; What every guest here has: memory, in which bytes from 256 to 1023 are its own and the rest
;; is handed out from 1024 up, and ways to return.
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

(func $respond (param $bytes i32) (param $length i32) (result i32)
  (i32.store (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (i32.const 1))
  (i32.store (i32.const 8) (local.get $bytes))
  (i32.store (i32.const 12) (local.get $length))
  (i32.const 0))

(func $no-response (result i32)
  (i64.store (i32.const 0) (i64.const 0))
  (i32.const 0))

(func $refuse (param $code i32) (param $text i32) (param $length i32) (result i32)
  (i32.store (i32.const 0) (i32.const 1))
  (i32.store (i32.const 4) (local.get $code))
  (i32.store (i32.const 8) (local.get $text))
  (i32.store (i32.const 12) (local.get $length))
  (i32.const 0))
