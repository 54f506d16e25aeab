//! The sections of a component's binary.

/// What every component begins with.
pub(crate) const HEADER: [u8; 8] = *b"\0asm\x0d\0\x01\0";

const CORE_MODULE: u8 = 1;

/// A section with this content.
pub(crate) fn section(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind], &leb(content.len())[..], content].concat()
}

/// The core modules that lie in a component itself.
pub(crate) fn core_modules(component: &[u8]) -> Vec<&[u8]> {
    let modules = sections(component).into_iter().filter(|(kind, _)| *kind == CORE_MODULE);
    modules.map(|(_, module)| module).collect()
}

/// The same component with its `at`-th core module exchanged.
pub(crate) fn with_core_module(component: &[u8], at: usize, module: &[u8]) -> Vec<u8> {
    let mut binary = HEADER.to_vec();
    let mut modules = 0;
    for (kind, content) in sections(component) {
        let is_it = kind == CORE_MODULE && modules == at;
        modules += usize::from(kind == CORE_MODULE);
        binary.extend(section(kind, if is_it { module } else { content }));
    }
    binary
}

fn sections(component: &[u8]) -> Vec<(u8, &[u8])> {
    let mut rest = &component[HEADER.len()..];
    let mut sections = Vec::new();
    while let [kind, after @ ..] = rest {
        let (length, after) = read_leb(after);
        let (content, after) = after.split_at(length);
        sections.push((*kind, content));
        rest = after;
    }
    sections
}

/// A number as WebAssembly has it.
pub(crate) fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn read_leb(bytes: &[u8]) -> (usize, &[u8]) {
    let length = 1 + bytes.iter().position(|byte| byte & 0x80 == 0).unwrap();
    let number = bytes[..length].iter().rev();
    let number = number.fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    (number, &bytes[length..])
}
