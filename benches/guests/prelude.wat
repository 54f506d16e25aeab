;; What every guest here has: memory, in which the runtime puts arguments from 1024 up and the
;; end of each call frees them, and the token that is passed around. Below 1024 there are: at 0
;; the answer to a message, at 16 what a send returned, at 64 and 512 constants, at 256 the id of
;; the target.
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

(func $free-arguments
  (global.set $free (i32.const 1024)))

(func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
  (call $free-arguments))

(func $no-response (result i32)
  (i64.store (i32.const 0) (i64.const 0))
  (i32.const 0))

;; A token is a `c`, seven bytes of nothing, a count, and whatever makes up its size.
(func $count (param $token i32) (result i64)
  (i64.load offset=8 align=1 (local.get $token)))

(func $set-count (param $token i32) (param $count i64)
  (i64.store offset=8 align=1 (local.get $token) (local.get $count)))
