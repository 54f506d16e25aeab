;; Subscribes to news/* when it starts, and prints what comes: itself, the topic, the message.
(module
  ;; A pattern, a pointer and a length; then where the answer goes.
  (import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
  ;; Where the answer goes.
  (import "airssys:component/topics@0.1.0" "current-topic" (func $current_topic (param i32)))
  (import "airssys:component/context@0.1.0" "self-id" (func $self_id (param i32)))
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 and 32 answers; at 48 a refusal:
  ;; 1, the code, the pointer and the length of the text; at 64 texts; from 1024 what the runtime
  ;; hands over; from 2 MiB the line that is printed.
  (memory (export "memory") 64)
  (data (i32.const 48) "\01\00\00\00" "\00\00\00\00" "\54\00\00\00" "\16\00\00\00")
  (data (i32.const 64) "airssys/stdout" "news/*" "may not read all of it")
  (global $line i32 (i32.const 0x200000))
  (global $end (mut i32) (i32.const 0))

  (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
    (call $subscribe (i32.const 78) (i32.const 6) (i32.const 16))
    (i32.store (i32.const 52) (i32.load8_u (i32.const 20))) ;; which error it is
    (select (i32.const 48) (i32.const 0) (i32.load8_u (i32.const 16))))
  (func (export "airssys:component/lifecycle@0.1.0#shutdown"))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $message i32) (param $length i32)
    (result i32)
    (call $self_id (i32.const 16))
    (call $current_topic (i32.const 32)) ;; 1 if there is one, its pointer and its length
    (global.set $end (global.get $line))
    (call $append (i32.load (i32.const 16)) (i32.load (i32.const 20)))
    (if (i32.load8_u (i32.const 32))
      (then (call $append (i32.load (i32.const 36)) (i32.load (i32.const 40)))))
    (call $append (local.get $message) (local.get $length))
    (call $send_message (i32.const 64) (i32.const 14)
      ;; Without the last space.
      (global.get $line) (i32.sub (i32.sub (global.get $end) (global.get $line)) (i32.const 1))
      (i32.const 16))
    (i32.const 0))

  ;; Puts some bytes and a space behind the line.
  (func $append (param $bytes i32) (param $length i32)
    (memory.copy (global.get $end) (local.get $bytes) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length)))
    (i32.store8 (global.get $end) (i32.const 32))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
