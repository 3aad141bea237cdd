//! Every member that the SDK's default sandbox restricts is reported where a workflow calls it, however it is imported.
//!
//! `fixtures/sandbox-members-1.35.0.txt` lists them, as `scripts/sandbox_table.py --list` found them by running SDK
//! 1.35.0 on Python 3.10 to 3.14.

use std::collections::{BTreeMap, BTreeSet};

use super::checked::{Files, fixtures};

/// Classes of which members are restricted; all other containers are modules.
const CLASSES: [&str; 6] =
    ["datetime.datetime", "datetime.date", "pathlib.Path", "zoneinfo.ZoneInfo", "zipfile.ZipFile", "tarfile.TarFile"];

/// A way of importing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Style {
    /// `import a.b`, then `a.b.c()`.
    Module,
    /// `import a.b as m`, then `m.c()`.
    ModuleAlias,
    /// `from a.b import c`, then `c()`.
    From,
    /// `from a.b import c as alias`, then `alias()`.
    FromAlias,
}

const STYLES: [Style; 4] = [Style::Module, Style::ModuleAlias, Style::From, Style::FromAlias];

/// A restricted member, in its parts.
struct Member {
    module: String,
    /// What is imported from the module: the member, or its class.
    name: String,
    /// `.now` where the member is one of a class, else empty.
    rest: String,
}

fn members() -> Vec<String> {
    let text = std::fs::read_to_string(fixtures().join("sandbox-members-1.35.0.txt")).expect("the list is readable");
    text.lines().filter_map(|line| line.split('\t').next()).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

impl Member {
    fn of(symbol: &str) -> Self {
        let class = CLASSES.iter().find(|class| symbol.strip_prefix(**class).is_some_and(|rest| rest.starts_with('.')));
        let named = class.copied().unwrap_or(symbol);
        let (module, name) = named.rsplit_once('.').expect("a member has a container");
        Self { module: module.to_owned(), name: name.to_owned(), rest: symbol[named.len()..].to_owned() }
    }

    /// The import, and the call.
    fn written(&self, style: Style) -> (String, String) {
        let Self { module, name, rest } = self;
        match style {
            Style::Module => (format!("import {module}"), format!("{module}.{name}{rest}()")),
            Style::ModuleAlias => (format!("import {module} as m"), format!("m.{name}{rest}()")),
            Style::From => (format!("from {module} import {name}"), format!("{name}{rest}()")),
            Style::FromAlias => (format!("from {module} import {name} as alias"), format!("alias{rest}()")),
        }
    }
}

/// A workflow that calls each member in a branch and a function of its own, since some end the process; and the line of
/// each call.
fn module(members: &[String], style: Style) -> (String, BTreeMap<usize, String>) {
    let mut text = "from temporalio import workflow\n".to_owned();
    let mut lines = BTreeMap::new();
    for (number, symbol) in members.iter().enumerate() {
        let (import, call) = Member::of(symbol).written(style);
        text += &format!("\n\ndef call{number}():\n    {import}\n\n    {call}\n");
        lines.insert(text.lines().count(), symbol.clone());
    }
    text += "\n\n@workflow.defn\nclass W:\n    @workflow.run\n    async def run(self, n: int):\n";
    for number in 0..members.len() {
        text += &format!("        if n == {number}:\n            call{number}()\n");
    }
    (text, lines)
}

#[test]
fn each_is_reported_in_each_style() {
    let members = members();
    assert!(members.len() > 1_200, "only {} members", members.len());
    let mut missed: BTreeMap<String, Vec<Style>> = BTreeMap::new();
    for style in STYLES {
        let (text, lines) = module(&members, style);
        let project = Files::new(&[("flows.py", &text)]);
        let found: BTreeSet<usize> = project.findings().iter().map(|found| found.line).collect();
        for (line, symbol) in &lines {
            if !found.contains(line) {
                missed.entry(symbol.clone()).or_default().push(style);
            }
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{missed:#?}", missed.len(), members.len());
}

#[test]
fn imported_at_the_top_they_are_reported_too() {
    // Names that one module's members share with another's would hide each other, so they are sampled.
    let members: Vec<String> = members().into_iter().step_by(17).collect();
    for style in STYLES {
        for symbol in &members {
            let (import, call) = Member::of(symbol).written(style);
            let text = format!(
                "{import}\n\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass W:\n    @workflow.run\n    \
                 async def run(self):\n        {call}\n"
            );
            let found = Files::new(&[("flows.py", &text)]).findings();
            assert!(found.iter().any(|found| found.line == 10), "{symbol} {style:?}: {found:#?}");
        }
    }
}

#[test]
fn an_activity_may_call_them() {
    let members = members();
    let (text, _) = module(&members, Style::Module);
    let activity = text.replace("from temporalio import workflow", "from temporalio import activity").replace(
        "@workflow.defn\nclass W:\n    @workflow.run\n    async def run(self, n: int)",
        "@activity.defn\ndef run(n: int)",
    );
    let mut found = Files::new(&[("activities.py", &activity)]).findings();
    // A coroutine that is made and dropped is wrong anywhere, and has nothing to do with the sandbox.
    found.retain(|found| found.code != "TPY605");
    assert_eq!(found, []);
}
