;; A component of one core module, put together as `wit-component` does it.
(component
  (import "airssys:component/topics@0.1.0" (instance $topics
    (export "unsubscribe" (func (param "pattern" string) (result bool)))))
  (import "airssys:component/monitors@0.1.0" (instance $monitors
    (export "demonitor" (func (param "target" string) (result bool)))))
  (import "airssys:component/timers@0.1.0" (instance $timers
    (export "cancel" (func (param "id" u64) (result bool)))))

  (; first ;)

  (core module $main
    (import "airssys:component/topics@0.1.0" "unsubscribe" (func (param i32 i32) (result i32)))
    (import "airssys:component/monitors@0.1.0" "demonitor" (func (param i32 i32) (result i32)))
    (import "airssys:component/timers@0.1.0" "cancel" (func (param i64) (result i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    ;; Beyond its memory, of which each way tells in words of its own.
    (func $answer (export "airssys:component/handler@0.1.0#handle-message")
      (param i32 i32 i32 i32) (result i32) (i32.const -8))
    (func $free (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32))
    (func (export "_initialize"))
    (; more ;))

  (core module $shim
    (type $text (func (param i32 i32) (result i32)))
    (; table ;)
    (table (export "$imports") 2 2 funcref)
    (func (export "0") (type $text) local.get 0 local.get 1 i32.const 0 call_indirect (type $text))
    (func (export "1") (type $text) local.get 0 local.get 1 i32.const 1 call_indirect (type $text))
    (; shim ;))
  (core module $fixup
    (type $text (func (param i32 i32) (result i32)))
    (import "" "0" (func (type $text)))
    (import "" "1" (func (type $text)))
    (import "" "$imports" (table 2 2 funcref))
    (elem (i32.const 0) func 0 1)
    (; fixup ;))
  (core module $starter
    (import "" "" (func))
    (start 0)
    (; starter ;))

  (core instance $shim (instantiate $shim))
  (alias export $timers "cancel" (func $cancel))
  (core func $lowered-cancel (canon lower (func $cancel)))
  (; before ;)
  (core instance $main (instantiate $main
    (with "airssys:component/topics@0.1.0" (instance
      (export "unsubscribe" (func $shim "0"))))
    (with "airssys:component/monitors@0.1.0" (instance
      (export "demonitor" (func $shim "1"))))
    (with "airssys:component/timers@0.1.0" (instance
      (export "cancel" (func $lowered-cancel))))))
  (alias core export $main "memory" (core memory $memory))
  (alias core export $main "cabi_realloc" (core func $realloc))
  (; loaded ;)

  (alias export $topics "unsubscribe" (func $unsubscribe))
  (alias export $monitors "demonitor" (func $demonitor))
  (core func $lowered-unsubscribe (canon lower (func $unsubscribe) (memory $memory)))
  (core func $lowered-demonitor (canon lower (func $demonitor) (memory $memory)))
  (core instance $filled (instantiate $fixup
    (with "" (instance
      (export "$imports" (table $shim "$imports"))
      (export "0" (func $lowered-unsubscribe))
      (export "1" (func $lowered-demonitor))
      (; filled ;)))))
  (core instance (instantiate $starter
    (with "" (instance (export "" (func $main "_initialize"))))))
  (; after ;)

  (type $refusal (record (field "code" u32) (field "message" string)))
  (type $response (option (list u8)))
  (type $handle-message (func (param "sender" string) (param "message" (list u8))
    (result (result $response (error $refusal)))))
  (alias core export $main "airssys:component/handler@0.1.0#handle-message" (core func $answer))
  (alias core export $main "cabi_post_airssys:component/handler@0.1.0#handle-message" (core func $free))
  (func $handle-message (type $handle-message) (canon lift (core func $answer)
    (memory $memory) (realloc $realloc) string-encoding=utf8 (post-return $free)))

  (component $reexports
    (type $refusal (record (field "code" u32) (field "message" string)))
    (import "refusal" (type $imported-refusal (eq $refusal)))
    (import "handle-message" (func $handle-message
      (param "sender" string) (param "message" (list u8))
      (result (result (option (list u8)) (error $imported-refusal)))))
    (export $refusal-again "component-error" (type $refusal))
    (export "handle-message" (func $handle-message)
      (func (param "sender" string) (param "message" (list u8))
        (result (result (option (list u8)) (error $refusal-again))))))
  (instance $handler (instantiate $reexports
    (with "refusal" (type $refusal))
    (with "handle-message" (func $handle-message))))
  (export "airssys:component/handler@0.1.0" (instance $handler))
  (; last ;))
