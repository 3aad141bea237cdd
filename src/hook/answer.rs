use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::Finding;
use super::event::{Event, Occasion};
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
    pub report: &'a Report,
    /// The edited files.
    pub files: &'a [Utf8PathBuf],
    /// What concerns them, in the order in which it is to be told.
    pub findings: Vec<Finding<'a>>,
}

/// The answer in the hook's protocol.
#[derive(Serialize)]
struct Output<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
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
    /// One JSON object with as many findings as fit; nothing where there are none.
    pub(super) fn json(&self) -> Option<String> {
        let most = self.findings.len().min(MOST_FINDINGS);
        let answers = (1..=most).rev().filter_map(|number| serde_json::to_string(&self.output(number)).ok());
        answers.into_iter().find(|json| json.chars().count() <= MOST_CHARACTERS)
    }

    /// The answer with the first findings: errors as a reason to go on working, what is less as context.
    fn output(&self, number: usize) -> Output<'_> {
        let (errors, others): (Vec<Finding<'_>>, Vec<Finding<'_>>) =
            self.findings[..number].iter().cloned().partition(|finding| finding.diagnostic.severity == Severity::Error);
        let mut lines = AgentLines::new(self.report, &self.event.cwd);
        let mut reason = self.told(&errors, &mut lines);
        let mut context = self.told(&others, &mut lines);
        let last = reason.as_mut().or(context.as_mut());
        if let Some(text) = last {
            text.push_str(&self.closing(number));
        }
        let specific =
            context.map(|additional_context| Specific { hook_event_name: self.event.name(), additional_context });
        Output { decision: reason.as_ref().map(|_| "block"), reason, specific }
    }

    /// Findings below headings that say what they have to do with the edit. Statements, not commands: text that reads
    /// like commands of the system is taken for an injection.
    fn told<'r>(&'r self, findings: &[Finding<'r>], lines: &mut AgentLines<'r>) -> Option<String> {
        let mut text = String::new();
        for new in [true, false] {
            let told: Vec<&Finding<'r>> = findings.iter().filter(|finding| finding.is_new() == new).collect();
            if told.is_empty() {
                continue;
            }
            let _ = writeln!(text, "temporal-py-lint reports {} {}:", counted(&told), self.subject(new));
            for finding in told {
                let line = lines.line_about(finding.diagnostic, &finding.touched);
                let _ = writeln!(text, "{}", clipped(&line, LONGEST_LINE));
            }
        }
        (!text.is_empty()).then_some(text)
    }

    fn subject(&self, new: bool) -> String {
        let file = |path: &Utf8Path| clipped(&display_path(path, &self.event.cwd), LONGEST_PATH);
        match (&self.event.occasion, self.files) {
            (Occasion::Edited { file: edited, .. }, _) if new => {
                format!("in the lines just edited in {}, or reached through them", file(edited))
            }
            (Occasion::Edited { file: edited, .. }, _) => format!("in {}, or reached through it", file(edited)),
            (Occasion::Stopped { .. }, [only]) => format!("in {}, which was edited, or reached through it", file(only)),
            (Occasion::Stopped { .. }, files) => {
                format!("in the {} files that were edited, or reached through them", files.len())
            }
        }
    }

    fn closing(&self, number: usize) -> String {
        let pages = "`temporal-py-lint explain CODE` prints a rule's page";
        match self.findings.len() - number {
            0 => format!("{pages}."),
            left => format!("{left} more left out: `temporal-py-lint --output-format agent` lists them; {pages}."),
        }
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
