;; Says to `test/probe` how each message came: `1` or the letter of its place in a batch, and the
;; message. What it does with a message is its first byte: `r` responds with it, `e` refuses it,
;; `t` traps, `s` computes for long, `h` also sends it to its sender by handle, `n` has its batch
;; answer one outcome too few.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send (param i32 i32 i32 i32 i32)))
(import "airssys:component/handles@0.1.0" "send-message"
  (func $send-to (param i64 i32 i32 i32)))

(data (i32.const 128) "test/probe")
(global $results i32 (i32.const 0x80000))
(global $too-few (mut i32) (i32.const 0))

(func $report (param $how i32) (param $message i32) (param $length i32)
  (i32.store8 (i32.const 0x90000) (local.get $how))
  (memory.copy (i32.const 0x90001) (local.get $message) (local.get $length))
  (call $send (i32.const 128) (i32.const 10)
    (i32.const 0x90000) (i32.add (local.get $length) (i32.const 1)) (i32.const 256)))

(func $compute (local $left i32)
  (local.set $left (i32.const 2000000))
  (loop $again
    (local.set $left (i32.sub (local.get $left) (i32.const 1)))
    (br_if $again (local.get $left))))

;; Writes the outcome to `at`.
(func $handle (param $at i32) (param $message i32) (param $length i32)
  (local $order i32)
  (local.set $order (i32.load8_u (local.get $message)))
  (i64.store (local.get $at) (i64.const 0))
  (if (i32.eq (local.get $order) (i32.const 0x74)) (then unreachable))
  (if (i32.eq (local.get $order) (i32.const 0x73)) (then (call $compute)))
  (if (i32.eq (local.get $order) (i32.const 0x6e)) (then (global.set $too-few (i32.const 1))))
  (if (i32.eq (local.get $order) (i32.const 0x72)) (then
    (i32.store offset=4 (local.get $at) (i32.const 1))
    (i32.store offset=8 (local.get $at) (local.get $message))
    (i32.store offset=12 (local.get $at) (local.get $length))))
  (if (i32.eq (local.get $order) (i32.const 0x65)) (then
    (i32.store (local.get $at) (i32.const 1))
    (i32.store offset=4 (local.get $at) (i32.const 7))
    (i32.store offset=8 (local.get $at) (local.get $message))
    (i32.store offset=12 (local.get $at) (local.get $length)))))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (call $report (i32.const 0x31) (local.get $message) (local.get $length))
  (call $handle (i32.const 0) (local.get $message) (local.get $length))
  (i32.const 0))

(func (export "airssys:component/batch-handler@0.1.0#handle-messages")
  (param $messages i32) (param $count i32) (result i32)
  (local $number i32) (local $at i32) (local $message i32) (local $length i32)
  (global.set $too-few (i32.const 0))
  (loop $next
    (local.set $at (i32.add (local.get $messages) (i32.shl (local.get $number) (i32.const 4))))
    (local.set $message (i32.load offset=8 (local.get $at)))
    (local.set $length (i32.load offset=12 (local.get $at)))
    (call $report (i32.add (i32.const 0x61) (local.get $number)) (local.get $message) (local.get $length))
    (if (i32.eq (i32.load8_u (local.get $message)) (i32.const 0x68)) (then
      (call $send-to (i64.load (local.get $at)) (local.get $message) (local.get $length) (i32.const 256))))
    (call $handle
      (i32.add (global.get $results) (i32.shl (local.get $number) (i32.const 4)))
      (local.get $message) (local.get $length))
    (local.set $number (i32.add (local.get $number) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $number) (local.get $count))))
  (i32.store (i32.const 16) (global.get $results))
  (i32.store (i32.const 20) (i32.sub (local.get $count) (global.get $too-few)))
  (i32.const 16))
(func (export "cabi_post_airssys:component/batch-handler@0.1.0#handle-messages") (param i32)
  (global.set $free (global.get $arguments)))
