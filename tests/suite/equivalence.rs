//! What must not change the findings: the number of threads, how a file is named, what stands beside the project, and
//! running once more.

use temporal_py_lint::lint::Report;
use temporal_py_lint::source::{FileId, Span};

use super::checked::{Files, Found, found, report, settings, side_by_side, utf8};
use super::fixtures::{Fixture, all};

/// All there is to a finding, ways and places included, as text.
fn everything(report: &Report) -> Vec<String> {
    let place = |span: Span| {
        let (start, end) = report.location(span);
        format!("{}:{start:?}-{end:?}", path(report, span.file))
    };
    let of = |diagnostic: &temporal_py_lint::diagnostic::Diagnostic| {
        let frames =
            diagnostic.call_chain.frames.iter().map(|frame| format!("{} {}", frame.function, place(frame.span)));
        format!(
            "{} {:?} {:?} {} | {} | {} | {} | {} | {:?} | {:?} | +{}",
            diagnostic.code,
            diagnostic.severity,
            diagnostic.confidence,
            place(diagnostic.primary.span),
            diagnostic.primary.label,
            diagnostic.message,
            diagnostic.consequence,
            diagnostic.help,
            diagnostic.related.iter().map(|further| place(further.span)).collect::<Vec<_>>(),
            frames.collect::<Vec<_>>(),
            diagnostic.more_entry_points,
        )
    };
    report.diagnostics.iter().map(of).collect()
}

fn path(report: &Report, file: FileId) -> String {
    report.path(file).into_string()
}

/// All fixtures in one project, each in a folder of its own.
fn together() -> Files {
    let project = Files::new(&[]);
    for (number, fixture) in all().iter().enumerate() {
        for (name, bytes) in fixture.files() {
            project.write(&format!("part{number}/{name}"), &bytes);
        }
    }
    project
}

#[test]
fn one_thread_finds_what_many_find_in_the_same_order() {
    let project = together();
    let root = project.root();
    let with = |threads| {
        let mut settings = settings(&root);
        settings.threads = threads;
        everything(&report(&settings))
    };
    let one = with(Some(1));
    assert!(one.len() > 200, "only {} findings", one.len());
    assert_eq!(one, with(Some(4)));
    assert_eq!(one, with(None));
}

#[test]
fn findings_come_sorted_by_path_and_place() {
    let project = together();
    let root = project.root();
    let found = found(&report(&settings(&root)), &root);
    let keys: Vec<(&str, usize)> = found.iter().map(|found| (found.file.as_str(), found.line)).collect();
    let by_path = |pair: &[(&str, usize)]| {
        let parts = |at: usize| pair[at].0.split('/').collect::<Vec<_>>();
        (parts(0), pair[0].1) <= (parts(1), pair[1].1) || pair[0] <= pair[1]
    };
    assert!(keys.windows(2).all(by_path), "{keys:#?}");
}

#[test]
fn programs_that_share_nothing_are_judged_as_if_each_stood_alone() {
    let project = together();
    let root = project.root();
    let side_by_side = found(&report(&settings(&root)), &root);
    let mut wrong = Vec::new();
    for (number, fixture) in all().iter().enumerate() {
        let folder = format!("part{number}/");
        let own = |found: &Found| {
            found.file.strip_prefix(&folder).map(|file| Found { file: file.to_owned(), ..found.clone() })
        };
        let together: Vec<Found> = side_by_side.iter().filter_map(own).collect();
        let alone = fixture.copy().findings();
        if alone != together {
            wrong.push((fixture.path.clone(), alone, together));
        }
    }
    assert!(side_by_side.len() > 200, "only {} findings", side_by_side.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Two programs, each with a worker, that reach the same helper by a name that no import statement shows.
fn two_programs(helper: &str) -> Files {
    let flow = "import importlib\n\nfrom temporalio import workflow\nfrom temporalio.worker import Worker\n\n\n\
                @workflow.defn\nclass Flow:\n    @workflow.run\n    async def run(self) -> float:\n        return \
                importlib.import_module(\"shared.clock\").stamp()\n\n\nworker = Worker(client, task_queue=\"q\", \
                workflows=[Flow])\n";
    Files::new(&[("one/flow.py", flow), ("two/flow.py", flow), ("shared/clock.py", helper), ("shared/__init__.py", "")])
}

#[test]
fn what_several_programs_reach_is_reported_once() {
    let helper = |comment: &str| format!("import time\n\n\ndef stamp():\n    return time.time(){comment}\n");
    let places = two_programs(&helper("")).places();
    let in_helper: Vec<&String> = places.iter().filter(|place| place.starts_with("shared/")).collect();
    assert_eq!(in_helper, ["shared/clock.py:5 TPY101"], "{places:#?}");
    // The comment serves both, and is no unused one in either.
    let places = two_programs(&helper("  # temporal-py-lint: ignore[TPY101] measured")).places();
    assert!(places.iter().all(|place| !place.starts_with("shared/")), "{places:#?}");
}

/// For each file of a project: what is found in it when it is named alone, and what when the folder is.
fn alone_and_by_folder(fixture: &Fixture) -> Vec<(String, Vec<Found>, Vec<Found>)> {
    let project = fixture.copy();
    let root = project.root();
    let by_folder = project.findings();
    let compared = |file: String| {
        let mut settings = settings(&root);
        settings.projects = std::mem::replace(&mut settings.paths, vec![utf8(&root.join(&file))]);
        // Whether a comment is used may depend on ways through files that were not asked for.
        let counts = |found: &Found| found.file == file && found.code != "TPY003";
        let in_file = |found: Vec<Found>| found.into_iter().filter(counts).collect::<Vec<_>>();
        let alone = in_file(found(&report(&settings), &root));
        let folder = in_file(by_folder.clone());
        (file, alone, folder)
    };
    fixture.files().into_iter().map(|(file, _)| compared(file)).collect()
}

#[test]
fn a_file_named_alone_has_the_findings_it_has_in_its_folder() {
    let all = all();
    let outcomes = side_by_side(&all, alone_and_by_folder);
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (fixture, files) in all.iter().zip(outcomes) {
        for (file, alone, folder) in files {
            compared += folder.len();
            if alone != folder {
                wrong.push((fixture.path.clone(), file, alone, folder));
            }
        }
    }
    assert!(compared > 80, "only {compared} findings compared");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_file_on_standard_input_has_the_findings_it_has_on_disk() {
    for fixture in all().into_iter().filter(|fixture| fixture.rule.is_none()).step_by(5) {
        let project = fixture.copy();
        let root = project.root();
        let by_folder = project.findings();
        for (file, bytes) in fixture.files() {
            let mut settings = settings(&root);
            settings.paths = Vec::new();
            settings.projects = vec![settings.project_root.clone()];
            settings.unsaved = [(utf8(&root.join(&file)), bytes)].into();
            let here = |found: &Vec<Found>| found.iter().filter(|each| each.file == file).cloned().collect::<Vec<_>>();
            let piped = found(&report(&settings), &root);
            assert_eq!(here(&piped), here(&by_folder), "{} {file}", fixture.path.display());
        }
    }
}

#[test]
fn files_that_have_nothing_to_do_with_it_change_nothing() {
    for fixture in all().into_iter().step_by(7) {
        let project = fixture.copy();
        let before = project.places();
        project.write("unrelated/__init__.py", b"");
        project.write("unrelated/zeta.py", b"import time\n\n\ndef stamp():\n    return time.time()\n");
        project.write("aaa_first.py", b"import random\n\nprint(random.random())\n");
        assert_eq!(project.places(), before, "{}", fixture.path.display());
    }
}

#[test]
fn a_selection_shows_the_same_findings_of_its_rules() {
    use std::sync::Arc;

    use temporal_py_lint::config::{Configurations, Settings};
    use temporal_py_lint::registry::RuleSelection;
    let project = together();
    let root = project.root();
    let settings = settings(&root);
    let whole = found(&report(&settings), &root);
    // TPY0xx is left out: whether a comment is unused depends on which rules have run.
    for start in ["TPY101", "TPY11", "TPY2", "TPY3", "TPY4"] {
        let selection = RuleSelection::resolve(&[start.to_owned()], &[], &[]).expect("codes start so");
        let configurations = Arc::new(Configurations::fixed(selection));
        let alone = found(&report(&Settings { configurations, ..settings.clone() }), &root);
        let same: Vec<Found> = whole.iter().filter(|found| found.code.starts_with(start)).cloned().collect();
        assert_eq!(alone, same, "{start}");
    }
}
