;; Has ink for three messages. It is degraded with the last of it, and unhealthy without.
(module
  ;; Memory: at 0 a result that is all zeros, which is `ok`; at 16 a status: its case, the pointer
  ;; and the length of its text; from 1024 what the runtime hands over.
  (memory (export "memory") 32)
  (data (i32.const 64) "little ink")
  (data (i32.const 80) "no ink")
  (global $ink (mut i32) (i32.const 3))

  (func (export "airssys:component/handler@0.1.0#handle-message")
    (param $sender i32) (param $sender_length i32) (param $message i32) (param $length i32)
    (result i32)
    (if (global.get $ink)
      (then (global.set $ink (i32.sub (global.get $ink) (i32.const 1)))))
    (i32.const 0))

  ;; 0 is healthy, 1 degraded, 2 unhealthy.
  (func (export "airssys:component/health@0.1.0#check") (result i32)
    (if (i32.gt_u (global.get $ink) (i32.const 1)) (then (return (i32.const 0))))
    (i32.store (i32.const 16) (i32.sub (i32.const 2) (global.get $ink)))
    (i32.store (i32.const 20) (select (i32.const 64) (i32.const 80) (global.get $ink)))
    (i32.store (i32.const 24) (select (i32.const 10) (i32.const 6) (global.get $ink)))
    (i32.const 16))

  ;; Room for what is handed over, in steps of 8 bytes; it is free again after the call.
  (global $free (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $free)
    (global.set $free (i32.add (global.get $free)
      (i32.and (i32.add (local.get $size) (i32.const 7)) (i32.const -8)))))
  (func (export "cabi_post_airssys:component/handler@0.1.0#handle-message") (param i32)
    (global.set $free (i32.const 1024))))
