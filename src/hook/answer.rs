//! What is said to a coding agent, and to its user.
//!
//! Knows: the hook's protocol, its limits, and the words. Does not know: which findings concern an edit.

use std::fmt::Write as _;

use camino::Utf8Path;
use serde::Serialize;

use super::event::{Event, Occasion};
use super::{Finding, remark};
use crate::config::ConfigError;
use crate::diagnostic::Severity;
use crate::lint::Report;
use crate::output::{AgentLines, display_path};

/// How many findings an answer has at most.
const MOST_FINDINGS: usize = 10;

/// How many characters an answer has at most. The client takes 10,000; every one of them is read by a model.
const MOST_CHARACTERS: usize = 4_000;

/// How many characters a line has at most.
const LONGEST_LINE: usize = 1_000;

/// How many characters of a path are shown in a heading.
const LONGEST_PATH: usize = 120;

/// What is to be said about an event.
pub(super) struct Answer<'a> {
    pub event: &'a Event,
    /// What concerns the edited files, in the order in which it is to be told.
    pub findings: Vec<Finding<'a>>,
    /// A configuration that is broken, so that its files were not checked.
    pub broken: Option<ConfigError>,
}

/// The answer in the hook's protocol.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(rename = "systemMessage", skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(rename = "hookSpecificOutput", skip_serializing_if = "Option::is_none")]
    specific: Option<Specific<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Specific<'a> {
    hook_event_name: &'a str,
    additional_context: String,
}

impl Answer<'_> {
    /// One JSON object with as many findings as fit; nothing where there is nothing to say.
    pub(super) fn json(&self) -> Option<String> {
        let new = self.findings.iter().take_while(|finding| finding.is_new).count();
        let (new, old) = self.findings.split_at(new);
        let least = usize::from(!new.is_empty());
        let answers = (least..=new.len().min(MOST_FINDINGS)).rev().map(|number| self.output(new, number, old));
        let mut json = answers.filter(Output::says_something).filter_map(|output| serde_json::to_string(&output).ok());
        json.find(|json| json.chars().count() <= MOST_CHARACTERS)
    }

    /// The answer with the first of the new findings: errors as a reason to go on working, what is less as context. What was
    /// there before is no reason for anything, and is named once.
    fn output(&self, new: &[Finding<'_>], number: usize, old: &[Finding<'_>]) -> Output<'_> {
        let (errors, others): (Vec<Finding<'_>>, Vec<Finding<'_>>) =
            new[..number].iter().cloned().partition(|finding| finding.diagnostic.severity == Severity::Error);
        let mut reason = self.told(&errors);
        let mut context = self.told(&others);
        if let Some(text) = reason.as_mut().or(context.as_mut()) {
            text.push_str(&closing(new.len() - number));
        }
        let remark = self.remark(old);
        let is_edit = matches!(self.event.occasion, Occasion::Edited(_));
        let message = match is_edit {
            true => None,
            false => remark.clone().into_iter().chain(self.broken()).reduce(|one, other| format!("{one} {other}")),
        };
        if is_edit {
            let broken = self.broken().filter(|text| !self.is_told(text));
            let said = context.into_iter().chain(remark).chain(broken);
            context = said.reduce(|one, other| format!("{one}\n{other}"));
        }
        let specific =
            context.map(|additional_context| Specific { hook_event_name: self.event.name(), additional_context });
        Output { decision: reason.as_ref().map(|_| "block"), reason, message, specific }
    }

    /// Findings below headings that say what they have to do with the edit. Statements, not commands: text that reads
    /// like commands of the system is taken for an injection.
    fn told(&self, findings: &[Finding<'_>]) -> Option<String> {
        let mut text = String::new();
        for certain in [true, false] {
            let told: Vec<&Finding<'_>> = findings.iter().filter(|finding| finding.is_certain == certain).collect();
            if told.is_empty() {
                continue;
            }
            let _ = writeln!(text, "temporal-py-lint reports {} {}:", counted(&told), self.subject(certain));
            let mut lines: Option<(&Report, AgentLines<'_>)> = None;
            for finding in told {
                let known = lines.take().filter(|(report, _)| std::ptr::eq(*report, finding.report));
                let (_, of_report) = lines.insert(
                    known.unwrap_or_else(|| (finding.report, AgentLines::new(finding.report, &self.event.cwd))),
                );
                let line = of_report.line_about(finding.diagnostic, &finding.touched);
                let _ = writeln!(text, "{}", clipped(&line, LONGEST_LINE));
            }
        }
        (!text.is_empty()).then_some(text)
    }

    fn file(&self, path: &Utf8Path) -> String {
        clipped(&display_path(path, &self.event.cwd), LONGEST_PATH)
    }

    fn subject(&self, certain: bool) -> String {
        match &self.event.occasion {
            Occasion::Edited(edited) if certain => {
                format!("in {}, or reached through it, that this edit has caused", self.file(&edited.file))
            }
            Occasion::Edited(edited) => {
                format!("in the lines just edited in {}, or reached through them", self.file(&edited.file))
            }
            Occasion::Stopped { .. } => "in lines that were edited, or reached through them".to_owned(),
        }
    }

    /// One sentence about what was there before, unless the session holds it already.
    fn remark(&self, old: &[Finding<'_>]) -> Option<String> {
        let subject = match &self.event.occasion {
            Occasion::Edited(edited) => format!("this edit of {}", self.file(&edited.file)),
            Occasion::Stopped { .. } => "in edited files, or reached through them".to_owned(),
        };
        let text = remark::about_old_ones(old, &subject)?;
        (!self.is_told(&text)).then_some(text)
    }

    fn is_told(&self, text: &str) -> bool {
        self.event.session.as_ref().is_some_and(|session| remark::is_told(session, text))
    }

    /// That a configuration is wrong: for the user at the agent's end, and once in a session at an edit.
    fn broken(&self) -> Option<String> {
        let place = match self.broken.as_ref()? {
            ConfigError::InFile { place, .. } => format!("`{}`, line {}", self.file(&place.path), place.row),
            _ => "the configuration".to_owned(),
        };
        Some(format!(
            "temporal-py-lint: {place} is wrong, so what was edited is unchecked: see `temporal-py-lint config`."
        ))
    }
}

impl Output<'_> {
    fn says_something(&self) -> bool {
        self.reason.is_some() || self.message.is_some() || self.specific.is_some()
    }
}

fn closing(left: usize) -> String {
    let pages = "`temporal-py-lint explain CODE` prints a rule's page";
    match left {
        0 => format!("{pages}."),
        left => format!("{left} more left out: `temporal-py-lint --output-format agent` lists them; {pages}."),
    }
}

/// `2 errors`, or `1 warning and 1 remark`.
fn counted(findings: &[&Finding<'_>]) -> String {
    let names = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "remark")];
    let counts = names.iter().filter_map(|(severity, name)| {
        let number = findings.iter().filter(|finding| finding.diagnostic.severity == *severity).count();
        (number > 0).then(|| format!("{number} {name}{}", if number == 1 { "" } else { "s" }))
    });
    counts.collect::<Vec<_>>().join(" and ")
}

/// The beginning of a text that is too long.
fn clipped(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_clipped_by_characters() {
        assert_eq!(clipped("größe", 5), "größe");
        assert_eq!(clipped("größer", 5), "größ…");
    }
}
