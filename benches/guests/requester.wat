;; Requests from the target as often as the token's count says, each time once the response to
;; the last request, which is the token again, has come.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))

(func $request-next (param $token i32) (param $length i32)
  (call $set-count
    (local.get $token)
    (i64.sub (call $count (local.get $token)) (i64.const 1)))
  (call $send-request
    (i32.const 256) (global.get $target-length) (local.get $token) (local.get $length)
    (i64.const 0) (i32.const 16))
  (call $check-sent))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
  (if (i32.eqz (call $take-target (local.get $message) (local.get $length)))
    (then (call $request-next (local.get $message) (local.get $length))))
  (call $no-response))

(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param $high i64) (param $low i64)
  (param $is-error i32) (param $token i32) (param $length i32) (param i32 i32) (result i32)
  (if (local.get $is-error)
    (then unreachable))
  (if (i64.eqz (call $count (local.get $token)))
    (then (call $send-done (local.get $token) (local.get $length)))
    (else (call $request-next (local.get $token) (local.get $length))))
  (call $no-response))

(func (export "cabi_post_airssys:component/callback@0.1.0#handle-callback") (param i32)
  (call $free-arguments))
