//! `airssys inspect`.

mod support;

use support::{airssys, path, repository};

#[test]
fn a_core_module_is_described_by_the_interfaces_of_its_names() {
    let ended = airssys(&["inspect", &path("systems/stuck/stuck.wat")]).expect(0);
    let expected = "interfaces  handler, lifecycle\n\
                    imports     -\n\
                    exports     memory\n            \
                    airssys:component/handler@0.1.0\n            \
                    airssys:component/lifecycle@0.1.0\n";
    let (first, rest) = ended.text().split_at(ended.text().find("interfaces").unwrap());
    assert_eq!(rest, expected);
    assert!(first.starts_with("form        core module text\nsize        "), "{first}");
    assert!(first.contains(" bytes\ndigest      bci"), "{first}");
    assert!(ended.stderr.is_empty(), "{}", ended.stderr);
}

#[test]
fn a_component_is_described() {
    let echo = repository("airssys-wasm-host/tests/guests/echo-component.wat");
    let ended = airssys(&["inspect", &echo]).expect(0);
    assert!(ended.text().starts_with("form        component text\n"), "{}", ended.text());
    assert!(ended.text().contains("\ninterfaces  handler\n"), "{}", ended.text());
}

#[test]
fn each_interface_of_the_package_is_told() {
    let package = std::fs::read_to_string(repository("wit/package.wit")).unwrap();
    let interfaces = package.lines().filter_map(|line| line.strip_prefix("interface "));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.wat");
    for interface in interfaces.map(|rest| rest.split(' ').next().unwrap()) {
        if interface == "types" {
            continue;
        }
        let full_name = format!("airssys:component/{interface}@0.1.0#anything");
        let text = format!(r#"(module (func (export "{full_name}")))"#);
        std::fs::write(&file, text).unwrap();
        let ended = airssys(&["inspect", file.to_str().unwrap()]).expect(0);
        let line = format!("\ninterfaces  {interface}\n");
        assert!(ended.text().contains(&line), "{interface}: {}", ended.text());
    }
}

#[test]
fn also_what_could_not_run_here_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("module.wasm");
    std::fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    let ended = airssys(&["inspect", file.to_str().unwrap()]).expect(0);
    let expected = "form        core module\n\
                    size        8 bytes\n\
                    interfaces  -\n\
                    imports     -\n\
                    exports     -\n";
    let lines = ended.text().lines().filter(|line| !line.starts_with("digest"));
    assert_eq!(lines.collect::<Vec<_>>(), expected.lines().collect::<Vec<_>>());
}

#[test]
fn what_is_no_webassembly_is_one_line() {
    for (file, expected) in [
        (path("inspect.rs"), "this is not WebAssembly"),
        (path("nothing.wasm"), "cannot read"),
        (path("systems"), "cannot read"),
    ] {
        let ended = airssys(&["inspect", &file]).expect(1);
        assert!(ended.stdout.is_empty());
        let line = ended.stderr.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n') && line.starts_with("error: "), "{line}");
        assert!(line.contains(&file) && line.contains(expected), "{line}");
    }
}

#[test]
fn verbose_shows_the_causes_beneath_an_error() {
    let file = path("inspect.rs");
    let ended = airssys(&["inspect", "--verbose", &file]).expect(1);
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(lines[0].starts_with("error: "), "{lines:?}");
    assert!(lines[1].starts_with("  caused by: this is not WebAssembly"), "{lines:?}");
}
