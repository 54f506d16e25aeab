;; Gets the id of a component, and prints it with a word each time that it ends. It refuses with
;; the error's number where it may not know.
(module
  ;; The target, a pointer and a length; then where the answer goes.
  (import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 the result, ok and no response; at 16 the answers; at 60 a refusal: 1, the code,
  ;; the pointer and the length of the text; at 160 a word of 16 bytes for each reason; at 512 the
  ;; line that is printed; from 1024 what the runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 60) "\01\00\00\00" "\00\00\00\00" "\50\00\00\00" "\10\00\00\00")
  (data (i32.const 80) "may not watch it" "airssys/stdout")
  (data (i32.const 160)
    "came to its end " "crashed         " "was stopped     " "was given up    " "does not exist  ")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $id i32) (param $length i32)
    (result i32)
    (call $monitor (local.get $id) (local.get $length) (i32.const 16))
    ;; The answer starts with 1 where it is an error. 4 bytes further is which one.
    (i32.store (i32.const 64) (i32.load8_u (i32.const 20)))
    (select (i32.const 60) (i32.const 0) (i32.load8_u (i32.const 16))))

  ;; The id, the reason's number, and its text where it has one.
  (func (export "airssys:component/exits@0.1.0#handle-exit")
    (param $id i32) (param $length i32) (param $reason i32) (param i32 i32) (result i32)
    (local $end i32)
    (memory.copy (i32.const 512) (local.get $id) (local.get $length))
    (local.set $end (i32.add (i32.const 512) (local.get $length)))
    (i32.store8 (local.get $end) (i32.const 32))
    (memory.copy
      (i32.add (local.get $end) (i32.const 1))
      (i32.add (i32.const 160) (i32.mul (local.get $reason) (i32.const 16)))
      (i32.const 16))
    (call $send_message
      (i32.const 96) (i32.const 14)
      (i32.const 512) (call $trimmed (i32.add (local.get $length) (i32.const 17)))
      (i32.const 16))
    (global.set $free (i32.const 1024))
    (i32.const 0))

  ;; The length of the line without the spaces at its end.
  (func $trimmed (param $length i32) (result i32)
    (loop $spaces
      (if (i32.eq (i32.load8_u offset=511 (local.get $length)) (i32.const 32))
        (then
          (local.set $length (i32.sub (local.get $length) (i32.const 1)))
          (br $spaces))))
    (local.get $length))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
