;; Takes tokens, until one comes with a count of 0.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (if (i64.eqz (call $count (local.get $message)))
    (then (call $send-done (local.get $message) (local.get $length))))
  (call $no-response))
