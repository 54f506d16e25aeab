/// Bytes that one line may have: a refusal's text is cut at 4,096.
const LINE: usize = 5000;

/// What is told of a guest is one line, of bounded length, with this in it.
pub(crate) fn expect_line(line: &str, text: &str) {
    assert!(line.contains(text), "`{text}` is not in: {line}");
    assert!(line.len() <= LINE, "{} bytes: {:?}…", line.len(), &line[..100]);
    assert!(!line.contains(char::is_control), "{line:?}");
}
