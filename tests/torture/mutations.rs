//! Files broken as files get broken: tokens, lines and blocks deleted, doubled, swapped, cut off, unicode put in.

use super::numbers::Numbers;

const INSERTED: [&str; 22] = [
    "async ", "lambda: ", "*", "\n", "await ", "(", ")", "yield ", "class ", "\"\"\"", "f\"{", "\u{feff}", "é", "𝒙",
    "\u{202e}", "\u{2028}", "\u{0}", "\u{c}", "\r", "\\\n", ":", "世界",
];

/// A broken copy of a text.
pub fn broken(text: &str, numbers: &mut Numbers) -> Vec<u8> {
    let mut text = text.to_owned();
    for _ in 0..1 + numbers.below(3) {
        text = match numbers.below(9) {
            0..=2 => pieces(&text, &tokens(&text), numbers),
            3 | 4 => pieces(&text, &lines(&text), numbers),
            5 | 6 => pieces(&text, &blocks(&text), numbers),
            7 => text[..boundary(&text, numbers)].to_owned(),
            _ => {
                let at = boundary(&text, numbers);
                format!("{}{}{}", &text[..at], numbers.pick(&INSERTED), &text[at..])
            }
        };
    }
    let mut bytes = text.into_bytes();
    if numbers.one_in(20) && !bytes.is_empty() {
        let at = numbers.below(bytes.len());
        bytes[at] = numbers.next().to_le_bytes()[0];
    }
    bytes
}

fn boundary(text: &str, numbers: &mut Numbers) -> usize {
    text.floor_char_boundary(numbers.below(text.len() + 1))
}

/// One of the pieces, given by where they begin, is deleted or doubled, moved, or two change places.
fn pieces(text: &str, starts: &[usize], numbers: &mut Numbers) -> String {
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let mut pieces: Vec<&str> = starts.iter().zip(ends).map(|(start, end)| &text[*start..end]).collect();
    if pieces.is_empty() {
        return text.to_owned();
    }
    let (one, other) = (numbers.below(pieces.len()), numbers.below(pieces.len()));
    match numbers.below(4) {
        0 => _ = pieces.remove(one),
        1 => pieces.insert(one, pieces[one]),
        2 => pieces.insert(one, pieces[other]),
        _ => pieces.swap(one, other),
    }
    format!("{}{}", &text[..starts[0]], pieces.concat())
}

/// Words, and single characters between them.
fn tokens(text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut in_word = false;
    for (at, character) in text.char_indices() {
        let is_word = character.is_alphanumeric() || character == '_';
        if !(is_word && in_word) {
            starts.push(at);
        }
        in_word = is_word;
    }
    starts
}

fn lines(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < text.len()).collect()
}

/// Where a line is followed by a deeper one, or comes after an empty line.
fn blocks(text: &str) -> Vec<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let starts = lines(text);
    let line = |at: usize| text[at..].lines().next().unwrap_or_default();
    let opens = |pair: &[usize]| {
        let (one, next) = (line(pair[0]), line(pair[1]));
        !one.trim().is_empty() && indent(next) > indent(one)
    };
    starts.windows(2).filter(|pair| opens(pair)).map(|pair| pair[0]).collect()
}
