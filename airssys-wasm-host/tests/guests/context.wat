;; Sends what it knows of the message in hand to `test/seen`, from each of its functions: the 56
;; bytes that `current-message` returned, the traceparent, and its own id.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/context@0.1.0" "self-id" (func $self-id (param i32)))
(import "airssys:component/context@0.1.0" "current-message" (func $current-message (param i32)))
(data (i32.const 512) "test/seen")

(func $tell
  (local $trace-length i32)
  (memory.fill (i32.const 600) (i32.const 0) (i32.const 56))
  (call $current-message (i32.const 600))
  (if (i32.load8_u (i32.const 644))
    (then (local.set $trace-length (i32.load (i32.const 652)))))
  (memory.copy (i32.const 656) (i32.load (i32.const 648)) (local.get $trace-length))
  (call $self-id (i32.const 256))
  (memory.copy
    (i32.add (i32.const 656) (local.get $trace-length))
    (i32.load (i32.const 256)) (i32.load (i32.const 260)))
  (call $send-message
    (i32.const 512) (i32.const 9)
    (i32.const 600)
    (i32.add (i32.const 56) (i32.add (local.get $trace-length) (i32.load (i32.const 260))))
    (i32.const 264)))

(func (export "airssys:component/handler@0.1.0#handle-message") (param i32 i32 i32 i32) (result i32)
  (call $tell)
  (call $no-response))
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param i64 i64 i32 i32 i32 i32 i32) (result i32)
  (call $tell)
  (call $no-response))
(func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
  (call $tell)
  (call $no-response))
(func (export "airssys:component/lifecycle@0.1.0#shutdown")
  (call $tell))
