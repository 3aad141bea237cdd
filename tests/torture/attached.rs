//! A real module with a workflow and an async activity at its end that call everything in it.

use std::fmt::Write as _;

/// The most names that are called.
const MOST: usize = 200;

/// The module's text with both.
pub fn attached(text: &str) -> Vec<u8> {
    let mut calls = String::new();
    for (name, is_class) in defined(text).into_iter().take(MOST) {
        let _ = match is_class {
            true => writeln!(
                calls,
                "        x = {name}(x)\n        for y in x:\n            x.run(y)\n        with x as z:\n            z()"
            ),
            false => writeln!(calls, "        x = {name}(x)"),
        };
    }
    let tail = format!(
        "\n\nfrom temporalio import activity as _activity, workflow as _workflow\n\n\n\
         @_workflow.defn\nclass TortureWorkflow:\n    @_workflow.run\n    async def run(self, x):\n{calls}        return x\n\n\n\
         @_activity.defn\nasync def torture_activity(x):\n    if x:\n{calls}    return x\n"
    );
    let calls_nothing = calls.is_empty();
    let tail = if calls_nothing { tail.replace("    if x:\n", "") } else { tail };
    format!("{text}{tail}").into_bytes()
}

/// The functions and classes at the top of a module, in order, and which of them are classes.
fn defined(text: &str) -> Vec<(&str, bool)> {
    let name = |rest: &'_ str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let found = text.lines().filter_map(|line| {
        let (rest, is_class) = match line.strip_prefix("class ") {
            Some(rest) => (rest, true),
            None => (line.strip_prefix("def ").or_else(|| line.strip_prefix("async def "))?, false),
        };
        Some((&rest[..name(rest)], is_class))
    });
    found.filter(|(name, _)| !name.is_empty()).collect()
}
