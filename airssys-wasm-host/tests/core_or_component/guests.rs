//! Guests: one text, of which each has some parts and not others.

use rand::RngExt;
use rand::rngs::SmallRng;

const TEXT: &str = include_str!("guest.wat");

/// Pages of memory: few have more than one call may hand over.
const PAGES: u32 = 1;
const MANY_PAGES: u32 = 2050;

/// The text of a guest, and how many pages of memory it begins with. Guests whose numbers follow on
/// each other start in different ways.
pub(crate) fn guest(number: u64, random: &mut SmallRng) -> (String, u32) {
    let pages = if number.is_multiple_of(16) { MANY_PAGES } else { PAGES };
    let mut part = |text: &'static str| if random.random_ratio(3, 4) { text } else { "" };
    let parts = [part(BATCH), part(CALLBACK), part(EXITS), part(LIFECYCLE), part(HEALTH)];
    let text = TEXT
        .replace("PAGES", &pages.to_string())
        .replace("BATCH", parts[0])
        .replace("CALLBACK", parts[1])
        .replace("EXITS", parts[2])
        .replace("LIFECYCLE", parts[3])
        .replace("HEALTH", parts[4])
        .replace("START", &start(number))
        .replace("SPENDS", &"(drop (i32.add (i32.const 1) (i32.const 1)))\n".repeat(100));
    (text, pages)
}

/// What runs while it is instantiated: in one of four starts, as the host answers, one of
/// [`STARTS`].
fn start(number: u64) -> String {
    let number = number as usize;
    let Some(does) = STARTS.get(number / 2 % (STARTS.len() + 3)) else { return String::new() };
    let runs = ["(start $first)", r#"(export "_initialize" (func $first))"#][number % 2];
    let asks = "(call $cancel (i64.const 7))";
    format!("(func $first (if (i32.and {asks} {asks}) (then {does})))\n{runs}")
}

const STARTS: [&str; 9] = [
    "(call $send-something)",
    "(call $self-id (i32.const 2048))",
    "(call $trap)",
    "(call $spin)",
    "(drop (call $recurse (i32.const 0)))",
    "(drop (memory.grow (i32.const 100)))",
    // While it allocates room for its id, it gives a place beyond its memory, or calls imports.
    "(call $allocate (i32.const 1) (i32.const -8) (i32.const 0)) (call $self-id (i32.const 2048))",
    "(call $allocate (i32.const 3) (i32.const 0) (i32.const 0)) (call $self-id (i32.const 2048))",
    "(call $allocate (i32.const 4) (i32.const 0) (i32.const 0)) (call $self-id (i32.const 2048))",
];

/// It obeys each message of a batch.
const BATCH: &str = r#"
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

const CALLBACK: &str = r#"
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
    (call $send-something)
    (global.get $result))
  (func (export "cabi_post_airssys:component/callback@0.1.0#handle-callback") (param i32) (call $freed))
"#;

const EXITS: &str = r#"
  (func (export "airssys:component/exits@0.1.0#handle-exit")
    (param $component i32) (param $length i32) (param $case i32) (param $a i32) (param $b i32) (result i32)
    (i32.store (i32.const 32) (local.get $component))
    (i32.store (i32.const 36) (local.get $length))
    (i32.store (i32.const 40) (local.get $case))
    (i32.store (i32.const 44) (local.get $a))
    (i32.store (i32.const 48) (local.get $b))
    (call $send-something)
    (global.get $result))
"#;

const LIFECYCLE: &str = r#"
  (func (export "airssys:component/lifecycle@0.1.0#init") (result i32)
    (call $count (i32.const 68))
    (call $send-something)
    (global.get $result))
  (func (export "cabi_post_airssys:component/lifecycle@0.1.0#init") (param i32) (call $freed))
  (func (export "airssys:component/lifecycle@0.1.0#shutdown") (call $count (i32.const 68)))
  (func (export "cabi_post_airssys:component/lifecycle@0.1.0#shutdown") (call $freed))
"#;

const HEALTH: &str = r#"
  (func (export "airssys:component/health@0.1.0#check") (result i32)
    (call $count (i32.const 68))
    (call $send-something)
    (global.get $result))
  (func (export "cabi_post_airssys:component/health@0.1.0#check") (param i32) (call $freed))
"#;
