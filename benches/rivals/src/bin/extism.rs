//! extism: calls of a plugin that does nothing. What they take is the way in and out.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::time::Instant;

use airssys_wasm_rivals::Figures;
use extism::PluginBuilder;

const PLUGIN: &str = r#"(module (func (export "handle") (result i32) (i32.const 0)))"#;

fn main() {
    let figures = Figures::of("extism");
    let mut plugin = PluginBuilder::new(PLUGIN.as_bytes()).with_cache_disabled().build().unwrap();
    for size in [16, 64, 256, 1024, 4096, 16_384, 65_536] {
        let message = vec![7; size];
        figures.measure(&format!("plugin call, {size} bytes"), 1, |calls| {
            let begun = Instant::now();
            for _ in 0..calls {
                let answer: &[u8] = plugin.call("handle", black_box(message.as_slice())).unwrap();
                black_box(answer);
            }
            begun.elapsed()
        });
    }
}
