;; Gets lines like `TARGET WORD WORD…` and sends each word to TARGET, as a message of its own.
;;
;; Where a send is refused it stops, and refuses its own line with the name of what it was told.
(module
  ;; Target and message, a pointer and a length each; then where the answer goes.
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 the answer to a send; at 48 the
  ;; result of a refusal; from 64 names, 20 bytes each, and behind them their lengths; from 1024
  ;; what the runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 64)
    "invalid-target      no-such-component   not-permitted       codec-not-accepted  "
    "message-too-large   rate-limited        mailbox-full        too-many-requests   "
    "stopped             no-callback         "
    "\0e\11\0d\12\11\0c\0c\11\07\0b")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $line i32) (param $length i32)
    (result i32)
    (local $end i32) (local $at i32) (local $target_end i32) (local $word i32)
    (local.set $end (i32.add (local.get $line) (local.get $length)))
    (local.set $target_end (call $word_end (local.get $line) (local.get $end)))
    (local.set $at (local.get $target_end))
    (block $done
      (loop $words
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $word (i32.add (local.get $at) (i32.const 1)))
        (local.set $at (call $word_end (local.get $word) (local.get $end)))
        (call $send_message
          (local.get $line) (i32.sub (local.get $target_end) (local.get $line))
          (local.get $word) (i32.sub (local.get $at) (local.get $word)) (i32.const 16))
        ;; The answer starts with 1 where it is an error; which one is 8 bytes further.
        (if (i32.load8_u (i32.const 16))
          (then (return (call $refuse (i32.load8_u (i32.const 24))))))
        (br $words)))
    (i32.const 0))

  (func $refuse (param $error i32) (result i32)
    (i32.store8 (i32.const 48) (i32.const 1))
    (i32.store (i32.const 52) (local.get $error)) ;; the code
    (i32.store (i32.const 56) (i32.add (i32.const 64) (i32.mul (local.get $error) (i32.const 20))))
    (i32.store (i32.const 60) (i32.load8_u (i32.add (local.get $error) (i32.const 264))))
    (i32.const 48))

  ;; The first space from $at on, or the end.
  (func $word_end (param $at i32) (param $end i32) (result i32)
    (block $found
      (loop $bytes
        (br_if $found (i32.eq (local.get $at) (local.get $end)))
        (br_if $found (i32.eq (i32.load8_u (local.get $at)) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $at))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
