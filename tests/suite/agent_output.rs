//! `--output-format agent`: one line a finding, few words, and nothing left unsaid.

use camino::Utf8Path;
use temporal_py_lint::diagnostic::{Annotation, CallChain, Confidence, Diagnostic, Frame, Further, Severity};
use temporal_py_lint::lint::{Report, Stats};
use temporal_py_lint::output::{OutputFormat, Style, render};
use temporal_py_lint::source::ast::{TextRange, TextSize};
use temporal_py_lint::source::{FileId, SourceFile, Sources, Span};

use super::cli::Project;

const WORKFLOW: &str = "\
import random
from temporalio import workflow

from orders.clock import stamp


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> float:
        a, b = random.random(), random.random()
        try:
            await workflow.sleep(random.random())
            return a + b + stamp()
        except:
            return 0
";

const CLOCK: &str = "\
import time


def stamp():
    return now()


def now():
    return time.time()
";

fn orders() -> Project {
    Project::new(&[("orders/workflows.py", WORKFLOW), ("orders/clock.py", CLOCK)])
}

#[test]
fn a_line_says_where_what_by_which_way_and_what_to_do() {
    insta::assert_snapshot!(orders().shown(&["--output-format", "agent"]));
}

#[test]
fn the_output_is_stable_and_never_coloured() {
    let project = orders();
    let first = project.shown(&["--output-format", "agent"]);
    assert_eq!(project.shown(&["check", "--threads", "1", "--color", "always", "--output-format=agent", "."]), first);
}

#[test]
fn a_clean_run_says_that_it_looked() {
    let project = Project::new(&[(
        "clean.py",
        &WORKFLOW.replace("random.random()", "1").replace("stamp()", "1").replace("except:", "except ValueError:"),
    )]);
    let text = project.shown(&["--output-format", "agent"]);
    assert!(text.contains("\n0 findings: 1 workflows, 0 activities in 1 Python files\n"), "{text}");
    assert!(text.starts_with("exit code: 0\n"), "{text}");
}

/// A file of calls, one a line.
struct Calls(Sources, FileId);

impl Calls {
    fn new(lines: usize) -> Self {
        let sources = Sources::new();
        let path = Utf8Path::new("/project/calls.py").to_owned();
        let file = sources.add(SourceFile::new(path, "call()\n".repeat(lines), true));
        Self(sources, file)
    }

    fn span(&self, row: usize) -> Span {
        let start = TextSize::try_from((row - 1) * "call()\n".len()).expect("the file is small");
        Span { file: self.1, range: TextRange::at(start, TextSize::of("call()")) }
    }

    fn finding(&self, row: usize, severity: Severity) -> Diagnostic {
        Diagnostic {
            code: if severity == Severity::Error { "TPY101" } else { "TPY403" },
            name: "a-rule",
            severity,
            confidence: Confidence::High,
            message: "`call` does something".to_owned(),
            help: "call\nsomething else".to_owned(),
            primary: Annotation { span: self.span(row), label: String::new() },
            secondary: Vec::new(),
            consequence: String::new(),
            unit: None,
            related: Vec::new(),
            call_chain: CallChain::default(),
            more_entry_points: 0,
            fix: None,
        }
    }

    fn frame(&self, function: &str, row: usize) -> Frame {
        Frame { function: function.to_owned(), span: self.span(row) }
    }

    fn shown(self, diagnostics: Vec<Diagnostic>, stats: Stats) -> String {
        let mut out = Vec::new();
        let report = Report { sources: self.0, diagnostics, stats, ..Report::default() };
        render(OutputFormat::Agent, &report, &Style::plain(Utf8Path::new("/project")), &mut out).expect("memory");
        String::from_utf8(out).expect("UTF-8")
    }
}

#[test]
fn of_many_findings_the_worst_are_printed_and_the_rest_is_counted() {
    let calls = Calls::new(70);
    let severity = |row: usize| if row.is_multiple_of(7) { Severity::Error } else { Severity::Warning };
    let diagnostics = (1..=70).map(|row| calls.finding(row, severity(row))).collect();
    let text = calls.shown(diagnostics, Stats { suppressed: 2, held_back: 3, ..Stats::default() });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 51);
    assert_eq!(lines.iter().filter(|line| line.contains(" TPY101 error ")).count(), 10);
    let rows: Vec<usize> = lines[..50]
        .iter()
        .map(|line| line.split(':').nth(1).and_then(|row| row.parse().ok()).expect("a row"))
        .collect();
    assert!(rows.is_sorted(), "{rows:?}");
    assert_eq!(
        lines[50],
        "70 findings: TPY101 10, TPY403 60; 20 left out: check fewer files, or `--select` a code; 2 suppressed by \
         comments; 3 less certain, see `--confidence low`"
    );
}

#[test]
fn a_fix_is_spelt_out_once_for_a_code() {
    let calls = Calls::new(3);
    let diagnostics =
        vec![calls.finding(1, Severity::Error), calls.finding(2, Severity::Error), calls.finding(3, Severity::Warning)];
    let text = calls.shown(diagnostics, Stats::default());
    let fixes: Vec<&str> = text.lines().filter_map(|line| line.split(" | fix: ").nth(1)).collect();
    assert_eq!(fixes, ["call something else", "as above", "call something else"]);
}

#[test]
fn of_many_further_places_the_first_are_named_and_the_rest_is_counted() {
    let calls = Calls::new(20);
    let mut finding = calls.finding(1, Severity::Error);
    finding.related = (2..9).map(|row| Further { span: calls.span(row), label: String::new(), fix: None }).collect();
    let mut shorter = calls.finding(11, Severity::Error);
    shorter.related = vec![Further { span: calls.span(12), label: String::new(), fix: None }];
    let text = calls.shown(vec![finding, shorter], Stats::default());
    let expected = "\
calls.py:1:1 TPY101 error `call` does something | also at 2:1, 3:1, 4:1, 5:1, 6:1 and 2 more | fix: call something else
calls.py:11:1 TPY101 error `call` does something | also at 12:1 | fix: as above
2 findings: TPY101 2 (10 places)
";
    assert_eq!(text, expected);
}

#[test]
fn long_chains_keep_the_entry_point_and_the_nearest_functions() {
    let calls = Calls::new(20);
    let mut finding = calls.finding(20, Severity::Error);
    finding.call_chain = (1..=9).map(|row| calls.frame(&format!("f{row}"), row)).collect::<Vec<_>>().into();
    finding.more_entry_points = 2;
    finding.confidence = Confidence::Medium;
    let mut alone = calls.finding(20, Severity::Error);
    alone.call_chain = vec![calls.frame("Order.run", 20)].into();
    let text = calls.shown(vec![finding, alone], Stats::default());
    let expected = "\
calls.py:20:1 TPY101 error (medium confidence) `call` does something | via f1 line 1 > (3 more) > f5 line 5 > f6 line 6 \
        > f7 line 7 > f8 line 8 > f9 (and from 2 more entry points) | fix: call something else
calls.py:20:1 TPY101 error `call` does something | in Order.run | fix: as above
2 findings: TPY101 2
";
    assert_eq!(text, expected);
}
