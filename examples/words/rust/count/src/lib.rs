//! Counts the words that it is sent, and prints the totals at shutdown.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Write;

use airssys::component::messaging::send_message;
use exports::airssys::component::{handler, lifecycle};

wit_bindgen::generate!({
    path: "../../../../wit",
    inline: "
        package words:count;

        world count {
            include airssys:component/component@0.1.0;
            export airssys:component/lifecycle@0.1.0;
        }
    ",
    generate_all,
});

/// Lines go out together, so that many words are few messages.
const MESSAGE_BYTES: usize = 60_000;

thread_local! {
    static COUNTS: RefCell<HashMap<Vec<u8>, u64>> = RefCell::default();
}

struct Count;

export!(Count);

impl handler::Guest for Count {
    fn handle_message(
        _sender: String,
        word: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, handler::ComponentError> {
        COUNTS.with_borrow_mut(|counts| *counts.entry(word).or_default() += 1);
        Ok(None)
    }
}

impl lifecycle::Guest for Count {
    fn init() -> Result<(), lifecycle::ComponentError> {
        Ok(())
    }

    fn shutdown() {
        let mut totals: Vec<(Vec<u8>, u64)> = COUNTS.take().into_iter().collect();
        totals.sort_unstable();

        let mut message = Vec::new();
        for (word, count) in totals {
            let mut line = Vec::new();
            // What `uniq -c` prints.
            write!(line, "{count:>7} ").expect("memory takes every write");
            line.extend(word);
            if !message.is_empty() && message.len() + 1 + line.len() > MESSAGE_BYTES {
                print(&std::mem::take(&mut message));
            }
            if !message.is_empty() {
                message.push(b'\n');
            }
            message.extend(line);
        }
        if !message.is_empty() {
            print(&message);
        }
    }
}

/// `airssys/stdout` adds the last newline. There is no one left to tell of a failure: it traps,
/// and the operator sees the crash.
fn print(lines: &[u8]) {
    send_message("airssys/stdout", lines).expect("airssys/stdout takes the totals");
}
