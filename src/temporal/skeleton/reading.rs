//! Parts of how a term reads: operands, arguments, what is added to something.
//!
//! Knows: the forms in which [`expression`](super::expression) and [`truth`](super::truth) write. Does not know: what the parts
//! stand for. A text that is not of such a form, or that was shortened, has no parts.

use super::step::Text;

/// Calls with each place outside brackets and quotes. Says whether all brackets are closed.
fn each_outside(text: &str, mut look: impl FnMut(usize, char)) -> bool {
    let (mut depth, mut is_quoted, mut is_escaped) = (0_usize, false, false);
    for (at, letter) in text.char_indices() {
        if is_quoted {
            is_quoted = is_escaped || letter != '\'';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '\'' => is_quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ if depth == 0 => look(at, letter),
            _ => {}
        }
    }
    depth == 0 && !is_quoted
}

/// What a comprehension makes each time, and what it goes through as a loop would: where that is one thing, and none is left out.
pub(super) fn made_each(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("made(")?;
    let mut closed = None;
    let mut depth = 0_usize;
    let mut is_quoted = false;
    for (at, letter) in inner.char_indices() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                closed = Some(at);
                break;
            }
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    let (element, rest) = inner.split_at(closed?);
    let over = rest.strip_prefix(") for ")?;
    let is_one = over.strip_prefix("each of ").is_some_and(|of| !of.contains("each of ") && !of.contains(" if "));
    (is_one && !over.contains('\u{2026}')).then_some((element, over))
}

/// What stands between commas, or another mark with a blank behind it, outside brackets.
pub(super) fn listed(text: &str, mark: char) -> Option<Vec<&str>> {
    let mut marks = Vec::new();
    if !each_outside(text, |at, letter| marks.extend((letter == mark).then_some(at))) {
        return None;
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for at in marks {
        parts.push(&text[from..at]);
        from = (at + 2).min(text.len());
    }
    parts.push(&text[from..]);
    Some(parts)
}

/// What a call of a function is given.
pub(super) fn arguments<'t>(text: &'t str, function: &str) -> Option<Vec<&'t str>> {
    listed(text.strip_prefix(function)?.strip_prefix('(')?.strip_suffix(')')?, ',')
}

/// What a call of a function with one argument is given.
pub(super) fn argument<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    match arguments(text, function)?.as_slice() {
        [only] if !only.is_empty() => Some(only),
        _ => None,
    }
}

/// The two sides of the one word of several that stands outside brackets, and the word.
fn around<'t>(text: &'t str, words: &[&str]) -> Option<(&'t str, &'t str, &'t str)> {
    let mut blanks = Vec::new();
    if !each_outside(text, |at, letter| blanks.extend((letter == ' ').then_some(at))) {
        return None;
    }
    let mut found = None;
    for pair in blanks.windows(2) {
        let word = &text[pair[0] + 1..pair[1]];
        if words.contains(&word) {
            if found.is_some() {
                return None;
            }
            found = Some((&text[..pair[0]], word, &text[pair[1] + 1..]));
        }
    }
    found
}

/// The operands of what an operator of two gives, and the operator.
pub(super) fn operands(text: &str) -> Option<(&str, &str, &str)> {
    around(text.strip_prefix('(')?.strip_suffix(')')?, &["+", "-", "*", "/", "//", "%", "**", "|", "&", "^"])
}

/// The sides of the question whether one thing is less than another.
pub(super) fn less(text: &str) -> Option<(&str, &str)> {
    around(text, &["<"]).map(|(left, _, right)| (left, right))
}

/// The `range` that a counter goes through which is compared so: where it begins and where it ends, and how the counter reads.
pub(super) fn counted(head: &str) -> Option<(String, &str)> {
    let (asked, is_less) = head.strip_prefix("not ").map_or((head, true), |asked| (asked, false));
    let (left, right) = less(asked)?;
    let (counter, end) = if is_less { (left, right) } else { (right, left) };
    let first = counter.strip_prefix("loop(")?.split_once("; ")?.0;
    let before = format!("loop({first}; (loop({first}; \u{b7}) + ");
    let step = counter.strip_prefix(&*before)?.strip_suffix("))")?;
    let is_counter = first.parse::<i64>().is_ok() && step.parse::<u32>().is_ok_and(|step| step > 0);
    // What changes in the loop too is no end of a `range`.
    if !is_counter || end.contains("loop(") {
        return None;
    }
    let end = if is_less { end.to_owned() } else { format!("({end} + 1)") };
    let range = match (first, step) {
        ("0", "1") => format!("builtins.range({end})"),
        (_, "1") => format!("builtins.range({first}, {end})"),
        _ => format!("builtins.range({first}, {end}, {step})"),
    };
    Some((range, counter))
}

/// What has as many items as a `range` has numbers that begins with 0.
pub(super) fn positions(range: &str) -> Option<&str> {
    argument(argument(range, "builtins.range")?, "builtins.len")
}

/// The `range` of as many numbers as a counter counts down to 0 that is compared so.
pub(super) fn counted_down(head: &str) -> Option<String> {
    let (left, counter) = less(head)?;
    let inner = counter.strip_prefix("loop(")?;
    let first = listed(inner.strip_suffix(')')?, ';')?.first().copied()?;
    let is_counter = left == "0" && counter == format!("loop({first}; (loop({first}; \u{b7}) - 1))");
    (is_counter && !first.contains("loop(")).then(|| format!("builtins.range({first})"))
}

/// Whether something is a whole number whatever the data are.
pub(super) fn is_whole(text: &str) -> bool {
    const WHOLE: [&str; 2] = ["builtins.len", "builtins.int"];
    text.parse::<i64>().is_ok()
        || WHOLE.iter().any(|function| argument(text, function).is_some())
        || is_count(text)
        || match operands(text) {
            Some((_, "//", _)) => true,
            Some((left, "+" | "-" | "*", right)) => is_whole(left) && is_whole(right),
            _ => false,
        }
}

/// Whether something says how many there are, and so is never negative.
pub(super) fn is_count(text: &str) -> bool {
    argument(text, "builtins.len").is_some() || text.starts_with(super::sdk::POSITION) || is_sum_of_ones(text)
}

fn is_sum_of_ones(text: &str) -> bool {
    argument(text, "builtins.sum").is_some_and(|items| items.starts_with("made(1) for each of "))
}

/// Something, and the whole number that is added to it.
pub(super) fn offset(text: &str) -> (&str, i64) {
    if let Ok(number) = text.parse() {
        return ("", number);
    }
    let added = match operands(text) {
        Some((left, "+", right)) => right.parse().ok().map(|number: i64| (left, number)),
        Some((left, "-", right)) => right.parse().ok().and_then(i64::checked_neg).map(|number| (left, number)),
        _ => None,
    };
    match added {
        Some((left, number)) => {
            let (base, more) = offset(left);
            match number.checked_add(more) {
                Some(all) if !base.is_empty() => (base, all),
                _ => (text, 0),
            }
        }
        None => (text, 0),
    }
}

/// What is left of a number without its sign, where it has one.
pub(super) fn negated(text: &str) -> Option<String> {
    if let Some(rest) = text.strip_prefix('-') {
        return Some(rest.to_owned());
    }
    match operands(text)? {
        (left, "*", right) => Some(format!("({} * {right})", negated(left)?)),
        _ => None,
    }
}

/// A collection without what only puts the same items into another.
pub(super) fn same_items(text: &str) -> &str {
    const COPIES: [&str; 5] =
        ["builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "collections.deque"];
    let mut text = text;
    while let Some(inner) = COPIES.iter().find_map(|function| argument(text, function)) {
        text = inner;
    }
    text
}

/// What is asked of each item of something, with whether it has to hold, and what is gone through.
pub(super) fn asked_of_each(text: &str) -> Option<(&str, bool, &str)> {
    let made = text.strip_prefix("made(")?;
    let ends = made.match_indices(") for each of ").map(|(at, _)| at);
    let whole = ends.filter(|at| each_outside(&made[..*at], |_, _| {})).last()?;
    let (element, of) = (&made[..whole], &made[whole + ") for each of ".len()..]);
    let has_filter = !each_outside(of, |_, _| {}) || around(of, &["if", "for"]).is_some();
    if has_filter || of.contains(" if ") {
        return None;
    }
    let inner = element.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    let asked = |before: &str, after: &str| inner?.strip_prefix(before)?.strip_suffix(after);
    if let Some(asked) = asked("True if ", " else False") {
        return Some((asked, true, of));
    }
    match asked("False if ", " else True") {
        Some(asked) => Some((asked, false, of)),
        None => Some((element, true, of)),
    }
}

/// The list that a slice by numbers is of, where it begins, and where it ends if not with the list.
pub(super) fn sliced(text: &str) -> Option<(&str, usize, Option<usize>)> {
    let (of, bounds) = text.strip_suffix(")]")?.rsplit_once("[slice(")?;
    let bounds = listed(bounds, ',')?;
    let number = |text: &str| text.parse::<usize>().ok();
    match bounds.as_slice() {
        [""] => None,
        [to] => Some((of, 0, Some(number(to)?))),
        [from, "None"] => Some((of, number(from)?, None)),
        [from, to] => Some((of, number(from)?, Some(number(to)?))),
        _ => None,
    }
}

/// The list that something is a part of which a loop takes one slice of after the other.
pub(super) fn taken_in_parts(text: &str) -> &str {
    let mut text = text;
    while let Some(of) = left_by_rounds(text).or_else(|| sliced(text).map(|(of, ..)| of)) {
        text = of;
    }
    text
}

/// The list of which each round of a loop leaves a slice by numbers for the next: `loop(xs; loop(xs; ·)[slice(2, None)])`.
fn left_by_rounds(text: &str) -> Option<&str> {
    let parts = listed(text.strip_prefix("loop(")?.strip_suffix(')')?, ';')?;
    let [first, next] = parts.as_slice() else { return None };
    let slice = next.strip_prefix("loop(")?.strip_prefix(first)?.strip_prefix("; \u{b7})")?;
    // The list may have any name.
    sliced(&format!("list{slice}")).map(|_| *first)
}

/// A question with the other answer.
pub(super) fn opposite(asked: &str) -> String {
    asked.strip_prefix("not ").map_or_else(|| format!("not {asked}"), str::to_owned)
}

/// A slice of a slice by numbers, as one of the list.
pub(super) fn slice_within(text: &str) -> Option<String> {
    let (part, from, to) = sliced(text)?;
    let (of, first, last) = sliced(part).unwrap_or((part, 0, None));
    let from = first.checked_add(from)?;
    let to = match (to.and_then(|to| first.checked_add(to)), last) {
        (Some(to), Some(last)) => Some(to.min(last)),
        (to, last) => to.or(last),
    };
    Some(match (from, to) {
        (0, Some(to)) => format!("{of}[slice({to})]"),
        (_, Some(to)) => format!("{of}[slice({from}, {to})]"),
        (_, None) => format!("{of}[slice({from}, None)]"),
    })
}

/// A text of which the same is done to both forms; nothing where one has not that form.
pub(super) fn both<'t>(text: &'t Text, part: impl Fn(&'t str) -> Option<&'t str>) -> Option<Text> {
    Some(Text { name: part(&text.name)?.into(), shape: part(&text.shape)?.into(), is_shared: text.is_shared })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_outside_brackets_and_quotes() {
        assert_eq!(operands("((input.0 - 1) // 2)"), Some(("(input.0 - 1)", "//", "2")));
        assert_eq!(operands("(result of activity a#1 + ' - ')"), Some(("result of activity a#1", "+", "' - '")));
        assert_eq!(operands("(1 if a < b else 2)"), None);
        assert_eq!(less("input.0 < f(a < b)"), Some(("input.0", "f(a < b)")));
        assert_eq!(argument("builtins.len(a(b, c))", "builtins.len"), Some("a(b, c)"));
        assert_eq!(argument("builtins.len(a, b)", "builtins.len"), None);
        assert_eq!(argument("builtins.len(a) < len(b)", "builtins.len"), None);
        assert_eq!(arguments("f('a, b', c)", "f"), Some(vec!["'a, b'", "c"]));
    }

    #[test]
    fn whole_numbers_are_known_by_what_gives_them() {
        assert!(is_whole("(builtins.len(x) + (input.0 // 2))"));
        assert!(!is_whole("(builtins.len(x) + input.0)"));
        assert!(!is_whole("(builtins.len(x) / 2)"));
        assert_eq!(offset("((input.0 // 2) + 1)"), ("(input.0 // 2)", 1));
        assert_eq!(offset("((x + 3) - 1)"), ("x", 2));
        assert_eq!(offset("7"), ("", 7));
    }

    #[test]
    fn a_counter_goes_through_a_range() {
        let counter = "loop(1; (loop(1; \u{b7}) + 1))";
        assert_eq!(counted(&format!("{counter} < n")), Some(("builtins.range(1, n)".to_owned(), counter)));
        assert_eq!(counted(&format!("not n < {counter}")), Some(("builtins.range(1, (n + 1))".to_owned(), counter)));
        assert_eq!(counted(&format!("n < {counter}")), None);
        let by_two = "loop(1; (loop(1; \u{b7}) + 2))";
        assert_eq!(counted(&format!("{by_two} < n")), Some(("builtins.range(1, n, 2)".to_owned(), by_two)));
        assert_eq!(counted(&format!("{counter} < loop(n; m)")), None);
        assert_eq!(positions("builtins.range(builtins.len(xs))"), Some("xs"));
        assert_eq!(positions("builtins.range(1, builtins.len(xs))"), None);
        let down =
            |first: &str, step: &str| counted_down(&format!("0 < loop({first}; (loop({first}; \u{b7}) {step}))"));
        assert_eq!(down("input.0.rounds", "- 1"), Some("builtins.range(input.0.rounds)".to_owned()));
        assert_eq!(down("input.0.rounds", "- 2"), None);
    }

    #[test]
    fn a_slice_of_a_slice_is_one_of_the_list() {
        assert_eq!(sliced("xs[slice(2)]"), Some(("xs", 0, Some(2))));
        assert_eq!(sliced("xs[slice(-2, None)]"), None);
        let within = |text: &str| slice_within(text).unwrap_or_default();
        assert_eq!(within("xs[slice(2, None)][slice(2)]"), "xs[slice(2, 4)]");
        assert_eq!(within("xs[slice(2, None)][slice(2, None)]"), "xs[slice(4, None)]");
        assert_eq!(within("xs[slice(0, 2)]"), "xs[slice(2)]");
        assert_eq!(within("xs[slice(3)][slice(2, 9)]"), "xs[slice(2, 3)]");
        assert_eq!(taken_in_parts("loop(xs; loop(xs; \u{b7})[slice(2, None)])[slice(2)]"), "xs");
        assert_eq!(
            taken_in_parts("loop(xs; loop(xs; \u{b7}) and append(y))"),
            "loop(xs; loop(xs; \u{b7}) and append(y))"
        );
    }

    #[test]
    fn what_a_comprehension_makes() {
        assert_eq!(made_each("made((x + 1)) for each of xs"), Some(("(x + 1)", "each of xs")));
        assert_eq!(made_each("made(x) for each of xs if x"), None);
        assert_eq!(made_each("made(x) for each of xseach of x"), None);
    }

    #[test]
    fn what_is_asked_of_each_is_told_from_what_is_left_out() {
        let asked = asked_of_each("made((True if item of x == 1 else False)) for each of x");
        assert_eq!(asked, Some(("item of x == 1", true, "x")));
        let asked = asked_of_each("made((False if item of x else True)) for each of x");
        assert_eq!(asked, Some(("item of x", false, "x")));
        assert_eq!(asked_of_each("made(1) for each of x if item of x"), None);
    }
}
