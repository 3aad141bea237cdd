//! The command line's words.
//!
//! Knows: commands, options and what each takes. Does not know: what a command does.

use std::ffi::OsString;
use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, value_parser};

use crate::agent::Harness;
use crate::config::{FailOn, Options, Preset, StandardInput};
use crate::diagnostic::Confidence;
use crate::lint::{MAX_THREADS, REPLAY_RULES};
use crate::output::{MapFormat, OutputFormat};

const AFTER_HELP: &str = "\
Without a command, `check` is run: `temporal-py-lint src` checks the folder `src`.
Exit codes: 0 no findings that count (see `--fail-on`), 1 findings, 2 usage, configuration or internal error. With \
`--fix` findings that were fixed do not count; with `--diff` 1 says that something would be changed.";

/// Finds what breaks Temporal workflows and activities written in Python, before they run
#[derive(Debug, Parser)]
#[command(name = "temporal-py-lint", version, after_help = AFTER_HELP, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub check: CheckArgs,
    #[command(flatten)]
    pub global: GlobalArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check files and folders (the default)
    Check(Box<CheckArgs>),
    /// Print a rule's page: what it finds, why that matters, what to write instead
    Explain(ExplainArgs),
    /// List all rules
    Rules(RulesArgs),
    /// Print what is configured for a file or folder, and where each value comes from
    Config(ConfigArgs),
    /// Write a commented configuration, and the entries for pre-commit and CI that fit the project
    Init(InitArgs),
    /// Compare workflows with a version before: which running executions the change would break
    ReplayCheck(Box<ReplayCheckArgs>),
    /// Draw what the project has to do with Temporal: who registers, starts, signals and schedules what
    Map(Box<MapArgs>),
    /// Print every way by which a line becomes workflow or activity code
    Why(WhyArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page, or that of a command
    Man(ManArgs),
    /// Install the temporal-python agent, or check agent files
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Serve an editor: findings while code is written, with fixes (Language Server Protocol)
    Server,
    /// Answer an event of a coding agent's session: what an edit has to do with the findings
    Hook(HookArgs),
}

/// The names of [`Command`]'s variants on the command line.
pub(super) const COMMANDS: [&str; 13] = [
    "check",
    "explain",
    "rules",
    "config",
    "init",
    "replay-check",
    "map",
    "why",
    "completions",
    "man",
    "agent",
    "server",
    "hook",
];

#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// Print findings only; twice (`-qq`), print nothing
    #[arg(short, long, action = ArgAction::Count, global = true, conflicts_with = "verbose", help_heading = GLOBAL)]
    pub quiet: u8,
    /// Say on standard error what was decided: project root, configuration, import roots, files parsed
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    pub verbose: bool,
    /// When to use colours; `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR_FORCE` decide for `auto`
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, help_heading = GLOBAL)]
    pub color: ColorWhen,
}

// Comments instead of documentation, which would turn the list of values in every command's help into a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    // On a terminal, unless NO_COLOR is set; anywhere if FORCE_COLOR or CLICOLOR_FORCE is.
    Auto,
    Always,
    Never,
}

const SELECTION: &str = "Rule selection";
const FILES: &str = "Files and imports";
const OUTPUT: &str = "Output";
const GLOBAL: &str = "Global options";
const LIVING: &str = "Living with findings";
const FIXES: &str = "Fixes";
const OTHER: &str = "Miscellaneous";
const PART: &str = "What is shown";

#[derive(Debug, Default, Args)]
pub(super) struct CheckArgs {
    /// Files and folders to check, or `-` for standard input [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,

    /// What holds where nothing else is said or configured: `recommended`, or `strict` for all rules and also what is less
    /// certain
    #[arg(long, value_name = "PRESET", help_heading = SELECTION, hide_possible_values = true)]
    pub preset: Option<Preset>,
    /// Rules to check instead of the configured ones: codes, prefixes of codes such as `TPY1`, names, or `ALL`
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = SELECTION)]
    pub select: Option<Vec<String>>,
    /// Rules to leave out
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = SELECTION)]
    pub ignore: Vec<String>,
    /// Rules to check besides the configured ones
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = SELECTION)]
    pub extend_select: Vec<String>,
    /// Print findings that are at least this certain; the others are counted in the summary
    /// [default: medium, or the configured level]
    #[arg(long, value_name = "LEVEL", help_heading = SELECTION)]
    pub confidence: Option<Confidence>,

    /// The path that standard input stands for
    #[arg(long, value_name = "PATH", help_heading = FILES)]
    pub stdin_filename: Option<Utf8PathBuf>,
    /// A folder that imports start from, besides those found; may be given several times
    #[arg(long, value_name = "FOLDER", help_heading = FILES)]
    pub src: Vec<Utf8PathBuf>,
    /// Files and folders that are not checked, as in `.gitignore`, instead of the configured ones; a workflow that calls
    /// into them is still followed there
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = FILES)]
    pub exclude: Option<Vec<String>>,
    /// Files and folders that are not checked besides the configured ones
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = FILES)]
    pub extend_exclude: Vec<String>,
    /// Check files and folders that are named even if they are excluded
    #[arg(long, help_heading = FILES)]
    pub no_force_exclude: bool,
    /// Read no configuration file
    #[arg(long, help_heading = FILES)]
    pub isolated: bool,
    /// Print the paths of the files that would be checked, and check nothing
    #[arg(long, help_heading = FILES)]
    pub show_files: bool,

    /// How findings are printed [default: full, or the configured format]
    #[arg(long, value_name = "FORMAT", help_heading = OUTPUT)]
    pub output_format: Option<OutputFormat>,
    /// Print how often each rule found something instead of the findings
    #[arg(long, help_heading = OUTPUT, conflicts_with = "diff")]
    pub statistics: bool,

    /// Leave out the findings that this file accepts [default: the configured file, if there is one]
    #[arg(long, value_name = "FILE", help_heading = LIVING)]
    pub baseline: Option<Utf8PathBuf>,
    /// Write a file that accepts all findings of this run, and exit with 0
    #[arg(long, value_name = "FILE", help_heading = LIVING, conflicts_with_all = ["baseline", "prune_baseline"])]
    pub write_baseline: Option<Utf8PathBuf>,
    /// Take out of the baseline what is no longer found
    #[arg(long, help_heading = LIVING)]
    pub prune_baseline: bool,
    /// Only findings that concern lines changed since a commit, branch or tag, in the finding's statement or in a call that
    /// leads there; all of the program is analysed
    #[arg(long, value_name = "REVISION", help_heading = LIVING, conflicts_with = "write_baseline")]
    pub since: Option<String>,
    /// Write a comment for each finding that is shown, which holds it back from now on
    #[arg(long, help_heading = LIVING, requires = "reason", conflicts_with_all = ["write_baseline", "prune_baseline"])]
    pub add_ignores: bool,
    /// What the comments of `--add-ignores` say
    #[arg(long, value_name = "TEXT", help_heading = LIVING, requires = "add_ignores", conflicts_with_all = ["fix", "diff"])]
    pub reason: Option<String>,
    /// Print so many findings at most; the summary and the exit code count all
    #[arg(long, value_name = "N", help_heading = LIVING)]
    pub max_findings: Option<usize>,

    #[command(flatten)]
    pub fixes: FixArgs,
    #[command(flatten)]
    pub outcome: OutcomeArgs,
    /// Accepted for ruff's sake: there is no cache
    #[arg(short, long, help_heading = OTHER)]
    pub no_cache: bool,
}

/// What is done with fixes.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct FixArgs {
    /// Apply fixes that keep the meaning of the program, and print what is left
    #[arg(long, help_heading = FIXES, conflicts_with = "write_baseline")]
    pub fix: bool,
    /// With `--fix` or `--diff`, take fixes too that change more than the finding: read what they change
    #[arg(long, help_heading = FIXES)]
    pub unsafe_fixes: bool,
    /// Write nothing; print what `--fix` would change, and exit with 1 if there is something
    #[arg(long, help_heading = FIXES, conflicts_with = "write_baseline")]
    pub diff: bool,
}

/// How a command that prints findings ends, and on how many threads it runs.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct OutcomeArgs {
    /// The least severity of findings that make the command exit with 1 [default: warning, or the configured level]
    #[arg(long, value_name = "LEVEL", help_heading = OTHER)]
    pub fail_on: Option<FailOn>,
    /// Exit with 0 even if there are findings: `--fail-on never`
    #[arg(short, long, help_heading = OTHER, conflicts_with = "fail_on")]
    pub exit_zero: bool,
    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", help_heading = OTHER)]
    #[arg(value_parser = value_parser!(u16).range(1..=i64::from(MAX_THREADS)))]
    pub threads: Option<u16>,
}

impl CheckArgs {
    /// Whether the file to check comes on standard input.
    pub(super) fn reads_stdin(&self) -> bool {
        self.stdin_filename.is_some() || self.paths.iter().any(|path| path == "-")
    }

    /// The arguments as options; `stdin` is what standard input held.
    pub(super) fn options(&self, stdin: Option<Vec<u8>>) -> Options {
        Options {
            paths: self.paths.clone(),
            preset: self.preset,
            select: self.select.clone(),
            extend_select: self.extend_select.clone(),
            ignore: self.ignore.clone(),
            src: self.src.clone(),
            exclude: self.exclude.clone(),
            extend_exclude: self.extend_exclude.clone(),
            no_force_exclude: self.no_force_exclude,
            confidence: self.confidence,
            fail_on: if self.outcome.exit_zero { Some(FailOn::Never) } else { self.outcome.fail_on },
            baseline: self.baseline.clone(),
            no_baseline: self.write_baseline.is_some(),
            home: super::home(),
            threads: self.outcome.threads.map(usize::from),
            isolated: self.isolated,
            stdin: stdin.map(|bytes| StandardInput { path: self.stdin_filename.clone(), bytes }),
        }
    }
}

/// How rules and ways are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum PageFormat {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The rule's code or name
    #[arg(value_name = "CODE|NAME")]
    pub rule: String,
    /// How the page is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output_format: PageFormat,
}

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// How the list is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output_format: PageFormat,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The file or folder [default: .]
    #[arg(value_name = "PATH")]
    pub path: Option<Utf8PathBuf>,
    /// How it is printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output_format: PageFormat,
}

const REPLAY_HELP: &str = "\
Compares what replay compares: activities, child workflows, timers, signals, Nexus operations, upserts and patches of each \
workflow, in their order, with the conditions, loops and waits that decide them. Arguments, timeouts, retry policies, names \
and places of code have no part in it. What only a new `workflow.patched(…)` leads to is safe.

  temporal-py-lint replay-check --since origin/main
  temporal-py-lint replay-check --write-baseline replay.txt
  temporal-py-lint replay-check --baseline replay.txt

Errors break running executions, warnings depend on their data or are felt by closed ones only, and remarks say what cannot \
be told. Exit codes as for `check`.

Where a change is local, the patch that keeps the old way for running executions can be written for you: it is a fix, to be \
read first. From a baseline, which holds no code, only what was added can be put behind a patch.

  temporal-py-lint replay-check --since origin/main --diff --unsafe-fixes
  temporal-py-lint replay-check --since origin/main --fix --unsafe-fixes";

const BEFORE: &str = "The version before";

#[derive(Debug, Args)]
#[command(after_help = REPLAY_HELP)]
#[command(group = clap::ArgGroup::new("before").args(["since", "against", "baseline", "write_baseline"]).required(true))]
pub(super) struct ReplayCheckArgs {
    /// Files and folders to check [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,

    /// Compare with a branch, tag or commit; the work tree is not touched
    #[arg(long, value_name = "REV", help_heading = BEFORE)]
    pub since: Option<String>,
    /// Compare with a file that `--write-baseline` has written
    #[arg(long, value_name = "FILE", help_heading = BEFORE)]
    pub baseline: Option<Utf8PathBuf>,
    /// Write what workflows do now to a file, and compare nothing
    #[arg(long, value_name = "FILE", help_heading = BEFORE)]
    pub write_baseline: Option<Utf8PathBuf>,
    /// Compare with a folder that holds the version before
    #[arg(long, value_name = "FOLDER", help_heading = BEFORE)]
    pub against: Option<Utf8PathBuf>,

    /// Rules to leave out
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = SELECTION)]
    pub ignore: Vec<String>,
    /// Print findings that are at least this certain [default: medium, or the configured level]
    #[arg(long, value_name = "LEVEL", help_heading = SELECTION)]
    pub confidence: Option<Confidence>,

    /// A folder that imports start from, besides those found; may be given several times
    #[arg(long, value_name = "FOLDER", help_heading = FILES)]
    pub src: Vec<Utf8PathBuf>,
    /// Files and folders that are not checked besides the configured ones
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = FILES)]
    pub extend_exclude: Vec<String>,
    /// Read no configuration file
    #[arg(long, help_heading = FILES)]
    pub isolated: bool,

    /// How findings are printed [default: full, or the configured format]
    #[arg(long, value_name = "FORMAT", help_heading = OUTPUT)]
    pub output_format: Option<OutputFormat>,

    #[command(flatten)]
    pub fixes: FixArgs,

    #[command(flatten)]
    pub outcome: OutcomeArgs,
}

impl ReplayCheckArgs {
    /// What `check` would be given to look at the same files for these rules.
    pub(super) fn check_args(&self) -> CheckArgs {
        CheckArgs {
            paths: self.paths.clone(),
            select: Some(vec!["TPY001".to_owned(), "TPY002".to_owned(), REPLAY_RULES.to_owned()]),
            ignore: self.ignore.clone(),
            confidence: self.confidence,
            src: self.src.clone(),
            extend_exclude: self.extend_exclude.clone(),
            isolated: self.isolated,
            output_format: self.output_format,
            fixes: self.fixes.clone(),
            outcome: self.outcome.clone(),
            ..CheckArgs::default()
        }
    }
}

const MAP_HELP: &str = "\
Workflows with the messages that they take, activities, Nexus services, workers, task queues, schedules, and the code that \
talks to the server, joined over all programs of the project: what one starts by name, another defines. What cannot be \
resolved is shown as such. Findings are marked, and so is what no worker registers and what nothing starts.

  temporal-py-lint map
  temporal-py-lint map --focus OrderWorkflow --depth 2
  temporal-py-lint map services/billing services/shop --output map.html

Exit codes: 0 the map was printed, whatever is found, 2 usage, configuration or internal error.";

#[derive(Debug, Args)]
#[command(after_help = MAP_HELP)]
pub(super) struct MapArgs {
    /// Files and folders to map; what they lead to elsewhere is shown too [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<Utf8PathBuf>,

    /// How the map is printed [default: by the ending of `--output`, else mermaid]
    #[arg(long, value_name = "FORMAT", help_heading = OUTPUT)]
    pub format: Option<MapFormat>,
    /// Write the map to a file, whole or not at all
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<Utf8PathBuf>,

    /// Only what is near a workflow, activity, queue, message or anything else of this name; may be given several times
    #[arg(long, value_name = "NAME", help_heading = PART)]
    pub focus: Vec<String>,
    /// How many edges `--focus` goes, in both directions [default: 1]
    #[arg(long, value_name = "N", help_heading = PART, requires = "focus")]
    pub depth: Option<usize>,
    /// Show test code too
    #[arg(long, help_heading = PART)]
    pub tests: bool,

    /// A folder that imports start from, besides those found; may be given several times
    #[arg(long, value_name = "FOLDER", help_heading = FILES)]
    pub src: Vec<Utf8PathBuf>,
    /// Files and folders that are not looked at besides the configured ones
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = FILES)]
    pub extend_exclude: Vec<String>,
    /// Read no configuration file
    #[arg(long, help_heading = FILES)]
    pub isolated: bool,

    /// Number of threads [default: one a core]
    #[arg(long, value_name = "N", help_heading = OTHER)]
    #[arg(value_parser = value_parser!(u16).range(1..=i64::from(MAX_THREADS)))]
    pub threads: Option<u16>,
}

impl MapArgs {
    /// What `check` would be given to look at the same files.
    pub(super) fn check_args(&self) -> CheckArgs {
        CheckArgs {
            paths: self.paths.clone(),
            src: self.src.clone(),
            extend_exclude: self.extend_exclude.clone(),
            isolated: self.isolated,
            outcome: OutcomeArgs { threads: self.threads, ..OutcomeArgs::default() },
            ..CheckArgs::default()
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Add to files that are there, such as `pyproject.toml`; without it, what to add is printed
    #[arg(long)]
    pub edit: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// The line, such as `orders/pricing.py:42`
    #[arg(value_name = "FILE:LINE")]
    pub place: FileLine,
    /// A folder that imports start from, besides those found; may be given several times
    #[arg(long, value_name = "FOLDER")]
    pub src: Vec<Utf8PathBuf>,
    /// Read no configuration file
    #[arg(long)]
    pub isolated: bool,
    /// How the ways are printed
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output_format: PageFormat,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The command [default: the whole]
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum AgentCommand {
    /// Write the temporal-python agent to where a coding agent's harness finds it, and print the path
    Install(InstallArgs),
    /// Check agent files: front matter, body, and the Python examples in it
    #[command(after_help = EXAMPLES_HELP)]
    Check(AgentCheckArgs),
}

const EXAMPLES_HELP: &str = "\
A comment above a Python block says what it is: `<!-- right -->` promises no finding, `<!-- wrong: TPY101 -->` \
findings of exactly these codes, `<!-- fragment: right -->` code that parses. Findings in other blocks are warnings.

Exit codes: 0 no problems, 1 problems, 2 usage or internal error.";

#[derive(Debug, Args)]
pub(super) struct InstallArgs {
    /// For all your projects
    #[arg(long, conflicts_with = "project")]
    pub user: bool,
    /// For this project: the repository, or else the working directory (the default)
    #[arg(long)]
    pub project: bool,
    /// The harness that is to run the agent: claude, codex, cursor or opencode
    #[arg(long = "for", value_name = "HARNESS", default_value = "claude", hide_possible_values = true)]
    pub harness: Harness,
    /// Replace a file that is not temporal-py-lint's own, or was changed
    #[arg(long)]
    pub force: bool,
    /// Say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct AgentCheckArgs {
    /// Agent files: Markdown with front matter in YAML, or TOML
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<Utf8PathBuf>,
    /// The harness whose fields are known: claude, codex, cursor or opencode [default: by the folder, such as
    /// `.cursor`, else claude]
    #[arg(long = "for", value_name = "HARNESS", hide_possible_values = true)]
    pub harness: Option<Harness>,
}

const HOOK_HELP: &str = "\
Reads an event of Claude Code on standard input, PostToolUse of Edit, MultiEdit or Write, or SubagentStop of the \
temporal-python agent, and prints what the findings of the project have to do with the edited files: errors that the \
edit caused as a reason to go on working, warnings that it caused as context. Findings that were there before are named \
once, by number and code. It prints nothing where there is nothing to say, and always exits with 0.

TEMPORAL_PY_LINT_HOOK=off turns it off.";

#[derive(Debug, Args)]
#[command(after_help = HOOK_HELP)]
pub(super) struct HookArgs {
    // Nothing that is given may make the command fail.
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub rest: Vec<OsString>,
}

/// A line of a file. A column behind it, as findings have one, is read and left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileLine {
    pub path: Utf8PathBuf,
    pub line: usize,
}

impl FromStr for FileLine {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| text.parse::<usize>().ok();
        let split = |text: &'_ str| -> Option<(String, usize)> {
            let (path, last) = text.rsplit_once(':')?;
            Some((path.to_owned(), number(last)?))
        };
        let (path, last) = split(text).ok_or("expected a file and a line, such as `orders/pricing.py:42`")?;
        let (path, line) = split(&path).unwrap_or((path, last));
        if path.is_empty() || line == 0 {
            return Err("expected a file and a line from 1 on, such as `orders/pricing.py:42`");
        }
        Ok(Self { path: path.into(), line })
    }
}

/// The arguments with a command moved before the global options that precede it: clap takes what follows an option
/// for a path.
pub(super) fn command_first(mut args: Vec<OsString>) -> Vec<OsString> {
    let mut at = 1;
    while let Some(arg) = args.get(at).and_then(|arg| arg.to_str()) {
        let short =
            |arg: &str| arg.strip_prefix('-').is_some_and(|s| !s.is_empty() && s.chars().all(|c| "qv".contains(c)));
        if arg == "--color" {
            at += 2;
        } else if arg.starts_with("--color=") || arg == "--quiet" || arg == "--verbose" || short(arg) {
            at += 1;
        } else {
            break;
        }
    }
    if at > 1 && args.get(at).and_then(|arg| arg.to_str()).is_some_and(|word| COMMANDS.contains(&word)) {
        let command = args.remove(at);
        args.insert(1, command);
    }
    args
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
        let names: Vec<String> =
            Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        assert_eq!(names, COMMANDS);
    }

    #[test]
    fn a_place_is_a_path_and_a_line_and_perhaps_a_column() {
        let place = |path: &str, line| Ok(FileLine { path: path.into(), line });
        assert_eq!("a/b.py:12".parse(), place("a/b.py", 12));
        assert_eq!("a/b.py:12:7".parse(), place("a/b.py", 12));
        assert_eq!("C:/b.py:12".parse(), place("C:/b.py", 12));
        assert_eq!("a:b.py:12:7".parse(), place("a:b.py", 12));
        for wrong in ["b.py", "b.py:", "b.py:0", ":3", "b.py:x", ""] {
            assert!(wrong.parse::<FileLine>().is_err(), "{wrong}");
        }
    }

    fn first(args: &[&str]) -> Vec<String> {
        let args = std::iter::once("t").chain(args.iter().copied()).map(OsString::from).collect();
        command_first(args).into_iter().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_command_may_follow_global_options() {
        assert_eq!(first(&["--color", "never", "-qq", "rules"]), ["rules", "--color", "never", "-qq"]);
        assert_eq!(first(&["--color=never", "check", "rules"]), ["check", "--color=never", "rules"]);
        assert_eq!(first(&["--select", "x", "rules"]), ["--select", "x", "rules"]);
        assert_eq!(first(&["-v", "src", "rules"]), ["-v", "src", "rules"]);
        assert_eq!(first(&["--color"]), ["--color"]);
        assert_eq!(first(&[]), Vec::<String>::new());
    }
}
