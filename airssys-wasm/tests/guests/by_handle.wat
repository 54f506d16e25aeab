;; Does what a request says, and responds with what came of it: the 24 bytes of a result. `l` and
;; an id looks it up; `s`, a handle and a message sends that; `r` requests it; `c` and a handle
;; responds with the id. How requests ended it says to `test/probe`.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/handles@0.1.0" "look-up" (func $look-up (param i32 i32 i32)))
(import "airssys:component/handles@0.1.0" "component-of" (func $component-of (param i64 i32)))
(import "airssys:component/handles@0.1.0" "send-message"
  (func $send-to (param i64 i32 i32 i32)))
(import "airssys:component/handles@0.1.0" "send-request"
  (func $request-of (param i64 i32 i32 i64 i32)))

(data (i32.const 128) "test/probe")

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (local $order i32) (local $handle i64) (local $payload i32) (local $size i32)
  (local.set $order (i32.load8_u (local.get $message)))
  (memory.fill (i32.const 256) (i32.const 0) (i32.const 24))
  (if (i32.eq (local.get $order) (i32.const 0x6c)) (then
    (call $look-up
      (i32.add (local.get $message) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))
      (i32.const 256))
    (return (call $respond (i32.const 256) (i32.const 24)))))
  (local.set $handle (i64.load offset=1 (local.get $message)))
  (local.set $payload (i32.add (local.get $message) (i32.const 9)))
  (local.set $size (i32.sub (local.get $length) (i32.const 9)))
  (if (i32.eq (local.get $order) (i32.const 0x73)) (then
    (call $send-to (local.get $handle) (local.get $payload) (local.get $size) (i32.const 256))))
  (if (i32.eq (local.get $order) (i32.const 0x72)) (then
    (call $request-of
      (local.get $handle) (local.get $payload) (local.get $size) (i64.const 0) (i32.const 256))))
  (if (i32.eq (local.get $order) (i32.const 0x63)) (then
    (call $component-of (local.get $handle) (i32.const 256))
    (return (call $respond (i32.load (i32.const 260)) (i32.load (i32.const 264))))))
  (call $respond (i32.const 256) (i32.const 24)))

(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64) (param $failed i32) (param $response i32) (param $length i32) (param i32 i32)
  (result i32)
  (if (local.get $failed) (then unreachable))
  (call $send (i32.const 128) (i32.const 10)
    (local.get $response) (local.get $length) (i32.const 256))
  (call $done))
