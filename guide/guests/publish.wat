;; Gets lines like `TOPIC WORD WORD…` and publishes each word under TOPIC. It responds with how
;; many copies subscribers took, as one digit; or refuses with the error's number.
(module
  ;; Topic and message, a pointer and a length each; then where the answer goes.
  (import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 the result, a response of the 1 byte at 60; at 16 the answer; at 40 a refusal: 1,
  ;; the code, the pointer and the length of the text; from 1024 what the runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 0) "\00\00\00\00" "\01\00\00\00" "\3c\00\00\00" "\01\00\00\00")
  (data (i32.const 40) "\01\00\00\00" "\00\00\00\00" "\40\00\00\00" "\14\00\00\00")
  (data (i32.const 64) "it was not published")

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $line i32) (param $length i32)
    (result i32)
    (local $end i32) (local $at i32) (local $topic_end i32) (local $word i32) (local $taken i32)
    (local.set $end (i32.add (local.get $line) (local.get $length)))
    (local.set $topic_end (call $word_end (local.get $line) (local.get $end)))
    (local.set $at (local.get $topic_end))
    (block $done
      (loop $words
        (br_if $done (i32.eq (local.get $at) (local.get $end)))
        (local.set $word (i32.add (local.get $at) (i32.const 1)))
        (local.set $at (call $word_end (local.get $word) (local.get $end)))
        (call $publish
          (local.get $line) (i32.sub (local.get $topic_end) (local.get $line))
          (local.get $word) (i32.sub (local.get $at) (local.get $word)) (i32.const 16))
        ;; The answer starts with 1 where it is an error. 8 bytes further is which one, or how many.
        (i32.store (i32.const 44) (i32.load8_u (i32.const 24)))
        (if (i32.load8_u (i32.const 16)) (then (return (i32.const 40))))
        (local.set $taken (i32.add (local.get $taken) (i32.load (i32.const 24))))
        (br $words)))
    (i32.store8 (i32.const 60) (i32.add (i32.const 0x30) (local.get $taken)))
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
