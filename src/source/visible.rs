use std::borrow::Cow;

/// Text without the characters that steer a terminal; a line break becomes a space.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// The character itself, or what is shown in its place. Directional marks, which can make code read as what it is not,
/// count as steering too.
#[must_use]
pub fn visible(char: char) -> char {
    match char {
        '\t' | '\n' | '\r' => ' ',
        char if steers(char) => '\u{fffd}',
        char => char,
    }
}

fn steers(char: char) -> bool {
    let is_directional =
        matches!(char, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_lines = matches!(char, '\u{2028}' | '\u{2029}');
    char.is_control() || is_directional || breaks_lines || char == '\u{feff}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_not_passed_on() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb c\u{fffd}d");
        assert_eq!(printable("a\u{2028}::b\u{200f}"), "a\u{fffd}::b\u{fffd}");
        assert_eq!(printable("größe 時"), "größe 時");
    }
}
