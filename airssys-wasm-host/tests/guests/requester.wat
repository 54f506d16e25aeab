;; Makes a request of each message to its sender, and responds with the 24 bytes that
;; `send-request` returned; an empty message cancels the last request, and the response is the
;; answer to that. A callback's arguments go to `test/seen`: the two halves of the id, the
;; outcome's five numbers, and the bytes that it points to.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/messaging@0.1.0" "cancel-request"
  (func $cancel-request (param i64 i64) (result i32)))
(data (i32.const 512) "test/seen")

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (if (i32.eqz (local.get $length))
    (then
      (i32.store8 (i32.const 300)
        (call $cancel-request (i64.load (i32.const 264)) (i64.load (i32.const 272))))
      (return (call $respond (i32.const 300) (i32.const 1)))))
  (call $send-request
    (local.get $sender) (local.get $sender-length) (local.get $message) (local.get $length)
    (i64.const 1500) (i32.const 256))
  (call $respond (i32.const 256) (i32.const 24)))

(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param $high i64) (param $low i64)
  (param $is-error i32) (param $a i32) (param $b i32) (param $c i32) (param $d i32) (result i32)
  (local $bytes i32) (local $length i32)
  (i64.store (i32.const 600) (local.get $high))
  (i64.store (i32.const 608) (local.get $low))
  (i32.store (i32.const 616) (local.get $is-error))
  (i32.store (i32.const 620) (local.get $a))
  (i32.store (i32.const 624) (local.get $b))
  (i32.store (i32.const 628) (local.get $c))
  (i32.store (i32.const 632) (local.get $d))
  (if (i32.eqz (local.get $is-error))
    (then
      (local.set $bytes (local.get $a))
      (local.set $length (local.get $b))))
  (if (i32.and (local.get $is-error) (i32.eq (local.get $a) (i32.const 1)))
    (then
      (local.set $bytes (local.get $c))
      (local.set $length (local.get $d))))
  (memory.copy (i32.const 636) (local.get $bytes) (local.get $length))
  (call $send-message
    (i32.const 512) (i32.const 9) (i32.const 600) (i32.add (i32.const 36) (local.get $length))
    (i32.const 800))
  (call $no-response))
