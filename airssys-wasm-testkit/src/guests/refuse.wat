;; Refuses each message with code 7, and with the message for a text.
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
  (result i32)
  (call $refuse (i32.const 7) (local.get $message) (local.get $length)))
