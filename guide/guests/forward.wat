;; Sends each message on to codecs/store as it is. Where that is refused, it refuses the message.
(module
  ;; Target and message, a pointer and a length each; then where the answer goes.
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 the answer to a send; at 48 a
  ;; refusal: 1, the code, the pointer and the length of the text; at 64 texts; from 1024 what the
  ;; runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 48) "\01\00\00\00" "\00\00\00\00" "\4c\00\00\00" "\11\00\00\00")
  (data (i32.const 64) "codecs/store" "it was not stored")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $message i32) (param $length i32)
    (result i32)
    (call $send_message (i32.const 64) (i32.const 12)
      (local.get $message) (local.get $length) (i32.const 16))
    ;; The answer starts with 1 where it is an error; which one is 8 bytes further.
    (i32.store (i32.const 52) (i32.load8_u (i32.const 24)))
    (select (i32.const 48) (i32.const 0) (i32.load8_u (i32.const 16))))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
