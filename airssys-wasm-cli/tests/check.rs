//! `airssys check`: what is told about a system, and what would fail in it.

mod support;

use std::fs;

use support::{airssys, path, repository};

#[test]
fn a_sound_system_is_described() {
    let ended = airssys(&["check", &repository("examples/words/System.toml")]).expect(0);
    assert!(ended.complaints().is_empty(), "{}", ended.stderr);
    let expected = [
        "system words, components: 2\n",
        "\nwords/split\n",
        "split.wat\n",
        "  form        core module text\n",
        "  digest      bci",
        "  interfaces  handler, lifecycle, messaging\n",
        "  exports     memory\n              airssys:component/handler@0.1.0\n",
        "  send        words/count\n  request     -\n  receive     from anyone\n",
        "  receive     words/*\n",
        "  words/split  words/count     send  any               -\n",
        "  words/count  airssys/stdout  send  any               -\n",
    ];
    for text in expected {
        assert!(ended.text().contains(text), "no {text:?} in {}", ended.text());
    }
}

#[test]
fn who_may_reach_whom_follows_from_both_sides() {
    let ended = airssys(&["check", &path("systems/pairs/System.toml")]).expect(0);
    assert!(ended.text().contains("  receive     from nobody\n"), "{}", ended.text());
    let (_, reaches) = ended.text().split_once("request from whom\n").unwrap();
    let reaches: Vec<Vec<&str>> = reaches
        .lines()
        .map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let expected: [&[&str]; 3] = [
        &["from", "to", "by", "codecs in common", "use"],
        &["pairs/first", "pairs/second", "send, request", "cbor", "cbor"],
        &["pairs/second", "airssys/stdout", "send", "raw, cbor", "raw"],
    ];
    assert_eq!(reaches, expected);

    let warnings = ended.complaints();
    let expected = [
        "pairs/first is granted to reach pairs/nobody, and the system has no such component",
        "pairs/first is granted to reach pears/*, and that covers no component of the system",
        "pairs/second is granted to reach pairs/first, whose `receive` does not let it in",
        "pairs/first is granted to make requests, and exports no `callback`",
    ];
    for text in expected {
        let said = |line: &&str| line.starts_with("warning: ") && line.contains(text);
        assert_eq!(warnings.iter().filter(|line| said(line)).count(), 1, "{text}: {warnings:?}");
    }
}

#[test]
fn every_component_that_would_fail_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut system = String::new();
    for name in ["one", "two", "three"] {
        let manifest = format!("[component]\nid = \"bad/{name}\"\nsource = \"{name}.wat\"\n");
        fs::write(folder.path().join(format!("{name}.toml")), manifest).unwrap();
        fs::write(folder.path().join(format!("{name}.wat")), "(module)").unwrap();
        system.push_str(&format!("[[component]]\nmanifest = \"{name}.toml\"\n"));
    }
    let echo = repository("airssys-wasm-host/tests/guests/echo.wat");
    fs::copy(echo, folder.path().join("two.wat")).unwrap();
    let manifest = folder.path().join("System.toml");
    fs::write(&manifest, system).unwrap();

    let ended = airssys(&["check", manifest.to_str().unwrap()]).expect(1);
    let faults = ended.complaints();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].starts_with("error: bad/one: "), "{faults:?}");
    assert!(faults[1].starts_with("error: bad/three: "), "{faults:?}");
    assert!(ended.text().contains("\nbad/two\n"));
}

#[test]
fn components_without_a_codec_in_common_would_fail() {
    let folder = tempfile::tempdir().unwrap();
    let tool = path("systems/tool/Component.toml");
    let entry = |id: &str, grant: &str, codec: &str| {
        format!(
            "[[component]]\nmanifest = {tool:?}\nid = {id:?}\ngrant = {{ {grant} }}\n\
             [component.capabilities.messaging]\nsend = [\"**\"]\n\
             [component.serialization]\nsupported_codecs = [{codec:?}]\n"
        )
    };
    let named = r#"messaging = { send = ["mute/b"] }"#;
    let system = [entry("mute/a", named, "json"), entry("mute/b", "", "cbor")].concat();
    let manifest = folder.path().join("System.toml");
    fs::write(&manifest, system).unwrap();

    let ended = airssys(&["check", manifest.to_str().unwrap()]).expect(1);
    let fault = "mute/a (json) is granted to reach mute/b (cbor), and they have no codec in common";
    assert!(ended.stderr.contains(fault), "{}", ended.stderr);
}
