;; demo/greeter: responds to a name with a greeting.
;;
;; A core module, built against the core names of the package in wit/. The runtime makes a
;; component of it. A list or a string crosses the border as a pointer and a length.
(module
  ;; Memory, from its start:
  ;;      0  $result: result<option<list<u8>>, component-error>. At 0 is the 0 of `ok`, at 4 the
  ;;         1 of `some`, at 8 and 12 the pointer and the length of the response.
  ;;     64  $greeting; the name is copied to the place behind it
  ;;  2 MiB  $heap: the arguments of the call in hand
  ;; A message has at most 1 MiB, unless the operator allows more: so 4 MiB do.
  (memory (export "memory") 64)
  (global $result i32 (i32.const 0))
  (global $greeting i32 (i32.const 64))
  (global $greeting_len i32 (i32.const 7))
  (global $heap i32 (i32.const 0x200000))

  (data (i32.const 64) "Hello, ")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_len i32)
    (param $name i32) (param $name_len i32)
    (result i32)
    (local $end i32)
    (local.set $end (i32.add (global.get $greeting) (global.get $greeting_len)))
    (memory.copy (local.get $end) (local.get $name) (local.get $name_len))
    (local.set $end (i32.add (local.get $end) (local.get $name_len)))
    (i32.store8 (local.get $end) (i32.const 0x21)) ;; !
    (local.set $end (i32.add (local.get $end) (i32.const 1)))
    (i32.store offset=4 (global.get $result) (i32.const 1))
    (i32.store offset=8 (global.get $result) (global.get $greeting))
    (i32.store offset=12 (global.get $result)
      (i32.sub (local.get $end) (global.get $greeting)))
    (global.get $result))

  ;; The runtime has read the result: what was allocated for the call is free again.
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message")
    (param $result i32)
    (global.set $top (global.get $heap)))

  ;; Where the next allocation goes.
  (global $top (mut i32) (i32.const 0x200000))

  ;; The runtime asks here for room for arguments, which are bytes: no alignment is needed.
  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32)
    (result i32)
    (global.get $top)
    (global.set $top (i32.add (global.get $top) (local.get $size)))))
