//! Parts of what the state holds, told by where they stand in one version and by their names in the other.
//!
//! Knows: how conditions read that ask for a part of an item. Does not know: which part is which.

use crate::temporal::skeleton::step::{Flow, Step, Text, any_step};

/// How an item of something that an attribute holds reads.
const ITEM: &str = "item of self.";

/// The attribute whose items are made of other parts than before, if that is what a condition asks of them: of the one version's it asks
/// by positions alone, and of the other's by names.
pub(super) fn made_otherwise(asked: &str, old: &Flow, new: &Flow) -> Option<String> {
    let (attribute, by_name) = part_in(asked)?;
    let asks = |flow: &Flow, by_name: bool| {
        let is_such = |text: &Text| {
            let mut found = text.name.match_indices(ITEM).filter_map(|(at, _)| part_in(&text.name[at..]));
            found.any(|(of, by)| of == attribute && by == by_name)
        };
        any_step(&flow.steps, &|step| match step {
            Step::Branch { condition, .. } => is_such(&condition.text),
            Step::Loop { head, .. } => is_such(head),
            Step::Command(command) => is_such(&command.name) || command.id.as_ref().is_some_and(is_such),
            _ => false,
        })
    };
    let [old, new] = [old, new].map(|flow| [asks(flow, true), asks(flow, false)]);
    let is_turned = old[0] != old[1] && new[0] != new[1] && old[0] != new[0];
    (is_turned && (old[usize::from(!by_name)] || new[usize::from(!by_name)])).then(|| attribute.to_owned())
}

/// The attribute of whose items a text asks for a part, and whether by its name.
fn part_in(text: &str) -> Option<(&str, bool)> {
    let rest = &text[text.find(ITEM)? + ITEM.len()..];
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    match rest[end..].chars().next()? {
        '.' => Some((&rest[..end], true)),
        '[' => Some((&rest[..end], false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::part_in;

    #[test]
    fn parts_by_names_and_by_positions() {
        assert_eq!(part_in("item of self.jobs.kind == 'a'"), Some(("jobs", true)));
        assert_eq!(part_in("0 < item of self.jobs[1]"), Some(("jobs", false)));
        assert_eq!(part_in("item of self.jobs"), None);
    }
}
