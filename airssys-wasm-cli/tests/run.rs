//! `airssys run`: what goes in, what comes out, and with which exit status.

mod support;

use std::fs;

use support::{airssys, airssys_reading, command, path, repository};

fn tool() -> String {
    path("systems/tool/System.toml")
}

#[test]
fn the_words_of_a_text_are_counted() {
    let text = fs::read(repository("examples/words/text.txt")).unwrap();
    let system = repository("examples/words/System.toml");
    let args = ["run", &system, "--stdin", "words/split", "--until-idle"];
    let ended = airssys_reading(&args, &text).expect(0);

    let mut counts = std::collections::BTreeMap::new();
    for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut expected = Vec::new();
    for (word, count) in counts {
        expected.extend_from_slice(format!("{count:7} ").as_bytes());
        expected.extend_from_slice(word);
        expected.push(b'\n');
    }
    assert!(ended.stdout == expected, "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn each_line_is_a_message_and_its_bytes_are_untouched() {
    let args = ["run", &tool(), "--stdin", "airssys/stdout", "--until-idle"];
    let lines = b"first\n\n\xff\0\r\nlast without a newline";
    let ended = airssys_reading(&args, lines).expect(0);
    assert_eq!(ended.stdout, b"first\n\n\xff\0\r\nlast without a newline\n");
}

#[test]
fn sends_and_requests_go_in_the_order_given() {
    let args = [
        "--request=tests/tool=1",
        "--send=tests/tool=p2",
        "--request=tests/tool=3=3",
        "--request=tests/tool=",
        "--send=tests/tool=p4",
        "--until-idle",
    ];
    let ended = airssys(&[&["run", &tool()], &args[..]].concat()).expect(0);
    let lines: Vec<&str> = ended.text().lines().collect();
    let answers: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with('p')).collect();
    let printed: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with('p')).collect();
    assert_eq!(answers, ["1", "3=3", ""]);
    assert_eq!(printed, ["p2", "p4"]);
}

#[test]
fn a_request_that_fails_is_reported_and_the_others_go_on() {
    let args = ["--request=tests/tool=no", "--request=tests/tool=trap", "--request=tests/tool=yes"];
    let ended = airssys(&[&["run", &tool(), "--until-idle"], &args[..]].concat()).expect(1);
    assert_eq!(ended.text(), "yes\n");
    let complaints = ended.complaints();
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    for expected in [
        "error: --request tests/tool: refused: no (code 1)",
        "error: --request tests/tool: the receiver crashed",
        "warning: tests/tool trapped",
    ] {
        assert!(complaints.iter().any(|line| line.starts_with(expected)), "{complaints:?}");
    }
}

#[test]
fn a_line_that_its_receiver_refuses_is_reported() {
    let args = ["run", &tool(), "--stdin", "tests/tool", "--until-idle"];
    let ended = airssys_reading(&args, b"p1\nnever\np2\n").expect(1);
    assert_eq!(ended.text(), "p1\np2\n");
    let refused = "error: tests/tool refused a line of standard input, 5 bytes: never (code 1)";
    assert_eq!(ended.complaints(), [refused]);
}

#[test]
fn a_message_of_send_that_is_lost_in_a_crash_is_reported() {
    let args = ["run", &tool(), "--send", "tests/tool=t", "--until-idle"];
    let ended = airssys(&args).expect(1);
    let lost = "error: a message of --send, 1 bytes, is lost: tests/tool trapped";
    assert!(ended.complaints().iter().any(|line| line.starts_with(lost)), "{}", ended.stderr);
}

#[test]
fn a_line_that_is_too_long_is_reported_and_reading_goes_on() {
    let long = "p".repeat(300_000);
    let args = ["run", &tool(), "--stdin", "tests/tool", "--until-idle"];
    let ended = airssys_reading(&args, format!("p1\n{long}\np3\n{long}").as_bytes()).expect(1);
    assert_eq!(ended.text(), "p1\np3\n");
    let complaints = ended.complaints();
    assert_eq!(complaints.len(), 2, "{complaints:?}");
    for (complaint, line) in complaints.into_iter().zip(["line 2", "line 4"]) {
        assert!(complaint.contains(line) && complaint.contains("100000 bytes"), "{complaint}");
    }
}

#[test]
fn where_the_mailbox_is_full_reading_waits() {
    let lines: String = (0..2000).map(|number| format!("p{number}\n")).collect();
    let args = ["run", &path("systems/tool/Narrow.toml"), "--stdin", "tests/tool", "--until-idle"];
    let ended = airssys_reading(&args, lines.as_bytes()).expect(0);
    assert_eq!(ended.text(), lines);
}

#[test]
fn whom_the_receiver_does_not_let_in_is_told_what_to_do() {
    let system = path("systems/tool/Narrow.toml");
    let ended = airssys(&["run", &system, "--until-idle", "--send", "tests/tool=p"]).expect(1);
    let refused = "error: --send tests/tool: its `receive` does not let airssys/cli in; \
                   add airssys/cli there, or choose another component";
    assert_eq!(ended.complaints(), [refused]);
}

#[test]
fn the_codecs_code_is_in_front_of_every_message() {
    let args = ["run", &tool(), "--codec", "json", "--until-idle"];
    let request = airssys(&[&args[..], &["--request", "tests/tool=x"]].concat()).expect(0);
    assert_eq!(request.stdout, b"\x80\x04x\n");
    let lines = [&args[..], &["--stdin", "airssys/stdout"]].concat();
    let lines = airssys_reading(&lines, b"a\n\nb\n").expect(0);
    assert_eq!(lines.stdout, b"\x80\x04a\n\x80\x04\n\x80\x04b\n");
}

#[test]
fn a_component_that_is_given_up_makes_the_exit_status_1_and_ends_its_input() {
    let system = path("systems/tool/Fragile.toml");
    let args = ["run", &system, "--stdin", "tests/tool", "--until-idle"];
    let lines = ["trap\n", &"p\n".repeat(5000)].concat();
    let ended = airssys_reading(&args, lines.as_bytes()).expect(1);
    let given_up = |line: &&str| line.starts_with("error: tests/tool") && line.contains("given up");
    assert_eq!(ended.complaints().iter().filter(|line| given_up(line)).count(), 1);
    assert!(ended.complaints().len() <= 4, "{}", ended.stderr);
}

#[test]
fn what_components_log_is_on_standard_error() {
    let ended = airssys(&["run", &tool(), "--send", "tests/tool=log\nme", "--until-idle"]);
    assert_eq!(ended.expect(0).complaints(), ["log: tests/tool: log\\nme"]);
}

#[test]
fn without_input_a_system_is_idle_at_once() {
    let ended = airssys(&["run", &tool(), "--until-idle"]).expect(0);
    assert!(ended.stdout.is_empty() && ended.complaints().is_empty(), "{}", ended.stderr);
}

#[test]
fn what_is_not_understood_is_exit_status_2() {
    let tool = tool();
    let cases: [(&[&str], &str); 7] = [
        (&[], "Usage"),
        (&["start"], "start"),
        (&["run"], "SYSTEM.toml"),
        (&["run", &tool, "--send", "tests/tool"], "there is no `=` in it"),
        (&["run", &tool, "--request", "Tool=x"], "is no component id"),
        (&["run", &tool, "--stdin", "tool"], "--stdin"),
        (&["run", &tool, "--codec", "yaml"], "raw, protobuf, cbor, json"),
    ];
    for (args, expected) in cases {
        let ended = airssys(args).expect(2);
        assert!(ended.stderr.contains(expected), "{args:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn output_that_cannot_be_written_is_a_fault() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else { return };
    let output = command()
        .args(["run", &tool(), "--until-idle", "--send", "tests/tool=p"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.matches("error: cannot write to standard output").count(), 1, "{stderr}");
}
