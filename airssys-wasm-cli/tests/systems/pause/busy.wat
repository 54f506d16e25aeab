;; Says that it has begun, computes until `tests/gate` has ended, and says that it is done.
(module
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send-message (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 512) "airssys/stdout")
  (data (i32.const 544) "tests/gate")
  (data (i32.const 576) "begun")
  (data (i32.const 592) "done")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))

  ;; The result at 0; what a send answers at 64.
  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param i32 i32 i32 i32) (result i32)
    (call $send-message
      (i32.const 512) (i32.const 14) (i32.const 576) (i32.const 5) (i32.const 64))
    (loop $until-stopped
      (call $send-message
        (i32.const 544) (i32.const 10) (i32.const 576) (i32.const 5) (i32.const 64))
      (br_if $until-stopped (i32.eqz (i32.load8_u (i32.const 64))))
      (br_if $until-stopped (i32.ne (i32.load8_u (i32.const 72)) (i32.const 8))))
    ;; It has sent as many messages as it may for now.
    (loop $until-sent
      (call $send-message
        (i32.const 512) (i32.const 14) (i32.const 592) (i32.const 4) (i32.const 64))
      (br_if $until-sent (i32.load8_u (i32.const 64))))
    (i64.store (i32.const 0) (i64.const 0))
    (i32.const 0)))
