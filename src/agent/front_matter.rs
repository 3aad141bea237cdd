use serde_yaml::Value;

/// The two parts of a file that begins with front matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// The YAML between the two lines of dashes.
    pub head: &'a str,
    /// What follows them.
    pub body: &'a str,
    /// The body's first line, from 1.
    pub body_row: usize,
}

/// Something wrong in YAML or TOML, at a line and a column of the file, from 1.
#[derive(Debug)]
pub(super) struct Malformed {
    pub row: usize,
    pub column: usize,
    pub message: String,
}

/// Divides a text at its lines of dashes. The first must be the text's first line; there is nothing to divide where one
/// is missing.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == "---")?;
    let mut end = first.len();
    for (row, line) in (2..).zip(lines) {
        if line.trim_end() == "---" {
            return Some(Parts { head: &text[first.len()..end], body: &text[end + line.len()..], body_row: row + 1 });
        }
        end += line.len();
    }
    None
}

impl Parts<'_> {
    /// The front matter's fields, as the strictest reader takes them.
    pub(super) fn value(&self) -> Result<Value, Malformed> {
        serde_yaml::from_str(self.head).map_err(|error| {
            let (row, column) = error.location().map_or((1, 1), |place| (place.line(), place.column()));
            let message = error.to_string();
            // The place is told before the message.
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            Malformed { row: row + 1, column, message }
        })
    }
}

/// The fields of a file in TOML.
pub(super) fn of_toml(text: &str) -> Result<Value, Malformed> {
    let malformed = |error: toml::de::Error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let (row, column) = (before.matches('\n').count() + 1, line.chars().count() + 1);
        Malformed { row, column, message: error.message().to_owned() }
    };
    let table: toml::Table = toml::from_str(text).map_err(malformed)?;
    serde_yaml::to_value(table).map_err(|error| Malformed { row: 1, column: 1, message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_divided_at_its_dashes() {
        let parts = split("---\na: 1\n---\n\nbody\n---\n").expect("front matter");
        assert_eq!((parts.head, parts.body, parts.body_row), ("a: 1\n", "\nbody\n---\n", 4));
        let parts = split("---\r\na: 1\r\n---").expect("front matter");
        assert_eq!((parts.head, parts.body), ("a: 1\r\n", ""));
        for text in ["", "a: 1\n---\n", " ---\na: 1\n---\n", "---\na: 1\n"] {
            assert!(split(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_told_with_its_place() {
        let text = "---\nname: a\ndescription: Use when: x: y\n---\n";
        let malformed = split(text).expect("front matter").value().expect_err("two colons");
        assert_eq!(malformed.row, 3, "{malformed:?}");
        let twice = split("---\nname: a\nname: b\n---\n").expect("front matter").value().expect_err("given twice");
        assert!(twice.message.contains("duplicate"), "{twice:?}");
        assert_eq!(of_toml("a = 1\nb = \n").expect_err("no value").row, 2);
    }
}
