use std::fmt::Write as _;
use std::io::Write as _;

use super::args::{ExplainArgs, PageFormat};
use super::rules::RuleObject;
use super::streams::Streams;
use super::{Failure, Status};
use crate::output::Paint;
use crate::registry::schema::ProofKind;
use crate::registry::{self, Observation, Rule};

/// Prints a rule's page.
pub(super) fn run(args: &ExplainArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let rule = find(&args.rule)?;
    match args.output_format {
        PageFormat::Text => write!(streams.out, "{}", colored(&page(rule), streams.out_paint()))?,
        PageFormat::Json => {
            serde_json::to_writer_pretty(&mut streams.out, &RuleObject::new(rule)).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
    }
    Ok(Status::Clean)
}

fn find(word: &str) -> Result<&'static Rule, Failure> {
    registry::find(word).ok_or_else(|| {
        let meant = registry::suggest(registry::rules(), word).and_then(|meant| registry::find(&meant));
        let help = match meant {
            Some(rule) => format!("did you mean `{}` ({})?", rule.code, rule.name),
            None => "`temporal-py-lint rules` lists all rules".to_owned(),
        };
        Failure::Usage(format!("unknown rule `{word}`\n  help: {help}"))
    })
}

/// The page, in Markdown.
pub(super) fn page(rule: &Rule) -> String {
    let mut page = format!("# {} ({})\n\n{}\n\n", rule.name, rule.code, rule.summary.trim());
    let _ = writeln!(
        page,
        "Severity: {}. Confidence: at most {}. Since version {}.",
        rule.severity, rule.confidence, rule.since
    );
    if rule.docs.before.is_some() {
        let _ = writeln!(page, "Found by `temporal-py-lint replay-check`, which compares two versions.");
    } else if !rule.default {
        let _ = writeln!(page, "Off unless selected: `--extend-select {}`.", rule.code);
    }
    let mut section = |heading: &str, body: &str| {
        let _ = write!(page, "\n## {heading}\n\n{}\n", body.trim());
    };
    if !rule.consequence.is_empty() {
        let texts: Vec<String> = rule.consequence.texts().map(|text| format!("{}.", sentence(text))).collect();
        let shown = match texts.as_slice() {
            [only] => only.clone(),
            several => several.iter().map(|text| format!("- {text}\n")).collect(),
        };
        section("What happens", &shown);
    }
    section("Why", &rule.docs.why);
    if let Some(before) = &rule.docs.before {
        section("Before", &code(before));
    }
    section("Reported", &code(&rule.docs.bad));
    section("Not reported", &code(&rule.docs.good));
    if let Some(fix) = &rule.docs.fix {
        section("Fix", fix);
    }
    if let Some(limits) = &rule.docs.limits {
        section("Limits", limits);
    }
    section("Shown on the SDK", &shown(rule));
    if !rule.references.is_empty() {
        let items: Vec<String> = rule.references.iter().map(|reference| format!("- {reference}")).collect();
        section("References", &items.join("\n"));
    }
    page
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What the examples were seen to do, and how a reader can see it.
fn shown(rule: &Rule) -> String {
    let seen = registry::observations(&rule.code);
    if let (ProofKind::None, Some(reason)) = (rule.proof.kind, &rule.proof.reason) {
        return format!("Not shown: {}", reason.trim());
    }
    let mut text = String::new();
    for Observation { sdk, bad, good } in seen {
        let _ = writeln!(text, "With temporalio {sdk}:\n- what is reported: {bad}\n- what is not: {good}\n");
    }
    let _ = write!(text, "`tests/sdk/run {}` in the repository runs both.", rule.code);
    text
}

fn code(text: &str) -> String {
    format!("```python\n{}\n```", text.trim())
}

/// Markdown with its headings picked out.
fn colored(page: &str, paint: Paint) -> String {
    let mut fenced = false;
    let mut text = String::with_capacity(page.len());
    for line in page.lines() {
        let fence = line.starts_with("```");
        fenced ^= fence;
        let line = match line {
            line if fence => paint.dim(line),
            line if !fenced && line.starts_with('#') => paint.accent(line),
            line => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
