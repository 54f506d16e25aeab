;; Sends each message on to demo/bell a minute later, and responds with how many it has taken since
;; it started, as a little-endian u32. Where no timer can be set it refuses, with code 1.
(module
  ;; Target and message, a pointer and a length each, the delay in ms, and where the answer goes.
  (import "airssys:component/timers@0.1.0" "send-after"
    (func $send_after (param i32 i32 i32 i32 i64 i32)))
  (memory (export "memory") 64)
  (data (i32.const 64) "demo/bell")
  (data (i32.const 80) "no timer")
  (global $taken (mut i32) (i32.const 0))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param i32 i32) (param $message i32) (param $length i32) (result i32)
    (call $send_after
      (i32.const 64) (i32.const 9) (local.get $message) (local.get $length)
      (i64.const 60_000) (i32.const 32))
    (if (i32.load8_u (i32.const 32))
      (then
        ;; error({ code: 1, message: "no timer" })
        (i32.store (i32.const 0) (i32.const 1))
        (i32.store (i32.const 4) (i32.const 1))
        (i32.store (i32.const 8) (i32.const 80))
        (i32.store (i32.const 12) (i32.const 8))
        (return (i32.const 0))))
    (global.set $taken (i32.add (global.get $taken) (i32.const 1)))
    (i32.store (i32.const 16) (global.get $taken))
    ;; ok(some(the four bytes at 16))
    (i32.store (i32.const 0) (i32.const 0))
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (i32.const 16))
    (i32.store (i32.const 12) (i32.const 4))
    (i32.const 0))

  ;; The runtime asks here for room for arguments, and says when a call is over.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free) (local.get $size))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
