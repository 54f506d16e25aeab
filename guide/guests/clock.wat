;; Prints each message, and has it come again from itself 20 ms later. It refuses with the error's
;; number where it may not print.
(module
  ;; Target and message, a pointer and a length each, the delay, and where the answer goes.
  (import "airssys:component/timers@0.1.0" "send-after"
    (func $send_after (param i32 i32 i32 i32 i64 i32)))
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))
  (import "airssys:component/context@0.1.0" "self-id" (func $self_id (param i32)))

  ;; Memory: at 0 the result, ok and no response; at 16 the own id; at 32 the answers; at 80 a
  ;; refusal: 1, the code, the pointer and the length of the text; from 1024 what the runtime hands
  ;; over.
  (memory (export "memory") 32)
  (data (i32.const 80) "\01\00\00\00" "\00\00\00\00" "\60\00\00\00" "\13\00\00\00")
  (data (i32.const 96) "it was not accepted")
  (data (i32.const 120) "airssys/stdout")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $line i32) (param $length i32)
    (result i32)
    (call $send_message
      (i32.const 120) (i32.const 14) (local.get $line) (local.get $length) (i32.const 32))
    ;; The answer starts with 1 where it is an error. 8 bytes further is which one.
    (i32.store (i32.const 84) (i32.load8_u (i32.const 40)))
    (if (i32.load8_u (i32.const 32)) (then (return (i32.const 80))))
    (call $self_id (i32.const 16))
    (call $send_after
      (i32.load (i32.const 16)) (i32.load (i32.const 20))
      (local.get $line) (local.get $length) (i64.const 20) (i32.const 32))
    (i32.const 0))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
