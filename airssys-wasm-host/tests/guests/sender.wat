;; Sends each message back to its sender, and responds with what `send-message` returned: the 24
;; bytes of the result, then the codes of `codec-not-accepted`, if it is that.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (local $codes i32)
  (call $send-message
    (local.get $sender) (local.get $sender-length) (local.get $message) (local.get $length)
    (i32.const 256))
  (if (i32.and
        (i32.eq (i32.load8_u (i32.const 256)) (i32.const 1))
        (i32.eq (i32.load8_u (i32.const 264)) (i32.const 3)))
    (then
      (local.set $codes (i32.mul (i32.load (i32.const 276)) (i32.const 8)))
      (memory.copy (i32.const 280) (i32.load (i32.const 272)) (local.get $codes))))
  (call $respond (i32.const 256) (i32.add (i32.const 24) (local.get $codes))))
