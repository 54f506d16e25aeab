;; Sends as many tokens to the target as the count of its own says, the last of them with 0: up
;; to PER-TURN for each message, and then itself a token with what is left.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(data (i32.const 512) "benchmarks/stream/source-component-1")

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (local $left i64) (local $left-after i64)
  (if (call $take-target (local.get $message) (local.get $length))
    (then (return (call $no-response))))
  (local.set $left (call $count (local.get $message)))
  (if (i64.gt_u (local.get $left) (i64.const PER-TURN))
    (then (local.set $left-after (i64.sub (local.get $left) (i64.const PER-TURN)))))
  (loop $next
    (local.set $left (i64.sub (local.get $left) (i64.const 1)))
    (call $set-count (local.get $message) (local.get $left))
    (call $send-on (local.get $message) (local.get $length))
    (br_if $next (i64.gt_u (local.get $left) (local.get $left-after))))
  (if (i64.ne (local.get $left) (i64.const 0))
    (then
      (call $send (i32.const 512) (i32.const 36) (local.get $message) (local.get $length))))
  (call $no-response))
