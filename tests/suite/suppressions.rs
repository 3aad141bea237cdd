//! Comments that hold findings back: where they may stand, and what is said of those that do nothing.

use super::checked::{Files, found, report, settings};

/// A workflow whose `run` has this body, indented by eight spaces; it begins in line 12.
fn workflow(body: &str) -> Files {
    let head = "import random\nimport time\nimport uuid\n\nfrom temporalio import workflow\n\n\n@workflow.defn\n\
                class TicketWorkflow:\n    @workflow.run\n    async def run(self, title: str) -> object:\n";
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    Files::new(&[("flows.py", &format!("{head}{body}"))])
}

fn codes(body: &str) -> Vec<String> {
    let of = |place: String| place.trim_start_matches("flows.py:").to_owned();
    workflow(body).places().into_iter().map(of).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn on_the_line() {
    assert_eq!(codes("return time.time()"), ["12 TPY101"]);
    assert_eq!(codes("return time.time()  # temporal-py-lint: ignore[TPY101] shown only"), NOTHING);
    assert_eq!(codes("return time.time()  # temporal-py-lint: ignore[wall-clock-in-workflow] shown only"), NOTHING);
    assert_eq!(codes("return time.time()  # noqa: E501  # temporal-py-lint: ignore[TPY101] shown only"), NOTHING);
}

#[test]
fn on_the_line_before() {
    assert_eq!(codes("# temporal-py-lint: ignore[TPY101] shown only\nreturn time.time()"), NOTHING);
    assert_eq!(codes("# temporal-py-lint: ignore[TPY101] shown only\n\n# why not\nreturn time.time()"), NOTHING);
    let next = "# temporal-py-lint: ignore[TPY101] shown only\na = time.time()\nreturn a + time.time()";
    assert_eq!(codes(next), ["14 TPY101"]);
}

#[test]
fn only_the_rules_that_are_named() {
    let line = "return time.time(), uuid.uuid4()  # temporal-py-lint: ignore";
    assert_eq!(codes(&format!("{line}[TPY101] x")), ["12 TPY103"]);
    assert_eq!(codes(&format!("{line}[TPY103] x")), ["12 TPY101"]);
    assert_eq!(codes(&format!("{line}[TPY101, TPY103] x")), NOTHING);
}

#[test]
fn anywhere_in_a_statement_of_several_lines() {
    let at = |line: usize| {
        let mut lines = ["return dict(", "    at=time.time(),", "    key=uuid.uuid4(),", "    title=title,", ")"]
            .map(str::to_owned);
        lines[line] += "  # temporal-py-lint: ignore[TPY101, TPY103] shown only";
        codes(&lines.join("\n"))
    };
    for line in 0..5 {
        assert_eq!(at(line), NOTHING, "comment in line {line}");
    }
    let text = "x = f\"\"\"\n{time.time()}\n\"\"\"  # temporal-py-lint: ignore[TPY101] shown only\nreturn x";
    assert_eq!(codes(text), NOTHING);
    assert_eq!(codes("x = time.time() + \\\n    1  # temporal-py-lint: ignore[TPY101] shown only\nreturn x"), NOTHING);
}

#[test]
fn a_statement_s_head_does_not_speak_for_its_body() {
    let body = "if title:  # temporal-py-lint: ignore[TPY101] x\n    return time.time()\nreturn 0";
    assert_eq!(codes(body), ["12 TPY003", "13 TPY101"]);
}

#[test]
fn in_a_string_it_is_no_comment() {
    assert_eq!(codes("return time.time(), '# temporal-py-lint: ignore[TPY101] x'"), ["12 TPY101"]);
}

#[test]
fn comments_that_do_nothing_are_found() {
    assert_eq!(codes("return title  # temporal-py-lint: ignore[TPY101] x"), ["12 TPY003"]);
    let two = "return time.time()  # temporal-py-lint: ignore[TPY101, TPY102, TPY103] x";
    assert_eq!(codes(two), ["12 TPY003", "12 TPY003"]);
}

#[test]
fn blanket_and_broken_comments_are_errors_and_hold_nothing_back() {
    for wrong in ["ignore", "ignore[]", "ignore[TPY999] x", "ignore[TPY101", "noqa"] {
        let mut found = codes(&format!("return time.time()  # temporal-py-lint: {wrong}"));
        found.sort();
        assert_eq!(found, ["12 TPY004", "12 TPY101"], "{wrong}");
    }
}

/// A workflow, a helper that it and another workflow call, and the clock behind it.
fn two_ways(first: &str, second: &str, helper: &str) -> Files {
    let flow = |name: &str, comment: &str| {
        format!(
            "from temporalio import workflow\n\nfrom shop.stamps import stamp\n\n\n@workflow.defn\nclass {name}:\n    \
             @workflow.run\n    async def run(self) -> float:\n        return stamp(){comment}\n"
        )
    };
    Files::new(&[
        ("shop/__init__.py", ""),
        ("shop/orders.py", &flow("OrderWorkflow", first)),
        ("shop/parcels.py", &flow("ParcelWorkflow", second)),
        ("shop/stamps.py", &format!("import time\n\n\ndef stamp() -> float:\n    return time.time(){helper}\n")),
    ])
}

#[test]
fn on_the_offending_line_for_all_ways() {
    assert_eq!(two_ways("", "", "").places(), ["shop/stamps.py:5 TPY101"]);
    assert_eq!(two_ways("", "", "  # temporal-py-lint: ignore[TPY101] x").places(), NOTHING);
}

#[test]
fn on_a_call_of_the_way() {
    // Of two ways one is held back in `fixtures/projects/suppressed-on-one-way-of-two`.
    let project = two_ways("  # temporal-py-lint: ignore[TPY101] x", "", "");
    project.write("shop/parcels.py", b"");
    assert_eq!(project.places(), NOTHING);
}

#[test]
fn what_is_held_back_is_counted() {
    let project = workflow("return time.time()  # temporal-py-lint: ignore[TPY101] x");
    let root = project.root();
    let report = report(&settings(&root));
    assert_eq!((report.stats.suppressed, found(&report, &root).len()), (1, 0));
}
