;; Responds with how many messages it has had, this one included, as a little-endian u32.
(global $messages (mut i32) (i32.const 0))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
  (result i32)
  (global.set $messages (i32.add (global.get $messages) (i32.const 1)))
  (i32.store (i32.const 16) (global.get $messages))
  (call $respond (i32.const 16) (i32.const 4)))
