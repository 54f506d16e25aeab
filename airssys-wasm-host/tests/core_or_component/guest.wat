;; Does what messages tell it: a message is a list of orders, each of 32 bytes, a number and up to
;; seven words. What the host does to it can be seen in its memory, from 0 to 127.
;;    0  the result of a handler, unless an order says where else it is
;;   24  how often memory was allocated, and freed
;;   32  the parameters of the last call of a handler
;;   72  the last answer of an import that answers with a number
;;   76  the last parameters of `cabi_realloc`: the new ones, and what it was told of old memory
;;   96  the outcomes of a batch, unless an order says where else they are: at 3072, and how many
(module
  (import "airssys:component/messaging@0.1.0" "send-message" (func $send-message (param i32 i32 i32 i32 i32)))
  (import "airssys:component/messaging@0.1.0" "send-request" (func $send-request (param i32 i32 i32 i32 i64 i32)))
  (import "airssys:component/messaging@0.1.0" "cancel-request" (func $cancel-request (param i64 i64) (result i32)))
  (import "airssys:component/context@0.1.0" "self-id" (func $self-id (param i32)))
  (import "airssys:component/context@0.1.0" "current-message" (func $current-message (param i32)))
  (import "airssys:component/handles@0.1.0" "look-up" (func $look-up (param i32 i32 i32)))
  (import "airssys:component/handles@0.1.0" "component-of" (func $component-of (param i64 i32)))
  (import "airssys:component/handles@0.1.0" "send-message" (func $send-to (param i64 i32 i32 i32)))
  (import "airssys:component/handles@0.1.0" "send-request" (func $request-of (param i64 i32 i32 i64 i32)))
  (import "airssys:component/topics@0.1.0" "subscribe" (func $subscribe (param i32 i32 i32)))
  (import "airssys:component/topics@0.1.0" "unsubscribe" (func $unsubscribe (param i32 i32) (result i32)))
  (import "airssys:component/topics@0.1.0" "publish" (func $publish (param i32 i32 i32 i32 i32)))
  (import "airssys:component/topics@0.1.0" "current-topic" (func $current-topic (param i32)))
  (import "airssys:component/timers@0.1.0" "send-after" (func $send-after (param i32 i32 i32 i32 i64 i32)))
  (import "airssys:component/timers@0.1.0" "cancel" (func $cancel (param i64) (result i32)))
  (import "airssys:component/monitors@0.1.0" "monitor" (func $monitor (param i32 i32 i32)))
  (import "airssys:component/monitors@0.1.0" "demonitor" (func $demonitor (param i32 i32) (result i32)))

  (memory (export "memory") PAGES)
  (table 4 funcref)
  (elem (i32.const 1) $send-something $trap $freed)
  (type $nothing (func))
  (global $free (mut i32) (i32.const 4096))
  (global $result (mut i32) (i32.const 0))
  ;; What `cabi_realloc` and `cabi_post_…` do: see below.
  (global $allocates (mut i32) (i32.const 0))
  (global $allocates-at (mut i32) (i32.const 0))
  ;; So often it does as it should before.
  (global $allocates-after (mut i32) (i32.const 0))
  (global $frees (mut i32) (i32.const 0))
  (data (i32.const 1024) "test/other\00\ff\fetest/\c3\28id")

  (func $count (param $at i32)
    (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1))))

  (func $send-something
    (call $send-message (i32.const 1024) (i32.const 10) (i32.const 1024) (i32.const 5) (i32.const 2048)))

  (func $trap unreachable)
  ;; Each round counts as many instructions, and takes no longer than an empty one.
  (func $spin (loop $again
    SPENDS
    (br $again)))
  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  (func $allocate (param $how i32) (param $at i32) (param $after i32)
    (global.set $allocates (local.get $how))
    (global.set $allocates-after (local.get $after))
    (global.set $allocates-at (local.get $at)))

  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (call $count (i32.const 24))
    (i32.store (i32.const 76) (local.get $align))
    (i32.store (i32.const 80) (local.get $size))
    (i32.store (i32.const 84) (i32.or (local.get $old) (local.get $old-size)))
    (local.set $at
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (block $lies (block $leaves (block $leaves-for-numbers (block $grows (block $spins (block $traps (block $obeys
      (if (global.get $allocates-after)
        (then
          (global.set $allocates-after (i32.sub (global.get $allocates-after) (i32.const 1)))
          (br $obeys)))
      (br_table $obeys $lies $traps $leaves $leaves-for-numbers $grows $spins (global.get $allocates)))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $free) (i32.const 60000)) (then (global.set $free (i32.const 4096))))
      (return (local.get $at)))
      (call $trap))
      (call $spin))
      (drop (memory.grow (i32.const 1)))
      (return (i32.shl (i32.sub (memory.size) (i32.const 1)) (i32.const 16))))
      (drop (call $cancel (i64.const 1)))
      (return (local.get $at)))
      (call $send-something)
      (return (local.get $at)))
    (global.get $allocates-at))

  (func $freed
    (call $count (i32.const 28))
    (block $leaves (block $leaves-for-numbers (block $spins (block $traps (block $obeys
      (br_table $obeys $traps $leaves $leaves-for-numbers $spins (global.get $frees)))
      (global.set $free (i32.const 4096))
      (return))
      (call $trap))
      (call $spin))
      (drop (call $cancel-request (i64.const 1) (i64.const 2)))
      (return))
    (call $send-something))

  (func $obey (param $at i32) (param $length i32)
    (local $end i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $g i32)
    ;; No message is longer, but its length may have been overwritten.
    (if (i32.gt_u (local.get $length) (i32.const 128)) (then (local.set $length (i32.const 128))))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (loop $next
      (if (i32.gt_u (i32.add (local.get $at) (i32.const 32)) (local.get $end)) (then (return)))
      (local.set $a (i32.load offset=4 (local.get $at)))
      (local.set $b (i32.load offset=8 (local.get $at)))
      (local.set $c (i32.load offset=12 (local.get $at)))
      (local.set $d (i32.load offset=16 (local.get $at)))
      (local.set $e (i32.load offset=20 (local.get $at)))
      (local.set $g (i32.load offset=28 (local.get $at)))
      (block $done
      (block $nothing (block $requests-of (block $sends-to (block $component (block $looks-up (block $null (block $divide (block $recurses (block $spins (block $shows
      (block $returns (block $frees (block $allocates (block $traps (block $grows (block $stores
      (block $demonitors (block $monitors (block $cancels-timer (block $sends-after (block $topic
      (block $publishes (block $unsubscribes (block $subscribes (block $message (block $self
      (block $cancels (block $requests (block $sends
      (br_table $sends $requests $cancels $self $message $subscribes $unsubscribes $publishes $topic
        $sends-after $cancels-timer $monitors $demonitors $stores $grows $traps $allocates $frees
        $returns $shows $spins $recurses $divide $null
        $looks-up $component $sends-to $requests-of $nothing
        (i32.load (local.get $at))))
      ;; 0
      (call $send-message (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))
      (br $done))
      (call $send-request (local.get $a) (local.get $b) (local.get $c) (local.get $d)
        (i64.load offset=20 (local.get $at)) (local.get $g))
      (br $done))
      (i32.store (i32.const 72)
        (call $cancel-request (i64.load offset=4 (local.get $at)) (i64.load offset=12 (local.get $at))))
      (br $done))
      (call $self-id (local.get $a))
      (br $done))
      (call $current-message (local.get $a))
      (br $done))
      ;; 5
      (call $subscribe (local.get $a) (local.get $b) (local.get $c))
      (br $done))
      (i32.store (i32.const 72) (call $unsubscribe (local.get $a) (local.get $b)))
      (br $done))
      (call $publish (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e))
      (br $done))
      (call $current-topic (local.get $a))
      (br $done))
      (call $send-after (local.get $a) (local.get $b) (local.get $c) (local.get $d)
        (i64.load offset=20 (local.get $at)) (local.get $g))
      (br $done))
      ;; 10
      (i32.store (i32.const 72) (call $cancel (i64.load offset=4 (local.get $at))))
      (br $done))
      (call $monitor (local.get $a) (local.get $b) (local.get $c))
      (br $done))
      (i32.store (i32.const 72) (call $demonitor (local.get $a) (local.get $b)))
      (br $done))
      (i32.store (local.get $a) (local.get $b))
      (br $done))
      (i32.store (i32.const 72) (memory.grow (local.get $a)))
      (br $done))
      ;; 15
      (call $trap))
      (call $allocate (local.get $a) (local.get $b) (local.get $c))
      (br $done))
      (global.set $frees (local.get $a))
      (br $done))
      (global.set $result (local.get $a))
      (br $done))
      ;; Shows so much of its memory in the end, or all.
      (i32.store (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 1))
      (i32.store (i32.const 8) (i32.const 0))
      (i32.store (i32.const 12)
        (select (local.get $a) (i32.shl (memory.size) (i32.const 16)) (local.get $a)))
      (global.set $result (i32.const 0))
      (br $done))
      ;; 20
      (call $spin))
      (i32.store (i32.const 72) (call $recurse (i32.const 0)))
      (br $done))
      (i32.store (i32.const 72) (i32.div_u (local.get $a) (i32.const 0)))
      (br $done))
      (call_indirect (type $nothing) (i32.and (local.get $a) (i32.const 3)))
      (br $done))
      (call $look-up (local.get $a) (local.get $b) (local.get $c))
      (br $done))
      ;; 25
      (call $component-of (i64.load offset=20 (local.get $at)) (local.get $a))
      (br $done))
      (call $send-to (i64.load offset=20 (local.get $at)) (local.get $c) (local.get $d) (local.get $g))
      (br $done))
      (call $request-of (i64.load offset=20 (local.get $at)) (local.get $c) (local.get $d)
        (i64.load offset=20 (local.get $at)) (local.get $g))
      (br $done))
      nop)
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br $next)))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender-length i32) (param $message i32) (param $length i32) (result i32)
    (i32.store (i32.const 32) (local.get $sender))
    (i32.store (i32.const 36) (local.get $sender-length))
    (i32.store (i32.const 40) (local.get $message))
    (i32.store (i32.const 44) (local.get $length))
    (call $obey (local.get $message) (local.get $length))
    (global.get $result))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32) (call $freed))

  BATCH
  CALLBACK
  EXITS
  LIFECYCLE
  HEALTH
  START)
