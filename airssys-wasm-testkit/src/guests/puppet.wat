;; Does what each message says; the first byte is the order. Its other half is in puppet.rs.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/messaging@0.1.0" "cancel-request"
  (func $cancel-request (param i64 i64) (result i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "unsubscribe"
  (func $unsubscribe (param i32 i32) (result i32)))
(import "airssys:component/topics@0.1.0" "publish"
  (func $publish (param i32 i32 i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "current-topic" (func $current-topic (param i32)))
(import "airssys:component/timers@0.1.0" "send-after"
  (func $send-after (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/timers@0.1.0" "cancel" (func $cancel-timer (param i64) (result i32)))
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(import "airssys:component/monitors@0.1.0" "demonitor"
  (func $demonitor (param i32 i32) (result i32)))
(import "airssys:component/context@0.1.0" "self-id" (func $self-id (param i32)))
(import "airssys:component/context@0.1.0" "current-message" (func $current-message (param i32)))

;; What the callbacks were told, from 512 KiB on, until it is asked for; from 768 KiB on, what it
;; was told of exits.
(global $log-start i32 (i32.const 0x80000))
(global $log (mut i32) (i32.const 0x80000))
(global $exits-start i32 (i32.const 0xc0000))
(global $exits (mut i32) (i32.const 0xc0000))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32)
  (result i32)
  (local $order i32) (local $target i32) (local $target-length i32) (local $count i32)
  (local.set $order (i32.load8_u (local.get $message)))

  ;; 'e' REST: echo.
  (if (i32.eq (local.get $order) (i32.const 0x65))
    (then (return (call $respond
      (i32.add (local.get $message) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))))))

  ;; 'n': no response.
  (if (i32.eq (local.get $order) (i32.const 0x6e)) (then (return (call $done))))

  ;; 'f' TEXT: refuse, with code 7.
  (if (i32.eq (local.get $order) (i32.const 0x66))
    (then (return (call $refuse (i32.const 7)
      (i32.add (local.get $message) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))))))

  ;; 't': trap. 's': spin.
  (if (i32.eq (local.get $order) (i32.const 0x74)) (then unreachable))
  (if (i32.eq (local.get $order) (i32.const 0x73)) (then (loop $forever (br $forever))))

  ;; 'm' COUNT:u32 TARGET-LENGTH:u16 TARGET PAYLOAD: send so often, or until refused. Responds
  ;; with how many were accepted, the last result, and the codes that it points to.
  (if (i32.eq (local.get $order) (i32.const 0x6d))
    (then
      (local.set $target-length (i32.load16_u offset=5 (local.get $message)))
      (local.set $target (i32.add (local.get $message) (i32.const 7)))
      (block $refused
        (loop $next
          (call $send-message
            (local.get $target) (local.get $target-length)
            (i32.add (local.get $target) (local.get $target-length))
            (i32.sub (i32.sub (local.get $length) (i32.const 7)) (local.get $target-length))
            (i32.const 264))
          (br_if $refused (i32.load8_u (i32.const 264)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $count) (i32.load offset=1 (local.get $message))))))
      (i32.store (i32.const 260) (local.get $count))
      (return (call $respond-with-codes))))

  ;; 'r' TIMEOUT:u64 TARGET-LENGTH:u16 TARGET PAYLOAD: make a request. Responds as 'm' does.
  (if (i32.eq (local.get $order) (i32.const 0x72))
    (then
      (local.set $target-length (i32.load16_u offset=9 (local.get $message)))
      (local.set $target (i32.add (local.get $message) (i32.const 11)))
      (call $send-request
        (local.get $target) (local.get $target-length)
        (i32.add (local.get $target) (local.get $target-length))
        (i32.sub (i32.sub (local.get $length) (i32.const 11)) (local.get $target-length))
        (i64.load offset=1 (local.get $message))
        (i32.const 264))
      (i32.store (i32.const 260) (i32.eqz (i32.load8_u (i32.const 264))))
      (return (call $respond-with-codes))))

  ;; 'c' HIGH:u64 LOW:u64: cancel a request. Responds with one byte.
  (if (i32.eq (local.get $order) (i32.const 0x63))
    (then
      (i32.store8 (i32.const 300)
        (call $cancel-request
          (i64.load offset=1 (local.get $message)) (i64.load offset=9 (local.get $message))))
      (return (call $respond (i32.const 300) (i32.const 1)))))

  ;; 'o': respond with the log of callbacks, and empty it.
  (if (i32.eq (local.get $order) (i32.const 0x6f))
    (then
      (local.set $count (i32.sub (global.get $log) (global.get $log-start)))
      (global.set $log (global.get $log-start))
      (return (call $respond (global.get $log-start) (local.get $count)))))

  ;; 'i': respond with option<message-info>, the text of its traceparent if it has one, and the
  ;; own id.
  (if (i32.eq (local.get $order) (i32.const 0x69))
    (then
      (call $self-id (i32.const 384))
      (call $current-message (i32.const 400))
      (local.set $count (i32.const 456))
      (if (i32.load8_u (i32.const 444))
        (then
          (memory.copy (local.get $count) (i32.load (i32.const 448)) (i32.load (i32.const 452)))
          (local.set $count (i32.add (local.get $count) (i32.load (i32.const 452))))))
      (memory.copy (local.get $count) (i32.load (i32.const 384)) (i32.load (i32.const 388)))
      (return (call $respond (i32.const 400)
        (i32.sub (i32.add (local.get $count) (i32.load (i32.const 388))) (i32.const 400))))))

  ;; 'p' TOPIC-LENGTH:u16 TOPIC PAYLOAD: publish. Responds as 'm' does.
  (if (i32.eq (local.get $order) (i32.const 0x70))
    (then
      (local.set $target-length (i32.load16_u offset=1 (local.get $message)))
      (local.set $target (i32.add (local.get $message) (i32.const 3)))
      (call $publish
        (local.get $target) (local.get $target-length)
        (i32.add (local.get $target) (local.get $target-length))
        (i32.sub (i32.sub (local.get $length) (i32.const 3)) (local.get $target-length))
        (i32.const 264))
      (i32.store (i32.const 260) (i32.eqz (i32.load8_u (i32.const 264))))
      (return (call $respond-with-codes))))

  ;; 'b' PATTERN: subscribe. Responds with the result, 12 bytes.
  (if (i32.eq (local.get $order) (i32.const 0x62))
    (then
      (call $subscribe
        (i32.add (local.get $message) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))
        (i32.const 264))
      (return (call $respond (i32.const 264) (i32.const 12)))))

  ;; 'u' PATTERN: unsubscribe. Responds with one byte.
  (if (i32.eq (local.get $order) (i32.const 0x75))
    (then
      (i32.store8 (i32.const 300)
        (call $unsubscribe
          (i32.add (local.get $message) (i32.const 1))
          (i32.sub (local.get $length) (i32.const 1))))
      (return (call $respond (i32.const 300) (i32.const 1)))))

  ;; 'q' REST: send the topic of this message, or nothing if it has none, to test/topics.
  (if (i32.eq (local.get $order) (i32.const 0x71))
    (then
      (call $current-topic (i32.const 264))
      (i64.store (i32.const 400) (i64.const 0x706f742f74736574)) ;; "test/top"
      (i32.store (i32.const 408) (i32.const 0x736369)) ;; "ics"
      (call $send-message
        (i32.const 400) (i32.const 11)
        (i32.load (i32.const 268))
        (select (i32.load (i32.const 272)) (i32.const 0) (i32.load8_u (i32.const 264)))
        (i32.const 304))
      (return (call $done))))

  ;; 'a' COUNT:u32 DELAY:u64 TARGET-LENGTH:u16 TARGET PAYLOAD: set so many timers, or until one is
  ;; refused. Responds with the last result, 32 bytes, and the codes that it points to.
  (if (i32.eq (local.get $order) (i32.const 0x61))
    (then
      (local.set $target-length (i32.load16_u offset=13 (local.get $message)))
      (local.set $target (i32.add (local.get $message) (i32.const 15)))
      (block $refused
        (loop $next
          (call $send-after
            (local.get $target) (local.get $target-length)
            (i32.add (local.get $target) (local.get $target-length))
            (i32.sub (i32.sub (local.get $length) (i32.const 15)) (local.get $target-length))
            (i64.load offset=5 (local.get $message))
            (i32.const 264))
          (br_if $refused (i32.load8_u (i32.const 264)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $count) (i32.load offset=1 (local.get $message))))))
      (local.set $count (i32.const 0))
      ;; error(refused(codec-not-accepted(codes)))
      (if (i32.and
            (i32.eqz (i32.load8_u (i32.const 272)))
            (i32.eq (i32.load8_u (i32.const 280)) (i32.const 3)))
        (then
          (if (i32.load8_u (i32.const 264))
            (then
              (local.set $count (i32.mul (i32.load (i32.const 292)) (i32.const 8)))
              (memory.copy (i32.const 296) (i32.load (i32.const 288)) (local.get $count))))))
      (return (call $respond
        (i32.const 264) (i32.add (i32.const 32) (local.get $count))))))

  ;; 'w' TARGET: monitor. Responds with the result, 12 bytes.
  (if (i32.eq (local.get $order) (i32.const 0x77))
    (then
      (call $monitor
        (i32.add (local.get $message) (i32.const 1)) (i32.sub (local.get $length) (i32.const 1))
        (i32.const 264))
      (return (call $respond (i32.const 264) (i32.const 12)))))

  ;; 'v' TARGET: demonitor. Responds with one byte.
  (if (i32.eq (local.get $order) (i32.const 0x76))
    (then
      (i32.store8 (i32.const 300)
        (call $demonitor
          (i32.add (local.get $message) (i32.const 1))
          (i32.sub (local.get $length) (i32.const 1))))
      (return (call $respond (i32.const 300) (i32.const 1)))))

  ;; 'd': respond with the log of exits, and empty it.
  (if (i32.eq (local.get $order) (i32.const 0x64))
    (then
      (local.set $count (i32.sub (global.get $exits) (global.get $exits-start)))
      (global.set $exits (global.get $exits-start))
      (return (call $respond (global.get $exits-start) (local.get $count)))))

  ;; 'x' ID:u64: cancel a timer. Responds with one byte.
  (if (i32.eq (local.get $order) (i32.const 0x78))
    (then
      (i32.store8 (i32.const 300)
        (call $cancel-timer (i64.load offset=1 (local.get $message))))
      (return (call $respond (i32.const 300) (i32.const 1)))))
  unreachable)

;; From 260: how many were accepted, 24 bytes of result from 264, and the codes of
;; codec-not-accepted if it is that.
(func $respond-with-codes (result i32)
  (local $codes i32)
  (if (i32.and
        (i32.eq (i32.load8_u (i32.const 264)) (i32.const 1))
        (i32.eq (i32.load8_u (i32.const 272)) (i32.const 3)))
    (then
      (local.set $codes (i32.mul (i32.load (i32.const 284)) (i32.const 8)))
      (memory.copy (i32.const 288) (i32.load (i32.const 280)) (local.get $codes))))
  (call $respond (i32.const 260) (i32.add (i32.const 28) (local.get $codes))))

;; An entry of the log: the id's halves, the flattened outcome's five numbers, and how many bytes
;; and which it points to.
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param $high i64) (param $low i64)
  (param $is-error i32) (param $a i32) (param $b i32) (param $c i32) (param $d i32)
  (result i32)
  (local $bytes i32) (local $length i32)
  (if (i32.eqz (local.get $is-error))
    (then (local.set $bytes (local.get $a)) (local.set $length (local.get $b)))
    (else
      (if (i32.eq (local.get $a) (i32.const 1)) ;; refused
        (then (local.set $bytes (local.get $c)) (local.set $length (local.get $d))))))
  (i64.store (global.get $log) (local.get $high))
  (i64.store offset=8 (global.get $log) (local.get $low))
  (i32.store offset=16 (global.get $log) (local.get $is-error))
  (i32.store offset=20 (global.get $log) (local.get $a))
  (i32.store offset=24 (global.get $log) (local.get $b))
  (i32.store offset=28 (global.get $log) (local.get $length))
  (memory.copy
    (i32.add (global.get $log) (i32.const 32)) (local.get $bytes) (local.get $length))
  (global.set $log
    (i32.add (i32.add (global.get $log) (i32.const 32)) (local.get $length)))
  (global.set $free (global.get $arguments))
  (call $done))

;; An entry of the log: which reason, the lengths of the id and the reason's text, and both.
(func (export "airssys:component/exits@0.1.0#handle-exit")
  (param $id i32) (param $id-length i32) (param $reason i32) (param $text i32) (param $length i32)
  (result i32)
  (local $bytes i32)
  (if (i32.eqz (i32.or
        (i32.eq (local.get $reason) (i32.const 1)) (i32.eq (local.get $reason) (i32.const 3))))
    (then (local.set $length (i32.const 0))))
  (local.set $bytes (i32.add (global.get $exits) (i32.const 12)))
  (i32.store (global.get $exits) (local.get $reason))
  (i32.store offset=4 (global.get $exits) (local.get $id-length))
  (i32.store offset=8 (global.get $exits) (local.get $length))
  (memory.copy (local.get $bytes) (local.get $id) (local.get $id-length))
  (local.set $bytes (i32.add (local.get $bytes) (local.get $id-length)))
  (memory.copy (local.get $bytes) (local.get $text) (local.get $length))
  (global.set $exits (i32.add (local.get $bytes) (local.get $length)))
  (global.set $free (global.get $arguments))
  (call $done))
