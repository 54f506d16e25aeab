;; A component whose handler is in a core module of its own, which the tests exchange for others.
(component
  (type $send-error' (variant
    (case "invalid-target")
    (case "no-such-component")
    (case "not-permitted")
    (case "codec-not-accepted" (list u64))
    (case "message-too-large" u32)
    (case "rate-limited" u64)
    (case "mailbox-full")
    (case "too-many-requests" u32)
    (case "stopped")
    (case "no-callback")))
  (import "airssys:component/messaging@0.1.0" (instance $messaging
    (alias outer 1 $send-error' (type $variant))
    (export "send-error" (type $send-error (eq $variant)))
    (export "send-message" (func (param "target" string) (param "message" (list u8))
      (result (result (error $send-error)))))))
  (import "airssys:component/context@0.1.0" (instance $context
    (export "self-id" (func (result string)))))

  (core module $home
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (i32.and (global.get $free) (i32.const 0x7ff8))
      (global.set $free (i32.add (i32.add (global.get $free) (local.get 3)) (i32.const 7)))))
  (core instance $home (instantiate $home))
  (alias core export $home "memory" (core memory $memory))
  (alias core export $home "realloc" (core func $realloc))
  (core func $send (canon lower (func $messaging "send-message")
    (memory $memory) (realloc $realloc)))
  (core func $self-id (canon lower (func $context "self-id")
    (memory $memory) (realloc $realloc)))

  ;; Calls with one number or none, which random code makes often; where things lie is drawn from
  ;; it, and is mostly in memory.
  (core module $near
    (import "far" "send-message" (func $send (param i32 i32 i32 i32 i32)))
    (import "far" "self-id" (func $self-id (param i32)))
    (func (export "send-message") (param $at i32)
      (local.set $at (i32.mul (local.get $at) (i32.const 0x9e3779b1)))
      (call $send
        (i32.and (local.get $at) (i32.const 0xffff))
        (i32.and (i32.shr_u (local.get $at) (i32.const 16)) (i32.const 0x1f))
        (i32.and (i32.shr_u (local.get $at) (i32.const 8)) (i32.const 0xffff))
        (i32.and (i32.shr_u (local.get $at) (i32.const 20)) (i32.const 0xfff))
        (i32.const 256)))
    (func (export "self-id") (call $self-id (i32.const 256))))
  (core instance $far (export "send-message" (func $send)) (export "self-id" (func $self-id)))
  (core instance $near (instantiate $near (with "far" (instance $far))))

  (core module $handler
    (import "env" "memory" (memory 1))
    (import "env" "send-message" (func (param i32)))
    (import "env" "self-id" (func))
    (func (export "handle-message") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $env
    (export "memory" (memory $memory))
    (export "send-message" (func $near "send-message"))
    (export "self-id" (func $near "self-id")))
  (core instance $handler (instantiate $handler (with "env" (instance $env))))
  (alias core export $handler "handle-message" (core func $handle))

  (type $error (record (field "code" u32) (field "message" string)))
  (func $handle-message
    (param "sender" string) (param "message" (list u8))
    (result (result (option (list u8)) (error $error)))
    (canon lift (core func $handle) (memory $memory) (realloc $realloc)))

  (component $interface
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
  (instance $interface (instantiate $interface
    (with "error" (type $error))
    (with "handle-message" (func $handle-message))))
  (export "airssys:component/handler@0.1.0" (instance $interface)))
