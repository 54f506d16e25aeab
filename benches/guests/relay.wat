;; Counts each token down and sends it on to the target; at 0 the run is done.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (if (call $take-target (local.get $message) (local.get $length))
    (then (return (call $no-response))))
  (if (i64.eqz (call $count (local.get $message)))
    (then
      (call $send-done (local.get $message) (local.get $length))
      (return (call $no-response))))
  (call $set-count
    (local.get $message)
    (i64.sub (call $count (local.get $message)) (i64.const 1)))
  (call $send-on (local.get $message) (local.get $length))
  (call $no-response))
