//! What findings look like, on reports made by hand.

use std::time::Duration;

use camino::Utf8Path;
use temporal_py_lint::diagnostic::{
    Annotation, Applicability, CallChain, Confidence, Diagnostic, Edit, Fix, Frame, Further, Severity,
};
use temporal_py_lint::lint::{Report, Stats};
use temporal_py_lint::output::{OutputFormat, Style, render, render_statistics};
use temporal_py_lint::source::ast::{TextRange, TextSize};
use temporal_py_lint::source::{FileId, SourceFile, Sources, Span};

const CWD: &str = "/project";

fn style() -> Style {
    Style { unicode: true, ..Style::plain(Utf8Path::new(CWD)) }
}

/// Files in which places are found by their text.
#[derive(Default)]
struct Files(Sources);

impl Files {
    fn add(&self, path: &str, text: &str) -> FileId {
        self.0.add(SourceFile::new(Utf8Path::new(CWD).join(path), text.to_owned(), true))
    }

    fn span(&self, file: FileId, text: &str) -> Span {
        let start = self.0.get(file).text().find(text).expect("the text is in the file");
        let size = |number: usize| TextSize::try_from(number).expect("files of tests are small");
        Span { file, range: TextRange::at(size(start), size(text.len())) }
    }

    fn frame(&self, function: &str, file: FileId, text: &str) -> Frame {
        Frame { function: function.to_owned(), span: self.span(file, text) }
    }

    fn report(self, diagnostics: Vec<Diagnostic>) -> Report {
        let stats = Stats { elapsed: Duration::from_millis(120), ..Stats::default() };
        Report { sources: self.0, diagnostics, stats, ..Report::default() }
    }
}

fn wall_clock(span: Span, label: &str) -> Diagnostic {
    Diagnostic {
        code: "TPY101",
        name: "wall-clock-in-workflow",
        severity: Severity::Error,
        confidence: Confidence::High,
        message: "`datetime.datetime.now` reads the wall clock in workflow code".to_owned(),
        help: "use `workflow.now()`, which gives the same value on replay".to_owned(),
        primary: Annotation { span, label: label.to_owned() },
        secondary: Vec::new(),
        consequence: "a replay reads another time, so the commands of the workflow can stop matching its history"
            .to_owned(),
        unit: None,
        related: Vec::new(),
        call_chain: CallChain::default(),
        more_entry_points: 0,
        fix: None,
    }
}

fn shown(format: OutputFormat, report: &Report, style: &Style) -> String {
    let mut out = Vec::new();
    render(format, report, style, &mut out).expect("memory can be written to");
    String::from_utf8(out).expect("what is printed is UTF-8")
}

/// One finding without a chain in a file of its own.
fn alone(text: &str, offending: &str, label: &str, style: &Style) -> String {
    let files = Files::default();
    let file = files.add("orders/clock.py", text);
    let diagnostic = wall_clock(files.span(file, offending), label);
    let text = shown(OutputFormat::Full, &files.report(vec![diagnostic]), style);
    assert!(text.lines().all(|line| line.chars().count() <= style.width), "a line is too wide:\n{text}");
    text
}

const WORKFLOW: &str = "\
from datetime import timedelta
from temporalio import workflow

from orders.pricing import price_order


@workflow.defn
class OrderWorkflow:
    @workflow.run
    async def run(self, order: Order) -> Receipt:
        total = price_order(order)
        try:
            await workflow.sleep(5)
        except:
            return Receipt(total)
";

const PRICING: &str = "\
from orders.clock import stamp


def price_order(order):
    return Price(order.total, at=stamp())
";

const CLOCK: &str = "\
from datetime import datetime


def stamp() -> datetime:
    return max(datetime.now(), datetime.today())
";

const ACTIVITY: &str = "\
import requests
from temporalio import activity


@activity.defn
async def charge(card: Card) -> str:
    response = requests.post(
        URL,
        json=card.as_json(),
    )
    return response.json()[\"id\"]
";

/// A project with a finding of each kind.
fn project() -> Report {
    let files = Files::default();
    let workflow = files.add("orders/workflows.py", WORKFLOW);
    let pricing = files.add("orders/pricing.py", PRICING);
    let clock = files.add("orders/clock.py", CLOCK);
    let activity = files.add("orders/activities.py", ACTIVITY);
    let mut reached = wall_clock(files.span(clock, "datetime.now()"), "another value on every replay");
    reached.call_chain = vec![
        files.frame("OrderWorkflow.run", workflow, "price_order(order)"),
        files.frame("price_order", pricing, "stamp()"),
        files.frame("stamp", clock, "datetime.now()"),
    ]
    .into();
    reached.more_entry_points = 3;
    reached.message.push_str(" (and 1 more place in this function)");
    reached.related = vec![Further {
        span: files.span(clock, "datetime.today()"),
        label: "`datetime.datetime.today` reads the wall clock in workflow code".to_owned(),
        fix: None,
    }];
    reached.fix = Some(Fix {
        message: "replace `datetime.now()` by `workflow.now()`".to_owned(),
        applicability: Applicability::Unsafe,
        caution: "it has a time zone".to_owned(),
        edits: vec![Edit { span: files.span(clock, "datetime.now()"), content: "workflow.now()".to_owned() }],
    });
    let blocking = Diagnostic {
        code: "TPY201",
        name: "blocking-call-in-async-activity",
        confidence: Confidence::Medium,
        message: "`requests.post` blocks the event loop that all async activities of this worker share".to_owned(),
        consequence: "until it returns, no other async activity of the worker moves, no heartbeat is sent and no \
                      cancellation arrives"
            .to_owned(),
        help: "use an async client such as `httpx.AsyncClient`, declare the activity with `def`, or hand the call to \
               `asyncio.to_thread`"
            .to_owned(),
        secondary: vec![Annotation {
            span: files.span(activity, "async def"),
            label: "runs on the event loop".to_owned(),
        }],
        ..wall_clock(
            files.span(activity, "requests.post(\n        URL,\n        json=card.as_json(),\n    )"),
            "waits here",
        )
    };
    let bare = Diagnostic {
        code: "TPY401",
        name: "bare-except-in-workflow",
        severity: Severity::Warning,
        message: "`except:` catches cancellation, which then ends as success".to_owned(),
        consequence: "the SDK ends a workflow by raising through it; caught, a cancelled workflow completes".to_owned(),
        help: "catch `Exception`, or re-raise".to_owned(),
        secondary: vec![Annotation {
            span: files.span(workflow, "@workflow.defn"),
            label: "the workflow that is cancelled".to_owned(),
        }],
        ..wall_clock(files.span(workflow, "except:"), "")
    };
    files.report(vec![blocking, reached, bare])
}

#[test]
fn full_in_unicode() {
    insta::assert_snapshot!(shown(OutputFormat::Full, &project(), &style()));
}

#[test]
fn full_in_ascii() {
    let text = shown(OutputFormat::Full, &project(), &Style::plain(Utf8Path::new(CWD)));
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn full_in_color_says_the_same() {
    let plain = shown(OutputFormat::Full, &project(), &style());
    let color = shown(OutputFormat::Full, &project(), &Style { color: true, ..style() });
    assert!(color.contains('\u{1b}'));
    assert_eq!(without_ansi(&color), plain);
}

#[test]
fn concise() {
    insta::assert_snapshot!(shown(OutputFormat::Concise, &project(), &style()));
    let color = shown(OutputFormat::Concise, &project(), &Style { color: true, ..style() });
    assert_eq!(without_ansi(&color), shown(OutputFormat::Concise, &project(), &style()));
}

#[test]
fn json() {
    let text = shown(OutputFormat::Json, &project(), &style());
    insta::with_settings!({filters => vec![(r#""url": [^\n]+"#, r#""url": "[url]","#)]}, {
        insta::assert_snapshot!(text);
    });
}

#[test]
fn nothing_found_is_an_empty_array_or_no_text() {
    let report = Files::default().report(Vec::new());
    assert_eq!(shown(OutputFormat::Json, &report, &style()), "[]\n");
    assert_eq!(shown(OutputFormat::Full, &report, &style()), "");
    assert_eq!(shown(OutputFormat::Concise, &report, &style()), "");
}

#[test]
fn statistics_count_by_rule_most_frequent_first() {
    let mut report = project();
    let clock = report.diagnostics[1].clone();
    report.diagnostics.extend(vec![clock; 10]);
    let statistics = |format| {
        let mut out = Vec::new();
        render_statistics(format, &report, &style(), &mut out).expect("memory can be written to");
        String::from_utf8(out).expect("what is printed is UTF-8")
    };
    let expected = "11\tTPY101\twall-clock-in-workflow (22 places)\n 1\tTPY201\tblocking-call-in-async-activity\n \
                    1\tTPY401\tbare-except-in-workflow\n";
    assert_eq!(statistics(OutputFormat::Full), expected);
    let json: serde_json::Value = serde_json::from_str(&statistics(OutputFormat::Json)).expect("JSON");
    let most = serde_json::json!({"code": "TPY101", "name": "wall-clock-in-workflow", "count": 11, "places": 22});
    assert_eq!(json[0], most);
}

#[test]
fn many_findings_that_say_the_same_take_a_line_each() {
    let told = |number: usize| {
        let files = Files::default();
        let text: String = (0..number).map(|index| format!("a{index} = datetime.now()\n")).collect();
        let file = files.add("orders/clock.py", &text);
        let findings = (0..number).map(|index| wall_clock(files.span(file, &format!("a{index} ")), "")).collect();
        let text = shown(OutputFormat::Full, &files.report(findings), &style());
        let count = |words: &str| text.matches(words).count();
        let untold = count("more that say the same; `--output-format concise` lists all");
        (count("  why:"), count("╭─["), count("\n  and:  orders/clock.py:"), untold)
    };
    assert_eq!((told(3), told(21)), ((1, 3, 0, 0), (1, 1, 10, 1)));
    assert!(told(30) == told(21));
}

#[test]
fn of_many_further_places_the_first_are_shown_and_the_rest_is_counted() {
    let files = Files::default();
    let text: String = (0..9).map(|index| format!("a{index} = datetime.now()\n")).collect();
    let (file, other) = (files.add("orders/clock.py", &text), files.add("orders/other.py", "b = datetime.now()\n"));
    let place = |file, text: &str| Further { span: files.span(file, text), label: String::new(), fix: None };
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), "");
    diagnostic.related = (1..5).map(|index| place(file, &format!("a{index}"))).collect();
    diagnostic.related.push(place(other, "datetime.now()"));
    let mut longer = diagnostic.clone();
    longer.related.push(place(file, "a6"));
    let text = shown(OutputFormat::Full, &files.report(vec![diagnostic, longer]), &style());
    let places = "
  also: orders/clock.py:2:1
        orders/clock.py:3:1
        orders/clock.py:4:1
        orders/clock.py:5:1
        orders/other.py:1:5
";
    let all: Vec<usize> = text.match_indices(places).map(|(at, _)| at + places.len()).collect();
    assert!(
        matches!(all[..], [one, two] if text[one..].starts_with("  why:")
        && text[two..].starts_with("        and 1 more\n") && !text[two..].contains("why:")),
        "{text}"
    );
}

#[test]
fn a_minified_line_is_cut_around_the_finding() {
    let line = format!("{}datetime.now(){}\n", "a=1;".repeat(700), ";b=2".repeat(700));
    let text = alone(&line, "datetime.now()", "here", &style());
    insta::assert_snapshot!(text);
    let ascii = alone(&line, "datetime.now()", "here", &Style { unicode: false, ..style() });
    assert!(ascii.is_ascii());
}

#[test]
fn a_finding_wider_than_the_screen_is_cut() {
    let call = format!("datetime.now({})", "x, ".repeat(2000));
    insta::assert_snapshot!(alone(&format!("value = {call}\n"), &call, "here", &style()));
}

/// Indentation goes first, then what lies between the beginning of the line and the finding; other lines are shown from
/// their beginning.
#[test]
fn a_finding_far_to_the_right_keeps_the_beginning_of_its_line() {
    let fits = "class A:\n    def f(self):\n        x = 1\n        y = 2\n        times: dict[str, tuple[datetime, float]] = \
                self.clock.read(datetime.now())\n        return x\n";
    let text = alone(fits, "datetime.now()", "here", &style());
    let expected = "
 3 │ x = 1
 4 │ y = 2
 5 │ times: dict[str, tuple[datetime, float]] = self.clock.read(datetime.now())
   ·                                                            ───────┬──────
   ·                                                                   ╰── here
 6 │ return x
";
    assert!(text.contains(expected), "{text}");
    let long = fits.replace("datetime, float", "datetime, float, dict[str, int]");
    let text = alone(&long, "datetime.now()", "here", &style());
    let expected = "
 3 │ x = 1
 4 │ y = 2
 5 │ times: dict[str, tuple[datetime, float, dict…lf.clock.read(datetime.now())
   ·                                                            ───────┬──────
   ·                                                                   ╰── here
 6 │ return x
";
    assert!(text.contains(expected), "{text}");
}

/// A place in what is left out of a line is marked where that is said.
#[test]
fn a_place_that_is_left_out_is_marked_at_the_sign_for_it() {
    let files = Files::default();
    let file = files.add("a.py", &format!("first({} second({} datetime.now()\n", "x, ".repeat(40), "y, ".repeat(40)));
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), "here");
    diagnostic.secondary = vec![Annotation { span: files.span(file, "second"), label: "there".to_owned() }];
    let text = shown(OutputFormat::Full, &files.report(vec![diagnostic]), &style());
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let code = lines.iter().position(|line| line.starts_with(&[' ', '1'])).expect("the line is shown");
    let sign = lines[code].iter().position(|char| *char == '…').expect("something is left out");
    assert_eq!(lines[code + 1].get(sign), Some(&'┬'), "{text}");
}

#[test]
fn of_a_path_that_is_too_long_the_head_of_the_frame_has_the_name_only() {
    let files = Files::default();
    let path = format!("{}/clock.py", ["a_long_folder"; 6].join("/"));
    let file = files.add(&path, "x = datetime.now()\n");
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), "");
    diagnostic.consequence.clear();
    let text = shown(OutputFormat::Full, &files.report(vec![diagnostic]), &style());
    let expected = format!(
        "
   ╭─[clock.py:1:5]
 1 │ x = datetime.now()
   ·     ──────────────
   ╰────
  at:   {path}:1:5
  help: "
    );
    assert!(text.contains(&expected), "{text}");
}

/// Every format that tells a chain says how many of its calls it does not tell.
#[test]
fn of_a_long_chain_the_calls_in_the_middle_are_counted() {
    let files = Files::default();
    let file = files.add("a.py", "datetime.now()\n");
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), "");
    let span = diagnostic.primary.span;
    let steps: Vec<usize> = (1..=150).collect();
    diagnostic.call_chain = CallChain::new(&steps, |_| span, |step| format!("f{step}"));
    let report = files.report(vec![diagnostic]);
    let full = shown(OutputFormat::Full, &report, &style());
    let expected = "
     31. f31    a.py:1
     32. f32    a.py:1
         (86 calls left out)
    119. f119   a.py:1
    120. f120   a.py:1
";
    assert!(full.contains(expected), "{full}");
    let agent = shown(OutputFormat::Agent, &report, &style());
    assert!(agent.contains("via f1 line 1 > (144 more) > f146 line 1 >"), "{agent}");
    let json: serde_json::Value = serde_json::from_str(&shown(OutputFormat::Json, &report, &style())).expect("JSON");
    assert_eq!(json[0]["trace_left_out"], serde_json::json!({"after": 32, "calls": 86}));
    assert_eq!(json[0]["trace"][32]["function"], "f119");
}

/// A chain of two functions, the second of which has this name, as the lines below `reached through:`.
fn chain(path: &str, name: &str, style: &Style) -> String {
    let files = Files::default();
    let (file, other) = (files.add("a.py", "price(1)\n"), files.add(path, "datetime.now()\n"));
    let mut diagnostic = wall_clock(files.span(other, "datetime.now()"), "");
    diagnostic.call_chain =
        vec![files.frame("W.run", file, "price(1)"), files.frame(name, other, "datetime.now()")].into();
    let text = shown(OutputFormat::Full, &files.report(vec![diagnostic]), style);
    let (_, text) = text.split_once("  reached through:\n").expect("the chain has a heading");
    text.split_once("  why:").expect("more follows").0.to_owned()
}

#[test]
fn the_places_of_a_chain_stand_behind_the_names_where_there_is_room() {
    let (name, path) = ("n".repeat(30), format!("{}.py", "p".repeat(35)));
    let beside = format!("    1. W.run{}   a.py:1\n    2. {name}   {path}:1\n", " ".repeat(25));
    assert_eq!(chain(&path, &name, &style()), beside);
    let below = format!("    1. W.run\n       a.py:1\n    2. {name}\n       {path}:1\n");
    assert_eq!(chain(&path, &name, &Style { width: 79, ..style() }), below);
}

#[test]
fn a_name_in_a_chain_is_cut_in_the_middle_and_a_path_is_not() {
    let (name, path) = (format!("first{}last", "n".repeat(80)), format!("{}.py", "p".repeat(90)));
    let cut = format!("first{}…{}last", "n".repeat(31), "n".repeat(32));
    let expected = format!("    1. W.run\n       a.py:1\n    2. {cut}\n       {path}:1\n");
    assert_eq!(chain(&path, &name, &style()), expected);
}

#[test]
fn tabs_and_wide_characters_are_measured() {
    let text = "def f():\n\tif 時刻 == \"時間\":\t# wide\n\t\tx = \"日本語\", datetime.now()\n";
    insta::assert_snapshot!(alone(text, "datetime.now()", "here", &style()));
}

#[test]
fn line_ends_of_all_kinds_count() {
    let unix = "def f():\n    a = 1\n\n    return datetime.now()\n\n\nx = 1\n";
    let expected = alone(unix, "datetime.now()", "here", &style());
    assert_eq!(alone(&unix.replace('\n', "\r\n"), "datetime.now()", "here", &style()), expected);
    assert_eq!(alone(&unix.replace('\n', "\r"), "datetime.now()", "here", &style()), expected);
    assert_eq!(alone(unix.trim_end(), "datetime.now()", "here", &style()), expected);
}

#[test]
fn a_finding_at_the_end_of_a_file_has_a_place() {
    let files = Files::default();
    let places = [("empty.py", ""), ("after.py", "x = (\n"), ("open.py", "x = (")];
    let at_end = |(path, text): (&str, &str)| {
        let file = files.add(path, text);
        let end = TextSize::of(text);
        let mut diagnostic = wall_clock(Span { file, range: TextRange::empty(end) }, "unexpected end");
        diagnostic.help = String::new();
        diagnostic
    };
    let diagnostics = places.into_iter().map(at_end).collect();
    insta::assert_snapshot!(shown(OutputFormat::Full, &files.report(diagnostics), &style()));
}

#[test]
fn a_tall_finding_is_marked_in_its_first_line() {
    let body = "    x = 1\n".repeat(40);
    let text = format!("class A:\n{body}\ny = 2\n");
    insta::assert_snapshot!(alone(&text, text.trim_end(), "all of this", &style()));
}

#[test]
fn long_messages_and_labels_are_wrapped() {
    let files = Files::default();
    let file = files.add("a.py", "value = some_function_with_a_long_name(another_long_name, datetime.now())\n");
    let long = "a rather long text that goes on and on so that it cannot possibly stand in one line of a terminal";
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), long);
    diagnostic.message = format!("{long}, {long}");
    diagnostic.help = format!("{long}, {long}");
    insta::assert_snapshot!(shown(OutputFormat::Full, &files.report(vec![diagnostic]), &style()));
}

#[test]
fn what_steers_a_terminal_does_not_reach_it() {
    let text = "x = \"\u{1b}[31m\u{202e}\x07\", datetime.now()\n";
    let files = Files::default();
    let file = files.add("a\u{1b}[2Jb.py", text);
    let mut diagnostic = wall_clock(files.span(file, "datetime.now()"), "l\u{1b}[1m");
    diagnostic.message = "two\nlines\u{1b}[5m".to_owned();
    diagnostic.call_chain = vec![files.frame("f\u{1b}c", file, "datetime")].into();
    let report = files.report(vec![diagnostic]);
    for format in [OutputFormat::Full, OutputFormat::Concise, OutputFormat::Json] {
        let text = shown(format, &report, &style());
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']) || format == OutputFormat::Json, "{text}");
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{text}");
    }
    assert_eq!(shown(OutputFormat::Concise, &report, &style()).lines().count(), 1);
}

/// Every place of a text that has a bit of everything, at several widths.
#[test]
fn no_place_makes_the_snippet_fail() {
    let text = "\r\n\tdef 時():\r\n\n  x\u{301} = '''a\n\n\u{0}b'''\r\ty\u{feff}z 🎉🎉\n   \n\t";
    let offsets: Vec<usize> = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).collect();
    for (index, &start) in offsets.iter().enumerate() {
        for &end in &offsets[index..] {
            let files = Files::default();
            let file = files.add("a.py", text);
            let size = |number: usize| TextSize::try_from(number).expect("the text is short");
            let range = TextRange::new(size(start), size(end));
            let mut diagnostic = wall_clock(Span { file, range }, "here");
            diagnostic.secondary = vec![Annotation {
                span: Span { file, range: TextRange::up_to(size(start)) },
                label: "there".to_owned(),
            }];
            let width = if start % 2 == 0 { 80 } else { 40 };
            let text = shown(OutputFormat::Full, &files.report(vec![diagnostic]), &Style { width, ..style() });
            assert!(text.contains("here"), "{start}..{end}: {text}");
        }
    }
}

fn without_ansi(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').expect("a colour ends in m").1;
    }
    plain + rest
}
