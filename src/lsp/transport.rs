use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

/// The largest message that is read, in bytes: many times the largest Python file.
const MAX_MESSAGE: u64 = 64 * 1024 * 1024;

/// The longest line of a header.
const MAX_HEADER: u64 = 8 * 1024;

/// What a client has sent.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// A message.
    Message(Value),
    /// Something else, with what is wrong.
    Malformed(&'static str),
    /// Nothing more.
    End,
}

/// Reads one message.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Incoming> {
    let mut length: Option<u64> = None;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(MAX_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(Incoming::End);
        }
        let line = String::from_utf8_lossy(&line);
        match (line.trim(), length) {
            ("", Some(length)) => return body(input, length),
            ("", None) => {}
            (header, _) => {
                let value = header.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
                length = value.and_then(|(_, value)| value.trim().parse().ok()).or(length);
            }
        }
    }
}

fn body(input: &mut impl BufRead, length: u64) -> io::Result<Incoming> {
    if length > MAX_MESSAGE {
        let skipped = io::copy(&mut input.by_ref().take(length), &mut io::sink())?;
        return Ok(if skipped < length { Incoming::End } else { Incoming::Malformed("the message is too large") });
    }
    let mut body = Vec::new();
    if (input.by_ref().take(length).read_to_end(&mut body)? as u64) < length {
        return Ok(Incoming::End);
    }
    Ok(serde_json::from_slice(&body).map_or(Incoming::Malformed("the message is no JSON"), Incoming::Message))
}

/// Writes one message.
pub(super) fn write(output: &mut dyn Write, message: &Value) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(&body)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8]) -> Vec<Incoming> {
        let mut input = bytes;
        let mut found = Vec::new();
        loop {
            let next = read(&mut input).expect("memory can be read");
            if next == Incoming::End {
                return found;
            }
            found.push(next);
        }
    }

    #[test]
    fn messages_follow_each_other_whatever_stands_between() {
        let text = "Content-Length: 2\r\n\r\n{}content-length:1\r\nContent-Type: x\r\n\r\n7\r\n\r\nnothing\r\nContent-Length: 4\r\n\r\nnull";
        let expected = [serde_json::json!({}), serde_json::json!(7), Value::Null].map(Incoming::Message);
        assert_eq!(all(text.as_bytes()), expected);
    }

    #[test]
    fn what_is_no_message_is_passed_over() {
        let text = "Content-Length: 3\r\n\r\n{a}Content-Length: 2\r\n\r\n[]";
        let expected = [Incoming::Malformed("the message is no JSON"), Incoming::Message(serde_json::json!([]))];
        assert_eq!(all(text.as_bytes()), expected);
    }

    #[test]
    fn half_a_message_and_one_that_is_too_large_take_no_memory() {
        assert_eq!(all(b"Content-Length: 99\r\n\r\n{"), []);
        assert_eq!(all(b"Content-Length: 999999999999\r\n\r\n{"), []);
        let mut long = format!("Content-Length: {}\r\n\r\n", MAX_MESSAGE + 1).into_bytes();
        long.resize(long.len() + usize::try_from(MAX_MESSAGE).expect("it fits") + 1, b' ');
        long.extend(b"Content-Length: 1\r\n\r\n1");
        assert_eq!(all(&long), [Incoming::Malformed("the message is too large"), Incoming::Message(1.into())]);
    }
}
