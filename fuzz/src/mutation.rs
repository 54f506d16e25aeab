//! Changes to a manifest that keep it TOML: blind ones to its bytes mostly break it, and seldom
//! get to what is behind the parser.

use crate::schema::{self, Key, Rule};

/// For `fuzz_mutator!`: every second time what `change` makes of the text, if there is room for
/// it, and otherwise what libFuzzer makes of the bytes.
pub fn mutate_text(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: impl Fn(&str, u32) -> String,
) -> usize {
    let text = str::from_utf8(&data[..size]).ok().filter(|_| seed.is_multiple_of(2));
    let changed = text.map(|text| change(text, seed / 2)).filter(|text| text.len() <= max_size);
    let Some(changed) = changed else {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    };
    data[..changed.len()].copy_from_slice(changed.as_bytes());
    changed.len()
}

/// `text` with one line changed, most often to one that `schema` allows. The same `seed` makes
/// the same change.
pub fn mutate(text: &str, schema: &'static Rule, seed: u32) -> String {
    let mut dice = Dice(u64::from(seed) + 1);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = dice.roll(lines.len() + 1);
    match dice.roll(8) {
        0 if place < lines.len() => drop(lines.remove(place)),
        1 if place < lines.len() => {
            let copied = lines[dice.roll(lines.len())].clone();
            lines.insert(place, copied);
        }
        2 if place < lines.len() => {
            let Some((key, _)) = lines[place].split_once('=') else { return text.to_owned() };
            lines[place] = format!("{key}= {}", value(dice.of(&leaves(schema)).rule, &mut dice));
        }
        _ => set(&mut lines, dice.of(&leaves(schema)), &mut dice),
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Writes a value of the leaf, in place of the one that is there.
fn set(lines: &mut Vec<String>, leaf: &Leaf, dice: &mut Dice) {
    let line = format!("{} = {}", leaf.name, value(leaf.rule, dice));
    let Some(header) = lines.iter().position(|line| *line == leaf.header) else {
        lines.extend([leaf.header.clone(), line]);
        return;
    };
    let is_same = |line: &&mut String| line.starts_with(&format!("{} =", leaf.name));
    let section = lines[header + 1..].iter_mut().take_while(|line| !line.starts_with('['));
    match section.into_iter().find(is_same) {
        Some(same) => *same = line,
        None => lines.insert(header + 1, line),
    }
}

/// A key whose value is written on its line.
struct Leaf {
    header: String,
    name: &'static str,
    rule: &'static Rule,
}

fn leaves(schema: &'static Rule) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    add_leaves("", "", schema, &mut leaves);
    leaves
}

/// Those of the table at `path`, which has this header.
fn add_leaves(path: &str, header: &str, table: &'static Rule, leaves: &mut Vec<Leaf>) {
    let Rule::Keys(keys) = table else {
        leaves.push(Leaf { header: header.to_owned(), name: "setting", rule: table });
        return;
    };
    for Key { name, rule, .. } in *keys {
        let below = if path.is_empty() { (*name).to_owned() } else { format!("{path}.{name}") };
        match rule {
            Rule::Keys(_) | Rule::Settings => {
                add_leaves(&below, &format!("[{below}]"), rule, leaves);
            }
            Rule::List(entry @ Rule::Keys(_)) if path.is_empty() => {
                add_leaves(&below, &format!("[[{below}]]"), entry, leaves);
            }
            rule => leaves.push(Leaf { header: header.to_owned(), name, rule }),
        }
    }
}

/// A value that the rule allows, or one that is next to those.
fn value(rule: &Rule, dice: &mut Dice) -> String {
    match rule {
        Rule::Word(words) => format!("'{}'", dice.of(words)),
        Rule::Grant if dice.roll(2) == 0 => "'requested'".to_owned(),
        Rule::Grant => value(&schema::CAPABILITIES, dice),
        Rule::List(rule) => {
            let items: Vec<String> = (0..dice.roll(4)).map(|_| value(rule, dice)).collect();
            format!("[{}]", items.join(", "))
        }
        Rule::Keys(keys) => {
            let mut items = Vec::new();
            for Key { name, rule, required } in *keys {
                if *required || dice.roll(2) == 0 {
                    items.push(format!("{name} = {}", value(rule, dice)));
                }
            }
            format!("{{ {} }}", items.join(", "))
        }
        rule => {
            let examples: Vec<&str> = examples(rule).split(" | ").collect();
            (*dice.of(&examples)).to_owned()
        }
    }
}

fn examples(rule: &Rule) -> &'static str {
    match rule {
        Rule::Text => {
            "'' | 'x' | '.' | 'HOME' | 'data' | 'data/x' | '../data' | 'data/../y' | 'given/data' | \
             'given.wasm' | 'given/Component.toml' | '../parts/asks/Component.toml' | \
             '../parts/plain/Component.toml' | '../parts/speaks/Component.toml' | \
             \"a\\nb\" | \"\\u001b\""
        }
        Rule::Id => "'a/b' | 'g/h' | 'words/split' | 'airssys/x' | 'a' | 'A/b'",
        Rule::Pattern => {
            "'a/b' | 'a/*' | 'a/**' | 'a/b*' | '**' | '*/*' | 'words/**' | '*' | 'a/**/b'"
        }
        Rule::Codec => "'raw' | 'cbor' | 'json' | 'messagepack' | 'borsh' | 'none'",
        Rule::Digest => "'bciqcz4snxjp3biyoe3udwkwfxhrj4gywdzob7j2clzzqim3csofzqja' | 'b'",
        Rule::Flag => "true | false | 1",
        Rule::Count(..) => {
            "0 | 1 | 10 | 4294967295 | 4294967296 | -1 | 9223372036854775807 | 0x10 | 1.0"
        }
        Rule::Size(..) => {
            "0 | 1 | -1 | '64MiB' | '1 KB' | '1MiB ' | '4294967295' | '4GiB' | '16777215TiB' | \
             '16777216TiB' | '99999999TB' | '18446744073709551615' | '18446744073709551616B'"
        }
        Rule::Time(_) => {
            "'0s' | '1ns' | '7us' | '100ms' | '5s' | '3m' | '2h' | '213503d' | '213504d' | \
             '9999999999h' | '1' | 1"
        }
        _ => "'x' | 1 | true | 1.5 | [] | 1979-05-27",
    }
}

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    /// One of `0..sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.roll(items.len())]
    }
}
