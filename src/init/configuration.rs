use std::fmt::Write as _;

use camino::Utf8Path;

use super::{Action, InitError, Step, text_of, with};
use crate::config::{KEYS, Key};

const OWN_FILE: &str = "temporal-py-lint.toml";
const PROJECT_FILE: &str = "pyproject.toml";
const TABLE: &str = "[tool.temporal-py-lint]";

/// Configuration: a file of its own, or, where files may be added to, a table in the project's.
pub(super) fn step(root: &Utf8Path, edit: bool) -> Result<Step, InitError> {
    let (own, project) = (root.join(OWN_FILE), root.join(PROJECT_FILE));
    if text_of(&own)?.is_some() {
        return Ok(Step { path: own, action: Action::Nothing });
    }
    let pyproject = text_of(&project)?;
    if pyproject.as_ref().is_some_and(|text| has_table(text)) {
        return Ok(Step { path: project, action: Action::Nothing });
    }
    match pyproject.filter(|_| edit) {
        Some(before) => {
            let added = format!("\n{TABLE}\n{}", keys());
            let after = with(&before, &added);
            Ok(Step { path: project, action: Action::Add { before, after, added } })
        }
        None => Ok(Step { path: own, action: Action::Write(format!("{HEAD}{}", keys())) }),
    }
}

const HEAD: &str = concat!(
    "# What temporal-py-lint checks here: ",
    env!("CARGO_PKG_REPOSITORY"),
    "/blob/main/docs/configuration.md\n",
    "# All keys are optional. `temporal-py-lint config` prints what is in force.\n\n"
);

fn has_table(text: &str) -> bool {
    text.lines().map(str::trim).any(|line| line.starts_with(TABLE) || line.starts_with("[tool.temporal-py-lint."))
}

/// The keys that a project may want, as comments, apart from the one that says what is so anyway.
fn keys() -> String {
    let mut text = String::from("preset = \"recommended\"\n");
    for Key { name, what, example, .. } in KEYS.iter().filter(|key| !["extend", "preset"].contains(&key.name)) {
        let _ = write!(text, "\n# {what}\n# {name} = {example}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_in_all_its_forms() {
        assert!(has_table("[project]\n  [tool.temporal-py-lint]\n") && has_table("[tool.temporal-py-lint.severity]"));
        assert!(!has_table("[tool.ruff]\n# [tool.temporal-py-lint]\n"));
    }
}
