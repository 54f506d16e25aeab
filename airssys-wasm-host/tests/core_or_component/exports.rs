//! The parts of a guest that it may or may not have.

/// It obeys each message of a batch.
pub(crate) const BATCH: &str = r#"
  (func (export "airssys:component/batch-handler@0.1.0#handle-messages")
    (param $messages i32) (param $count i32) (result i32)
    (local $number i32) (local $at i32)
    (i32.store (i32.const 32) (local.get $messages))
    (i32.store (i32.const 36) (local.get $count))
    (i32.store (i32.const 96) (i32.const 3072))
    (i32.store (i32.const 100) (local.get $count))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $number) (local.get $count)))
        (local.set $at (i32.add (local.get $messages) (i32.shl (local.get $number) (i32.const 4))))
        (i64.store (i32.const 40) (i64.load (local.get $at)))
        (call $obey (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at)))
        (local.set $number (i32.add (local.get $number) (i32.const 1)))
        (br $next)))
    (if (result i32) (global.get $result) (then (global.get $result)) (else (i32.const 96))))
  (func (export "cabi_post_airssys:component/batch-handler@0.1.0#handle-messages") (param i32) (call $freed))
"#;

pub(crate) const CALLBACK: &str = r#"
  (func (export "airssys:component/callback@0.1.0#handle-callback")
    (param $high i64) (param $low i64) (param $case i32) (param $a i32) (param $b i32) (param $c i32) (param $d i32)
    (result i32)
    (i64.store (i32.const 32) (local.get $high))
    (i64.store (i32.const 40) (local.get $low))
    (i32.store (i32.const 48) (local.get $case))
    (i32.store (i32.const 52) (local.get $a))
    (i32.store (i32.const 56) (local.get $b))
    (i32.store (i32.const 60) (local.get $c))
    (i32.store (i32.const 64) (local.get $d))
    (global.get $result))
  (func (export "cabi_post_airssys:component/callback@0.1.0#handle-callback") (param i32) (call $freed))
"#;

pub(crate) const EXITS: &str = r#"
  (func (export "airssys:component/exits@0.1.0#handle-exit")
    (param $component i32) (param $length i32) (param $case i32) (param $a i32) (param $b i32) (result i32)
    (i32.store (i32.const 32) (local.get $component))
    (i32.store (i32.const 36) (local.get $length))
    (i32.store (i32.const 40) (local.get $case))
    (i32.store (i32.const 44) (local.get $a))
    (i32.store (i32.const 48) (local.get $b))
    (global.get $result))
"#;

pub(crate) const LIFECYCLE: &str = r#"
  (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
    (call $count (i32.const 68))
    (global.get $result))
  (func (export "cabi_post_airssys:component/lifecycle@0.1.0#init") (param i32) (call $freed))
  (func (export "airssys:component/lifecycle@0.1.0#shutdown") (call $count (i32.const 68)))
  (func (export "cabi_post_airssys:component/lifecycle@0.1.0#shutdown") (call $freed))
"#;

pub(crate) const HEALTH: &str = r#"
  (func (export "airssys:component/health@0.1.0#check") (result i32)
    (call $count (i32.const 68))
    (global.get $result))
  (func (export "cabi_post_airssys:component/health@0.1.0#check") (param i32) (call $freed))
"#;

/// What runs while it is instantiated.
pub(crate) const STARTS: [&str; 8] = [
    "",
    "",
    "",
    "(start $send-something)",
    "(func $early (drop (call $cancel (i64.const 7)))) (start $early)",
    "(start $trap)",
    r#"(func (export "_initialize") (call $send-something))"#,
    r#"(func (export "_initialize") (call $trap))"#,
];
