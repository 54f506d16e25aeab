;; Adds up the numbers that it is sent, many messages in one call; at `total` it prints the sum.
(module
  (import "airssys:component/messaging@0.1.0" "send-message"
    (func $send_message (param i32 i32 i32 i32 i32)))

  ;; Memory: at 0 the result of a message, and of a batch; at 16 the answer to a send; at 64 a name;
  ;; up to 512 the sum in digits; from 1024 what the runtime hands over; from 2 MiB the outcomes of a
  ;; batch. They are never written: each is ok, and no response.
  (memory (export "memory") 64)
  (data (i32.const 64) "airssys/stdout")
  (global $outcomes i32 (i32.const 0x200000))
  (global $sum (mut i64) (i64.const 0))

  (func $take (param $message i32) (param $length i32)
    (local $end i32) (local $number i64)
    (if (i32.eq (i32.load8_u (local.get $message)) (i32.const 0x74)) ;; t
      (then (return (call $print))))
    (local.set $end (i32.add (local.get $message) (local.get $length)))
    (block $done
      (loop $digits
        (br_if $done (i32.eq (local.get $message) (local.get $end)))
        (local.set $number (i64.add
          (i64.mul (local.get $number) (i64.const 10))
          (i64.extend_i32_u (i32.sub (i32.load8_u (local.get $message)) (i32.const 48)))))
        (local.set $message (i32.add (local.get $message) (i32.const 1)))
        (br $digits)))
    (global.set $sum (i64.add (global.get $sum) (local.get $number))))

  (func $print
    (local $at i32) (local $left i64)
    (local.set $at (i32.const 512))
    (local.set $left (global.get $sum))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add
        (i32.wrap_i64 (i64.rem_u (local.get $left) (i64.const 10))) (i32.const 48)))
      (local.set $left (i64.div_u (local.get $left) (i64.const 10)))
      (br_if $digits (i64.ne (local.get $left) (i64.const 0))))
    (call $send_message (i32.const 64) (i32.const 14)
      (local.get $at) (i32.sub (i32.const 512) (local.get $at)) (i32.const 16))
    ;; Where it may not print, it crashes.
    (if (i32.load8_u (i32.const 16)) (then (unreachable))))

  ;; One message alone.
  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param i32 i32) (param $message i32) (param $length i32) (result i32)
    (call $take (local.get $message) (local.get $length))
    (i64.store (i32.const 0) (i64.const 0))
    (i32.const 0))

  ;; Many: each takes 16 bytes, the sender's handle and then the message's place and length.
  (func (export "airssys:component/batch-handler@0.1.0#handle-messages")
    (param $messages i32) (param $count i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $messages) (i32.shl (local.get $count) (i32.const 4))))
    (loop $next
      (call $take
        (i32.load offset=8 (local.get $messages)) (i32.load offset=12 (local.get $messages)))
      (local.set $messages (i32.add (local.get $messages) (i32.const 16)))
      (br_if $next (i32.lt_u (local.get $messages) (local.get $end))))
    ;; Where the outcomes are, and how many.
    (i32.store (i32.const 0) (global.get $outcomes))
    (i32.store (i32.const 4) (local.get $count))
    (i32.const 0))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func $freed (param i32) (global.set $free (i32.const 1024)))
  (export "cabi_post_airssys:component/handler@0.1.0#handle-message" (func $freed))
  (export "cabi_post_airssys:component/batch-handler@0.1.0#handle-messages" (func $freed)))
