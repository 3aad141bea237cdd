use std::io::Write;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::args::{PageFormat, RulesArgs};
use super::streams::Streams;
use super::{Failure, Status};
use crate::diagnostic::{Confidence, Severity};
use crate::registry::{self, Rule};

/// A rule for programs.
#[derive(Serialize)]
pub(super) struct RuleObject<'a> {
    code: &'a str,
    name: &'a str,
    category: &'a str,
    summary: &'a str,
    severity: Severity,
    confidence: Confidence,
    since: &'a str,
    url: String,
    message: &'a str,
    help: &'a str,
    why: &'a str,
    bad: &'a str,
    good: &'a str,
    limits: Option<&'a str>,
    references: &'a [String],
}

impl<'a> RuleObject<'a> {
    pub(super) fn new(rule: &'a Rule) -> Self {
        Self {
            code: &rule.code,
            name: &rule.name,
            category: &rule.category,
            summary: &rule.summary,
            severity: rule.severity,
            confidence: rule.confidence,
            since: &rule.since,
            url: registry::url(rule),
            message: &rule.message,
            help: &rule.help,
            why: &rule.docs.why,
            bad: &rule.docs.bad,
            good: &rule.docs.good,
            limits: rule.docs.limits.as_deref(),
            references: &rule.references,
        }
    }
}

/// Lists all rules, in the order of their codes.
pub(super) fn run(args: &RulesArgs, streams: &mut Streams) -> Result<Status, Failure> {
    let mut rules: Vec<&Rule> = registry::rules().iter().collect();
    rules.sort_by(|a, b| a.code.cmp(&b.code));
    match args.output_format {
        PageFormat::Text => table(&rules, streams)?,
        PageFormat::Json => {
            let objects: Vec<_> = rules.into_iter().map(RuleObject::new).collect();
            serde_json::to_writer_pretty(&mut streams.out, &objects).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
    }
    Ok(Status::Clean)
}

fn table(rules: &[&Rule], streams: &mut Streams) -> Result<(), Failure> {
    let paint = streams.out_paint();
    let widest = rules.iter().map(|rule| rule.name.width()).max().unwrap_or(0);
    for rule in rules {
        let code = paint.severity(rule.severity, &rule.code);
        let name = format!("{:widest$}", rule.name);
        let severity = format!("{:7}", rule.severity.to_string());
        writeln!(streams.out, "{code}  {}  {}  {}", paint.bold(&name), paint.dim(&severity), checks_for(rule))?;
    }
    Ok(())
}

/// The summary without the words with which every summary starts.
fn checks_for(rule: &Rule) -> &str {
    let summary = rule.summary.trim();
    summary.strip_prefix("Checks for ").unwrap_or(summary)
}
