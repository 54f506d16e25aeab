;; Gets lines like `TARGET WORD WORD…` and makes a request of each word to TARGET. It prints the
;; responses. Where a request is not accepted it stops, and refuses its own line.
(module
  ;; Target and request, a pointer and a length each; the time-out; then where the answer goes.
  (import "airssys:component/messaging@0.1.0" "send-request"
    (func $send_request (param i32 i32 i32 i32 i64 i32)))
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 the answer to a send; at 48 a
  ;; refusal: 1, the code, the pointer and the length of the text; at 64 texts; from 1024 what the
  ;; runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 48) "\01\00\00\00" "\00\00\00\00" "\59\00\00\00" "\18\00\00\00")
  (data (i32.const 64) "airssys/stdout" "no response" "request was not accepted")

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
        (call $send_request
          (local.get $line) (i32.sub (local.get $target_end) (local.get $line))
          (local.get $word) (i32.sub (local.get $at) (local.get $word))
          (i64.const 0) (i32.const 16)) ;; 0: the system's time-out
        ;; The answer starts with 1 where it is an error; which one is 8 bytes further.
        (i32.store (i32.const 52) (i32.load8_u (i32.const 24)))
        (if (i32.load8_u (i32.const 16)) (then (return (i32.const 48))))
        (br $words)))
    (i32.const 0))

  ;; The two halves of the request's id, and how it ended: 0 and the response, or 1 and why not.
  (func (export "airssys:component/callback@0.1.0#handle-callback")
    (param i64 i64 i32) (param $response i32) (param $length i32) (param i32 i32) (result i32)
    (if (local.get 2)
      (then (local.set $response (i32.const 78)) (local.set $length (i32.const 11))))
    (call $send_message (i32.const 64) (i32.const 14)
      (local.get $response) (local.get $length) (i32.const 16))
    (global.set $free (i32.const 1024))
    (i32.const 0))

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
