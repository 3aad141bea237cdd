/// A path as a part of an address: what is not allowed there as its bytes in hexadecimal (RFC 3986).
#[must_use]
pub fn encoded(path: &str) -> String {
    let mut shown = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => shown.push(byte.into()),
            other => shown.push_str(&format!("%{other:02X}")),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_no_other_characters() {
        assert_eq!(encoded("a b/ü%.py"), "a%20b/%C3%BC%25.py");
    }
}
