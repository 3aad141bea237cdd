//! What is said about a run on standard error.
//!
//! Knows: what was decided, counted, left out, cut short or failed. Does not know: the findings themselves (`output`).

use camino::{Utf8Path, Utf8PathBuf};

use crate::config::Resolved;
use crate::diagnostic::{Confidence, Diagnostic, Severity};
use crate::lint::{Report, Shortfall, Stats, Unfollowed};
use crate::output::{Paint, display_path, printable};

/// What a run was told and what it made of it, before it starts.
pub(super) fn decisions(resolved: &Resolved, isolated: bool) -> Vec<String> {
    let settings = &resolved.settings;
    let configuration = match &resolved.config_file {
        Some(path) => printable(path.as_str()).into_owned(),
        None if isolated => "not read (--isolated)".to_owned(),
        None => "none".to_owned(),
    };
    let mut lines = vec![
        format!("project root: {}", printable(settings.project_root.as_str())),
        format!("configuration: {configuration}"),
    ];
    if settings.src.is_empty() {
        lines.push("import roots: none given, so found from the layout".to_owned());
    }
    lines.extend(settings.src.iter().map(|root| format!("import root: {}", printable(root.as_str()))));
    lines.extend(settings.paths.iter().map(|path| format!("path: {}", printable(path.as_str()))));
    lines
}

/// Where imports start, as it was found.
pub(super) fn import_roots(stats: &Stats, cwd: &Utf8Path) -> Vec<String> {
    let shown = |root: &Utf8PathBuf| match display_path(root, cwd) {
        path if path.is_empty() => ".".to_owned(),
        path => path,
    };
    stats.import_roots.iter().map(|root| format!("imports start in: {}", shown(root))).collect()
}

/// That an import looks like the project's own and is not followed, with what would mend it; all of them where that is wanted.
pub(super) fn unfollowed(stats: &Stats, cwd: &Utf8Path, verbose: bool, paint: Paint) -> Vec<String> {
    let warning = paint.severity(Severity::Warning, "warning:");
    let told = |Unfollowed { path, module, folder }: &Unfollowed| {
        let (path, folder, module) = (display_path(path, cwd), display_path(folder, cwd), printable(module));
        format!(
            "{warning} `{module}` in {path} looks like the project's own and is not followed: `src` would have to name `{folder}`"
        )
    };
    let shown = if verbose { stats.unfollowed.len() } else { 1 };
    let mut lines: Vec<String> = stats.unfollowed.iter().take(shown).map(told).collect();
    let more = stats.unfollowed.len().saturating_sub(shown);
    if let Some(last) = lines.last_mut() {
        last.push_str(&if more == 0 { ".".to_owned() } else { format!(" ({more} more: see `--verbose`).") });
    }
    lines
}

/// The files whose syntax tree was needed.
pub(super) fn parsed(report: &Report, cwd: &Utf8Path) -> Vec<String> {
    report.parsed.iter().map(|path| format!("parsed: {}", display_path(path, cwd))).collect()
}

/// How many threads a run had, and what it made of them.
pub(super) fn threads(stats: &Stats) -> String {
    let threads = format!("threads: {}", stats.threads);
    match (stats.work, stats.share_on_one_thread()) {
        (Some(work), Some(share)) => format!(
            "{threads}, {:.2} s of work in {:.2} s: {:.0}% of the time on one thread alone",
            work.as_secs_f64(),
            stats.elapsed.as_secs_f64(),
            share * 100.0,
        ),
        _ => threads,
    }
}

/// What a run found, how much it looked at, and what it does not show.
/// `left_out` are findings that are not printed because there are many.
pub(super) fn summary(report: &Report, left_out: &[Diagnostic], confidence: Confidence, paint: Paint) -> Vec<String> {
    let mut lines = counts(report, left_out, confidence, paint);
    lines.splice(1..1, std::iter::once(scope(&report.stats)).chain(silence(&report.stats, paint)));
    lines
}

/// How many findings there are, and how many are not shown, with the reasons.
pub(super) fn counts(report: &Report, left_out: &[Diagnostic], confidence: Confidence, paint: Paint) -> Vec<String> {
    let stats = &report.stats;
    let mut lines = vec![findings(report, left_out, paint)];
    if stats.held_back > 0 {
        let shows = if confidence == Confidence::High { "medium` or `--confidence low" } else { "low" };
        let what = count(stats.held_back, "finding is", "findings are");
        lines.push(format!("{what} less certain and not shown: see `--confidence {shows}`."));
    }
    if stats.unchanged > 0 {
        let what = count(stats.unchanged, "finding is", "findings are");
        lines.push(format!("{what} in unchanged code and not shown: see `--since`."));
    }
    if stats.suppressed > 0 {
        let what = count(stats.suppressed, "finding is", "findings are");
        lines.push(format!("{what} suppressed by comments."));
    }
    if !report.accepted.is_empty() {
        let what = count(report.accepted.len(), "finding is", "findings are");
        lines.push(format!("{what} accepted by the baseline."));
    }
    if !left_out.is_empty() {
        lines.push(format!(
            "{} not printed: see `--max-findings`.",
            count(left_out.len(), "finding is", "findings are")
        ));
    }
    lines
}

/// That limits cut the analysis short, in a line, whatever the format of the findings.
pub(super) fn cut_short(report: &Report, cwd: &Utf8Path, verbose: bool, paint: Paint) -> Option<String> {
    let shortfalls = &report.stats.shortfalls;
    let first = shortfalls.iter().find(|shortfall| shortfall.path.is_some()).or(shortfalls.first())?;
    let warning = paint.severity(Severity::Warning, "warning:");
    let places = count(shortfalls.len(), "place", "places");
    let such_as = place(first, cwd).map_or_else(String::new, |place| format!(", such as {place}"));
    let more = if verbose { "" } else { ": see `--verbose`" };
    Some(format!(
        "{warning} limits cut the analysis short at {places}{such_as}; findings there may be missing or less certain{more}."
    ))
}

/// Each place where a limit cut the analysis short, and what that means.
pub(super) fn shortfalls(report: &Report, cwd: &Utf8Path) -> Vec<String> {
    let told = |shortfall: &Shortfall| match place(shortfall, cwd) {
        Some(place) => format!("limit: {place}: {}", shortfall.what),
        None => format!("limit: {}", shortfall.what),
    };
    report.stats.shortfalls.iter().map(told).collect()
}

fn place(shortfall: &Shortfall, cwd: &Utf8Path) -> Option<String> {
    let path = display_path(shortfall.path.as_ref()?, cwd);
    Some(match &shortfall.function {
        Some(function) => format!("`{function}` in {path}"),
        None => path.to_string(),
    })
}

/// What the tool itself failed on, and how to say so. Said however quiet a run is to be: its findings are not all.
pub(super) fn internal_errors(report: &Report, cwd: &Utf8Path, paint: Paint) -> Vec<String> {
    let error = paint.severity(Severity::Error, "error:");
    let told = report.stats.internal_errors.iter().map(|internal| {
        let file = internal.files.first().map_or_else(String::new, |path| display_path(path, cwd).to_string());
        let others = match internal.files.len() {
            0 | 1 => String::new(),
            more => format!(" and {} that belong together with it", count(more - 1, "file", "files")),
        };
        format!(
            "{error} internal error while checking {file}{others}: {}\n  \
             They were not checked; all other findings stand. This is a bug in temporal-py-lint: please report it\n  \
             with the message above and, if you can, the file, at {}/issues.",
            printable(&internal.message),
            env!("CARGO_PKG_REPOSITORY"),
        )
    });
    told.collect()
}

fn findings(report: &Report, left_out: &[Diagnostic], paint: Paint) -> String {
    let all = || report.diagnostics.iter().chain(left_out);
    if all().next().is_none() {
        return paint.good(if report.accepted.is_empty() { "No findings." } else { "No new findings." });
    }
    let severities = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Info, "remark", "remarks"),
    ];
    let found = severities.iter().filter_map(|&(severity, one, many)| {
        let number = all().filter(|diagnostic| diagnostic.severity == severity).count();
        (number > 0).then(|| paint.severity(severity, &count(number, one, many)))
    });
    let mut files: Vec<_> = all().map(|diagnostic| diagnostic.primary.span.file).collect();
    files.sort_unstable();
    files.dedup();
    let files = count(files.len(), "file", "files");
    let places = match report.stats.places > all().count() {
        true => format!(" at {} places", report.stats.places),
        false => String::new(),
    };
    format!("Found {}{places} in {files}.", found.collect::<Vec<_>>().join(" and "))
}

fn scope(stats: &Stats) -> String {
    format!(
        "Checked {} ({} parsed) with {} and {} in {:.2} s.",
        count(stats.files_walked, "Python file", "Python files"),
        stats.files_parsed,
        count(stats.workflows, "workflow", "workflows"),
        count(stats.activities, "activity", "activities"),
        stats.elapsed.as_secs_f64(),
    )
}

/// That a run looked at no file at all.
pub(super) fn no_files(stats: &Stats, paint: Paint) -> Option<String> {
    let warning = paint.severity(Severity::Warning, "warning:");
    (stats.files_walked == 0).then(|| {
        format!(
            "{warning} there are no Python files under the paths given. What git ignores or\n  \
             `exclude` names is left out."
        )
    })
}

/// Why a run may have found nothing although there is something.
fn silence(stats: &Stats, paint: Paint) -> Option<String> {
    let warning = paint.severity(Severity::Warning, "warning:");
    if stats.files_walked == 0 {
        return no_files(stats, paint);
    }
    if stats.workflows + stats.activities > 0 || stats.defines_elsewhere {
        return None;
    }
    if !stats.mentions_temporal {
        return Some("No file imports temporalio, so there was nothing to check.".to_owned());
    }
    let hint = "If workflows or activities are declared through a package of your own, check it\n  \
                as well, or name the folder that its import starts from with `--src`.";
    Some(format!("{warning} temporalio is imported, but no workflow or activity was recognised.\n  {hint}"))
}

/// What a baseline accepts now: one finding can have several places, and each of them is an entry.
pub(super) fn written(report: &Report, entries: usize) -> String {
    let (findings, places) = (report.diagnostics.len(), report.stats.places);
    let mut said = count(findings, "finding", "findings");
    if places > findings {
        said.push_str(&format!(" at {places} places"));
    }
    let kept = entries.saturating_sub(places);
    if kept > 0 {
        said.push_str(&format!(
            ", and {} of files that were not checked,",
            count(kept, "accepted place", "accepted places")
        ));
    }
    format!("{said} {}", if findings == 1 && kept == 0 { "is" } else { "are" })
}

pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lines(stats: Stats, confidence: Confidence) -> String {
        let report = Report { stats, ..Report::default() };
        summary(&report, &[], confidence, Paint { color: false }).join("\n")
    }

    #[test]
    fn a_clean_run_says_what_it_looked_at() {
        let elapsed = Duration::from_millis(123);
        let stats =
            Stats { files_walked: 1, files_parsed: 1, workflows: 1, activities: 2, elapsed, ..Stats::default() };
        let expected = "No findings.\nChecked 1 Python file (1 parsed) with 1 workflow and 2 activities in 0.12 s.";
        assert_eq!(lines(stats, Confidence::Medium), expected);
    }

    #[test]
    fn silence_is_not_taken_for_a_clean_bill() {
        let stats = Stats { files_walked: 3, mentions_temporal: true, ..Stats::default() };
        assert!(lines(stats, Confidence::Medium).contains("no workflow or activity was recognised"));
        let stats = Stats { files_walked: 3, ..Stats::default() };
        assert!(lines(stats, Confidence::Medium).contains("No file imports temporalio"));
        assert!(lines(Stats::default(), Confidence::Medium).contains("no Python files"));
        let stats = Stats { files_walked: 1, ..Stats::default() };
        assert_eq!(no_files(&stats, Paint { color: false }), None);
    }

    #[test]
    fn a_limit_is_told_in_one_line_and_each_where_it_is_asked_for() {
        let (cwd, path) = (Utf8Path::new("/p"), Some("/p/flows.py".into()));
        let somewhere = Shortfall { path: None, function: None, what: "too much" };
        let here = Shortfall { path, function: Some("Order.run".to_owned()), what: "too many" };
        let report = |shortfalls| Report { stats: Stats { shortfalls, ..Stats::default() }, ..Report::default() };
        let paint = Paint { color: false };
        assert_eq!(cut_short(&report(Vec::new()), cwd, false, paint), None);
        let both = report(vec![somewhere, here]);
        assert_eq!(
            cut_short(&both, cwd, false, paint).as_deref(),
            Some(
                "warning: limits cut the analysis short at 2 places, such as `Order.run` in flows.py; findings there may be \
                 missing or less certain: see `--verbose`."
            )
        );
        assert_eq!(shortfalls(&both, cwd), ["limit: too much", "limit: `Order.run` in flows.py: too many"]);
    }

    #[test]
    fn threads_are_told_with_the_share_of_the_time_on_one() {
        let elapsed = Duration::from_millis(1_000);
        let of = |number, work| threads(&Stats { threads: number, work, elapsed, ..Stats::default() });
        assert_eq!(
            of(2, Some(Duration::from_millis(1_750))),
            "threads: 2, 1.75 s of work in 1.00 s: 25% of the time on one thread alone"
        );
        assert_eq!(of(1, Some(elapsed)), "threads: 1");
        assert_eq!(of(2, None), "threads: 2");
    }

    #[test]
    fn what_is_held_back_is_counted_with_the_option_that_shows_it() {
        let stats = Stats { files_walked: 1, workflows: 1, held_back: 2, suppressed: 1, ..Stats::default() };
        let text = lines(stats.clone(), Confidence::Medium);
        assert!(text.contains("2 findings are less certain and not shown: see `--confidence low`."), "{text}");
        assert!(text.contains("1 finding is suppressed by comments."), "{text}");
        assert!(lines(stats, Confidence::High).contains("`--confidence medium` or `--confidence low`"));
    }
}
