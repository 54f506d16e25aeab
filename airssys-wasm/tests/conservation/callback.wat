;; The callback of chaos.wat, and what it does when another ends: there is a guest with these and
;; one without.
(func (export "airssys:component/callback@0.1.0#handle-callback")
  (param $high i64) (param i64 i32 i32 i32 i32 i32) (result i32)
  (local $end i32)
  (call $stir (local.get $high))
  (if (call $below (i32.const 2)) (then (call $act (i32.const 1))))
  (local.set $end (call $below (i32.const 32)))
  (if (i32.eqz (local.get $end)) (then unreachable))
  (if (i32.lt_u (local.get $end) (i32.const 3))
    (then (return (call $refuse (i32.const 7) (i32.const 600) (i32.const 3)))))
  (call $done))

(func (export "airssys:component/exits@0.1.0#handle-exit")
  (param i32 i32 i32 i32 i32) (result i32)
  (call $act (i32.const 1))
  (if (i32.eqz (call $below (i32.const 32))) (then unreachable))
  (call $done))
