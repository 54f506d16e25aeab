;; Takes tokens, as many at once as there are, until one comes with a count of 0.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))

(func $take (param $message i32) (param $length i32)
  (if (i64.eqz (call $count (local.get $message)))
    (then (call $send-done (local.get $message) (local.get $length)))))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (call $take (local.get $message) (local.get $length))
  (call $no-response))

;; The outcomes are at 49152, where nothing is ever written: all is well, without a response.
(func (export "airssys:component/batch-handler@0.1.0#handle-messages")
  (param $messages i32) (param $count i32) (result i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $messages) (i32.shl (local.get $count) (i32.const 4))))
  (i32.store (i32.const 24) (i32.const 49152))
  (i32.store (i32.const 28) (local.get $count))
  (loop $next
    (call $take (i32.load offset=8 (local.get $messages)) (i32.load offset=12 (local.get $messages)))
    (local.set $messages (i32.add (local.get $messages) (i32.const 16)))
    (br_if $next (i32.lt_u (local.get $messages) (local.get $end))))
  (i32.const 24))
(func (export "cabi_post_airssys:component/batch-handler@0.1.0#handle-messages") (param i32)
  (call $free-arguments))
