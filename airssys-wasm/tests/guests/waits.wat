;; Waits in WASI, in whatever it is called for, as long as it was told: a component written by hand.
;; It says to `test/heard` when each call begins, by a small letter, and when it ends, by the same
;; letter in capitals: m(essage), e(xit), h(ealth), s(hutdown).
;;
;; Messages to it: `w` and four bytes, how many seconds it is to wait in handle-exit, in check and
;; in shutdown, and which case check is to answer, whereupon it says `w`; `o` and an id, which it
;; monitors; and `m` and one byte, for how many seconds it waits with this message.
(component
  (import "wasi:io/poll@0.2.12" (instance $poll
    (export "pollable" (type $pollable (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
    (alias outer 1 $pollable (type $outer))
    (export "pollable" (type $pollable (eq $outer)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
  (import "airssys:component/messaging@0.1.0" (instance $messaging
    (type $error (variant
      (case "invalid-target") (case "no-such-component") (case "not-permitted")
      (case "codec-not-accepted" (list u64)) (case "message-too-large" u32)
      (case "rate-limited" u64) (case "mailbox-full") (case "too-many-requests" u32)
      (case "stopped") (case "no-callback")))
    (export "send-error" (type $send-error (eq $error)))
    (export "send-message" (func
      (param "target" string) (param "message" (list u8)) (result (result (error $send-error)))))))
  (import "airssys:component/monitors@0.1.0" (instance $monitors
    (type $error (variant
      (case "invalid-target") (case "not-permitted") (case "too-many-monitors" u32)
      (case "no-handler")))
    (export "monitor-error" (type $monitor-error (eq $error)))
    (export "monitor" (func (param "target" string) (result (result (error $monitor-error)))))))

  (core module $memory
    (memory (export "memory") 16)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $store (instantiate $memory))
  (alias core export $store "memory" (core memory $memory))
  (alias core export $store "realloc" (core func $realloc))

  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $drop (canon resource.drop $pollable))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $send (canon lower (func $messaging "send-message")
    (memory $memory) (realloc $realloc)))
  (core func $monitor (canon lower (func $monitors "monitor") (memory $memory)))

  (core module $guest
    (import "store" "memory" (memory 1))
    (import "host" "block" (func $block (param i32)))
    (import "host" "drop" (func $drop (param i32)))
    (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "host" "send" (func $send (param i32 i32 i32 i32 i32)))
    (import "host" "monitor" (func $monitor (param i32 i32 i32)))
    (data (i32.const 512) "test/heard")
    (func $say (param $letter i32)
      (i32.store8 (i32.const 530) (local.get $letter))
      (call $send
        (i32.const 512) (i32.const 10) (i32.const 530) (i32.const 1) (i32.const 256)))
    (func $wait (param $letter i32) (param $seconds i32)
      (local $pollable i32)
      (call $say (local.get $letter))
      (if (local.get $seconds) (then
        (local.set $pollable
          (call $subscribe
            (i64.mul (i64.extend_i32_u (local.get $seconds)) (i64.const 1000000000))))
        (call $block (local.get $pollable))
        (call $drop (local.get $pollable))))
      (call $say (i32.sub (local.get $letter) (i32.const 32))))
    (func (export "handle") (param i32 i32) (param $message i32) (param $length i32) (result i32)
      (local $order i32)
      (local.set $order (i32.load8_u (local.get $message)))
      (if (i32.eq (local.get $order) (i32.const 0x77))
        (then
          (call $say (i32.const 0x77))
          (i32.store (i32.const 600) (i32.load offset=1 (local.get $message)))))
      (if (i32.eq (local.get $order) (i32.const 0x6f))
        (then (call $monitor
          (i32.add (local.get $message) (i32.const 1))
          (i32.sub (local.get $length) (i32.const 1))
          (i32.const 256))))
      (if (i32.eq (local.get $order) (i32.const 0x6d))
        (then (call $wait (i32.const 0x6d) (i32.load8_u offset=1 (local.get $message)))))
      (i64.store (i32.const 256) (i64.const 0))
      (i32.const 256))
    (func (export "exit") (param i32 i32 i32 i32 i32) (result i32)
      (call $wait (i32.const 0x65) (i32.load8_u (i32.const 600)))
      (i32.store (i32.const 256) (i32.const 0))
      (i32.const 256))
    (func (export "check") (result i32)
      (call $wait (i32.const 0x68) (i32.load8_u (i32.const 601)))
      (i32.store (i32.const 256) (i32.load8_u (i32.const 603)))
      (i64.store (i32.const 260) (i64.const 0))
      (i32.const 256))
    (func (export "init") (result i32)
      (i32.store (i32.const 256) (i32.const 0))
      (i32.const 256))
    (func (export "shutdown")
      (call $wait (i32.const 0x73) (i32.load8_u (i32.const 602)))))
  (core instance $guest (instantiate $guest
    (with "store" (instance $store))
    (with "host" (instance
      (export "block" (func $block))
      (export "drop" (func $drop))
      (export "subscribe" (func $subscribe))
      (export "send" (func $send))
      (export "monitor" (func $monitor))))))
  (alias core export $guest "handle" (core func $handle))
  (alias core export $guest "exit" (core func $exit))
  (alias core export $guest "check" (core func $check))
  (alias core export $guest "init" (core func $init))
  (alias core export $guest "shutdown" (core func $shutdown))

  (type $error (record (field "code" u32) (field "message" string)))
  (type $reason (variant
    (case "normal") (case "crashed" string) (case "stopped") (case "given-up" string)
    (case "no-such-component")))
  (type $status (variant (case "healthy") (case "degraded" string) (case "unhealthy" string)))
  (func $handle-message
    (param "sender" string) (param "message" (list u8))
    (result (result (option (list u8)) (error $error)))
    (canon lift (core func $handle) (memory $memory) (realloc $realloc)))
  (func $handle-exit
    (param "component" string) (param "reason" $reason) (result (result (error $error)))
    (canon lift (core func $exit) (memory $memory) (realloc $realloc)))
  (func $check (result $status) (canon lift (core func $check) (memory $memory)))
  (func $init (result (result (error $error))) (canon lift (core func $init) (memory $memory)))
  (func $shutdown (canon lift (core func $shutdown)))

  (component $handler
    (type $record (record (field "code" u32) (field "message" string)))
    (import "error" (type $error (eq $record)))
    (import "handle-message" (func $handle-message
      (param "sender" string) (param "message" (list u8))
      (result (result (option (list u8)) (error $error)))))
    (export $component-error "component-error" (type $error))
    (export "handle-message" (func $handle-message)
      (func
        (param "sender" string) (param "message" (list u8))
        (result (result (option (list u8)) (error $component-error))))))
  (instance $handler (instantiate $handler
    (with "error" (type $error))
    (with "handle-message" (func $handle-message))))
  (export "airssys:component/handler@0.1.0" (instance $handler))

  (component $exits
    (type $record (record (field "code" u32) (field "message" string)))
    (import "error" (type $error (eq $record)))
    (type $variant (variant
      (case "normal") (case "crashed" string) (case "stopped") (case "given-up" string)
      (case "no-such-component")))
    (import "reason" (type $reason (eq $variant)))
    (import "handle-exit" (func $handle-exit
      (param "component" string) (param "reason" $reason) (result (result (error $error)))))
    (export $component-error "component-error" (type $error))
    (export $exit-reason "exit-reason" (type $reason))
    (export "handle-exit" (func $handle-exit)
      (func
        (param "component" string) (param "reason" $exit-reason)
        (result (result (error $component-error))))))
  (instance $exits (instantiate $exits
    (with "error" (type $error))
    (with "reason" (type $reason))
    (with "handle-exit" (func $handle-exit))))
  (export "airssys:component/exits@0.1.0" (instance $exits))

  (component $health
    (type $variant (variant
      (case "healthy") (case "degraded" string) (case "unhealthy" string)))
    (import "status" (type $imported (eq $variant)))
    (import "check" (func $check (result $imported)))
    (export $status "status" (type $imported))
    (export "check" (func $check) (func (result $status))))
  (instance $health (instantiate $health
    (with "status" (type $status))
    (with "check" (func $check))))
  (export "airssys:component/health@0.1.0" (instance $health))

  (component $lifecycle
    (type $record (record (field "code" u32) (field "message" string)))
    (import "error" (type $error (eq $record)))
    (import "init" (func $init (result (result (error $error)))))
    (import "shutdown" (func $shutdown))
    (export $component-error "component-error" (type $error))
    (export "init" (func $init) (func (result (result (error $component-error)))))
    (export "shutdown" (func $shutdown)))
  (instance $lifecycle (instantiate $lifecycle
    (with "error" (type $error))
    (with "init" (func $init))
    (with "shutdown" (func $shutdown))))
  (export "airssys:component/lifecycle@0.1.0" (instance $lifecycle)))
