//! The harnesses: where each looks for agent files, and the agent in the form of each.
//!
//! Knows: paths, front matters, and the mark by which a file says that it was written here. Does not know: whether a
//! file is right ([`check`](super::check)), or whether one may be written ([`install`](super::install)).

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::front_matter;
use crate::source::fnv;

/// The agent's name, and that of its file.
pub(super) const NAME: &str = "temporal-python";

/// The one source of the agent, in Claude Code's form.
const SOURCE: &str = include_str!("../../agents/temporal-python.md");

/// What a file that is written by `agent install` says of itself, before the hash.
const MARK: &str = "# Written by temporal-py-lint ";

/// A program that runs coding agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Harness {
    /// Claude Code
    #[default]
    Claude,
    /// Codex
    Codex,
    /// Cursor
    Cursor,
    /// OpenCode
    Opencode,
}

/// Whose agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's who works on the project.
    Project,
    /// One user's, in all projects.
    User,
}

/// The front matter that Cursor reads.
#[derive(Serialize)]
struct Cursor<'a> {
    name: &'a str,
    description: &'a str,
    model: &'a str,
}

/// The front matter that OpenCode reads; the file's name is the agent's.
#[derive(Serialize)]
struct Opencode<'a> {
    description: &'a str,
    mode: &'a str,
}

/// A Codex agent's file.
#[derive(Serialize)]
struct Codex<'a> {
    name: &'a str,
    description: &'a str,
    developer_instructions: &'a str,
}

impl Harness {
    /// The harness that reads a file, by the folder it lies in and its ending; Claude Code's where neither tells.
    #[must_use]
    pub fn of(path: &Utf8Path) -> Self {
        let folder = |name: &str| path.components().any(|part| part.as_str() == name);
        if path.extension() == Some("toml") {
            Self::Codex
        } else if folder(".cursor") {
            Self::Cursor
        } else if folder(".opencode") || path.as_str().contains("/.config/opencode/") {
            Self::Opencode
        } else {
            Self::Claude
        }
    }

    /// Where its agents lie: below `base`, a project's folder or the user's home. `variable` gives the environment's
    /// variables, by which a user may have moved the harness's own folder.
    #[must_use]
    pub fn path(self, scope: Scope, base: &Utf8Path, variable: &dyn Fn(&str) -> Option<Utf8PathBuf>) -> Utf8PathBuf {
        let (folder, moved_by) = match (self, scope) {
            (Self::Claude, _) => (".claude", Some("CLAUDE_CONFIG_DIR")),
            (Self::Codex, _) => (".codex", Some("CODEX_HOME")),
            (Self::Cursor, _) => (".cursor", None),
            (Self::Opencode, Scope::Project) => (".opencode", None),
            (Self::Opencode, Scope::User) => (".config/opencode", None),
        };
        let moved = moved_by.filter(|_| scope == Scope::User).and_then(variable);
        let config_home = || variable("XDG_CONFIG_HOME").map(|config| config.join("opencode"));
        let moved = if (self, scope) == (Self::Opencode, Scope::User) { config_home() } else { moved };
        let ending = if self == Self::Codex { "toml" } else { "md" };
        moved.unwrap_or_else(|| base.join(folder)).join("agents").join(format!("{NAME}.{ending}"))
    }

    /// The agent's file, with a comment by which `agent install` knows it again.
    pub(super) fn file(self) -> String {
        let source = SOURCE.replace("\r\n", "\n");
        let Some(parts) = front_matter::split(&source) else { return source };
        let head = self.head(&parts);
        let text = match self {
            Self::Codex => head,
            _ => format!("---\n{head}---\n{}", parts.body),
        };
        let mark = format!("{MARK}{}, content {:016x}\n", env!("CARGO_PKG_VERSION"), fnv(text.as_bytes()));
        let at = if self == Self::Codex { 0 } else { "---\n".len() };
        format!("{}{mark}{}", &text[..at], &text[at..])
    }

    /// The front matter; of a Codex file, all.
    fn head(self, parts: &front_matter::Parts<'_>) -> String {
        let field = |name: &str| parts.value().ok().and_then(|value| Some(value.get(name)?.as_str()?.to_owned()));
        let description = field("description").unwrap_or_default();
        let description = description.as_str();
        let head = match self {
            Self::Claude => Ok(parts.head.to_owned()),
            Self::Cursor => serde_yaml::to_string(&Cursor { name: NAME, description, model: "inherit" }).map_err(drop),
            Self::Opencode => serde_yaml::to_string(&Opencode { description, mode: "subagent" }).map_err(drop),
            Self::Codex => {
                let file = Codex { name: NAME, description, developer_instructions: parts.body.trim_start() };
                toml::to_string_pretty(&file).map_err(drop)
            }
        };
        head.expect("text can be written as YAML and as TOML")
    }
}

/// Whether a file was written by `agent install`, and is as it was written; or is a copy of the source.
pub(super) fn is_ours(text: &str) -> bool {
    let text = text.replace("\r\n", "\n");
    if text == SOURCE.replace("\r\n", "\n") {
        return true;
    }
    let Some((start, line)) = marked_line(&text) else { return false };
    let written = line.rsplit(' ').next().and_then(|hash| u64::from_str_radix(hash.trim_end(), 16).ok());
    let content = format!("{}{}", &text[..start], &text[start + line.len()..]);
    written == Some(fnv(content.as_bytes()))
}

/// The line by which a file says that it was written by `agent install`, with where it begins.
fn marked_line(text: &str) -> Option<(usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    lines.take(2).find(|(_, line)| line.starts_with(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Harness; 4] = [Harness::Claude, Harness::Codex, Harness::Cursor, Harness::Opencode];

    #[test]
    fn a_file_is_known_again_until_it_is_changed() {
        for harness in ALL {
            let file = harness.file();
            assert!(is_ours(&file) && is_ours(&file.replace('\n', "\r\n")), "{harness:?}");
            assert!(!is_ours(&format!("{file}\nmore\n")), "{harness:?}");
        }
        assert!(is_ours(SOURCE));
        assert!(!is_ours("---\nname: temporal-python\ndescription: mine\n---\nmine\n"));
    }

    #[test]
    fn every_harness_has_the_same_body() {
        let source = SOURCE.replace("\r\n", "\n");
        let body = front_matter::split(&source).expect("the source has front matter").body;
        for harness in [Harness::Claude, Harness::Cursor, Harness::Opencode] {
            assert!(harness.file().ends_with(body), "{harness:?}");
        }
        let codex: toml::Table = Harness::Codex.file().parse().expect("TOML");
        assert_eq!(codex["developer_instructions"].as_str(), Some(body.trim_start()));
        assert_eq!(codex["name"].as_str(), Some(NAME));
    }

    #[test]
    fn files_lie_where_the_harness_looks() {
        let none = |_: &str| None;
        let base = Utf8Path::new("/b");
        let path = |harness: Harness, scope| harness.path(scope, base, &none);
        assert_eq!(path(Harness::Claude, Scope::Project), "/b/.claude/agents/temporal-python.md");
        assert_eq!(path(Harness::Codex, Scope::User), "/b/.codex/agents/temporal-python.toml");
        assert_eq!(path(Harness::Cursor, Scope::User), "/b/.cursor/agents/temporal-python.md");
        assert_eq!(path(Harness::Opencode, Scope::Project), "/b/.opencode/agents/temporal-python.md");
        assert_eq!(path(Harness::Opencode, Scope::User), "/b/.config/opencode/agents/temporal-python.md");
        let moved = |_: &str| Some(Utf8PathBuf::from("/m"));
        assert_eq!(Harness::Claude.path(Scope::User, base, &moved), "/m/agents/temporal-python.md");
        assert_eq!(Harness::Claude.path(Scope::Project, base, &moved), "/b/.claude/agents/temporal-python.md");
        assert_eq!(Harness::Opencode.path(Scope::User, base, &moved), "/m/opencode/agents/temporal-python.md");
        for harness in ALL {
            assert_eq!(Harness::of(&path(harness, Scope::Project)), harness);
            assert_eq!(Harness::of(&path(harness, Scope::User)), harness);
        }
    }
}
