;; Prints each message, and who sent it; to a request it responds with the message.
(module
  ;; Target and message, a pointer and a length each; then where the answer goes.
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 the result; at 16 the answer to a send; at 64 a name; from 1024 what the runtime
  ;; hands over; from 2 MiB the line that is printed.
  (memory (export "memory") 64)
  (data (i32.const 64) "airssys/stdout")
  (global $line i32 (i32.const 0x200000))
  (global $end (mut i32) (i32.const 0))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $message i32) (param $length i32)
    (result i32)
    (global.set $end (global.get $line))
    (call $append (local.get $sender) (local.get $sender_length))
    (i32.store (global.get $end) (i32.const 0x203a)) ;; a colon and a space
    (global.set $end (i32.add (global.get $end) (i32.const 2)))
    (call $append (local.get $message) (local.get $length))
    (call $send_message (i32.const 64) (i32.const 14)
      (global.get $line) (i32.sub (global.get $end) (global.get $line)) (i32.const 16))
    ;; Where it may not print, it crashes.
    (if (i32.load8_u (i32.const 16)) (then (unreachable)))
    ;; ok, some response: its pointer and its length.
    (i32.store (i32.const 4) (i32.const 1))
    (i32.store (i32.const 8) (local.get $message))
    (i32.store (i32.const 12) (local.get $length))
    (i32.const 0))

  (func $append (param $bytes i32) (param $length i32)
    (memory.copy (global.get $end) (local.get $bytes) (local.get $length))
    (global.set $end (i32.add (global.get $end) (local.get $length))))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
