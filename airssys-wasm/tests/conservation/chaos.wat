;; Does at random whatever a guest can do. What it does depends on the messages that it has had.
;; A message is a codec's code, how many more messages it may lead to in a row, and noise.
(import "airssys:component/messaging@0.1.0" "send-message"
  (func $send-message (param i32 i32 i32 i32 i32)))
(import "airssys:component/messaging@0.1.0" "send-request"
  (func $send-request (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/messaging@0.1.0" "cancel-request"
  (func $cancel-request (param i64 i64) (result i32)))
(import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
(import "airssys:component/topics@0.1.0" "unsubscribe"
  (func $unsubscribe (param i32 i32) (result i32)))
(import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
(import "airssys:component/timers@0.1.0" "send-after"
  (func $send-after (param i32 i32 i32 i32 i64 i32)))
(import "airssys:component/timers@0.1.0" "cancel" (func $cancel-timer (param i64) (result i32)))
(import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
(import "airssys:component/monitors@0.1.0" "demonitor"
  (func $demonitor (param i32 i32) (result i32)))

(global $state (mut i64) (i64.const 1))
;; The last request.
(global $high (mut i64) (i64.const 0))
(global $low (mut i64) (i64.const 0))
;; The last timer.
(global $timer (mut i64) (i64.const 0))

(func $below (param $bound i32) (result i32)
  (global.set $state
    (i64.add (i64.mul (global.get $state) (i64.const 6364136223846793005))
      (i64.const 1442695040888963407)))
  (i32.rem_u (i32.wrap_i64 (i64.shr_u (global.get $state) (i64.const 33))) (local.get $bound)))

(func $stir (param $noise i64)
  (global.set $state (i64.xor (global.get $state) (local.get $noise))))

;; At 600: 'c' or 't' (or, now and then, a capital), a slash and a digit.
(func $name (param $letter i32) (param $digits i32) (result i32)
  (if (i32.eqz (call $below (i32.const 32)))
    (then (local.set $letter (i32.sub (local.get $letter) (i32.const 32)))))
  (i32.store8 (i32.const 600) (local.get $letter))
  (i32.store8 (i32.const 601) (i32.const 0x2f))
  (i32.store8 (i32.const 602) (i32.add (i32.const 0x30) (call $below (local.get $digits))))
  (i32.const 600))

;; At 640: a message. Its length is the result.
(func $compose (param $left i32) (result i32)
  (i32.store8 (i32.const 640)
    (select (i32.const 0x55) (i32.const 0x51) (call $below (i32.const 4))))
  (i32.store8 (i32.const 641) (local.get $left))
  (i32.store (i32.const 642) (call $below (i32.const 0x7fffffff)))
  (if (i32.eqz (call $below (i32.const 16))) (then (return (i32.const 0))))
  (if (i32.eqz (call $below (i32.const 8)))
    (then (return (i32.add (i32.const 100) (call $below (i32.const 300))))))
  (i32.const 10))

(func $act (param $left i32)
  (local $what i32) (local $length i32)
  (local.set $length (call $compose (local.get $left)))
  (local.set $what (call $below (i32.const 16)))
  (if (i32.lt_u (local.get $what) (i32.const 2))
    (then
      (call $send-after (call $name (i32.const 0x63) (i32.const 8)) (i32.const 3)
        (i32.const 640) (local.get $length)
        (i64.extend_i32_u (call $below (i32.const 100)))
        (i32.const 560))
      (if (i32.eqz (i32.load8_u (i32.const 560)))
        (then (global.set $timer (i64.load (i32.const 568)))))
      (return)))
  (if (i32.lt_u (local.get $what) (i32.const 8))
    (then
      (call $send-message (call $name (i32.const 0x63) (i32.const 8)) (i32.const 3)
        (i32.const 640) (local.get $length) (i32.const 560))
      (return)))
  (if (i32.lt_u (local.get $what) (i32.const 12))
    (then
      (call $send-request (call $name (i32.const 0x63) (i32.const 8)) (i32.const 3)
        (i32.const 640) (local.get $length)
        (i64.extend_i32_u (i32.add (i32.const 1) (call $below (i32.const 200))))
        (i32.const 560))
      (if (i32.eqz (i32.load8_u (i32.const 560)))
        (then
          (global.set $high (i64.load (i32.const 568)))
          (global.set $low (i64.load (i32.const 576)))))
      (return)))
  (if (i32.lt_u (local.get $what) (i32.const 14))
    (then
      (call $publish (call $name (i32.const 0x74) (i32.const 3)) (i32.const 3)
        (i32.const 640) (local.get $length) (i32.const 560))
      (return)))
  (if (i32.eq (local.get $what) (i32.const 14))
    (then
      (if (call $below (i32.const 4))
        (then (call $subscribe (call $name (i32.const 0x74) (i32.const 3)) (i32.const 3) (i32.const 560)))
        (else (drop (call $unsubscribe (call $name (i32.const 0x74) (i32.const 3)) (i32.const 3)))))
      (return)))
  (if (call $below (i32.const 4))
    (then (call $monitor (call $name (i32.const 0x63) (i32.const 8)) (i32.const 3) (i32.const 560)))
    (else (drop (call $demonitor (call $name (i32.const 0x63) (i32.const 8)) (i32.const 3)))))
  (drop (call $cancel-timer (global.get $timer)))
  (drop (call $cancel-request (global.get $high) (global.get $low))))

(func (export "airssys:component/handler@0.1.0#handle-message")
  (param i32 i32) (param $message i32) (param $length i32) (result i32)
  (local $left i32) (local $acts i32) (local $end i32)
  (if (i32.ge_u (local.get $length) (i32.const 10))
    (then
      (local.set $left (i32.load8_u offset=1 (local.get $message)))
      (call $stir (i64.load offset=2 (local.get $message)))))
  (if (local.get $left)
    (then
      (local.set $acts (call $below (i32.const 4)))
      (loop $next
        (call $act (i32.sub (local.get $left) (i32.const 1)))
        (local.set $acts (i32.sub (local.get $acts) (i32.const 1)))
        (br_if $next (i32.gt_s (local.get $acts) (i32.const 0))))))
  (local.set $end (call $below (i32.const 64)))
  (if (i32.eqz (local.get $end)) (then unreachable))
  (if (i32.eq (local.get $end) (i32.const 1)) (then (loop $forever (br $forever))))
  (if (i32.lt_u (local.get $end) (i32.const 6))
    (then (return (call $refuse (i32.const 7) (i32.const 600) (i32.const 3)))))
  (if (i32.lt_u (local.get $end) (i32.const 20)) (then (return (call $done))))
  (call $respond (i32.const 640) (call $compose (i32.const 0))))

(func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
  (call $subscribe (call $name (i32.const 0x74) (i32.const 3)) (i32.const 3) (i32.const 560))
  (call $act (i32.const 1))
  (call $done))

(func (export "airssys:component/lifecycle@0.1.0#shutdown")
  (call $act (i32.const 1)))
