;; Responds with the message.
(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (i32.store (i32.const 0) (i32.const 0))
  (i32.store (i32.const 4) (i32.const 1))
  (i32.store (i32.const 8) (local.get $message))
  (i32.store (i32.const 12) (local.get $length))
  (i32.const 0))
