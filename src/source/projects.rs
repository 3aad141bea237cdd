//! The projects inside a project: what such a folder holds is installed, and imported by name from the whole project.
//!
//! Knows: their folders, and which names stand directly in these and in their `src`. Does not know: what lies below a name, or which
//! of the projects is installed.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use rustc_hash::{FxHashMap, FxHashSet};

use super::requirements::names_of_project;

/// A project inside a project.
pub(super) struct Member {
    /// Where imports start in it: its folder, then its `src`.
    pub starts: [Utf8PathBuf; 2],
    /// What others require it by.
    names: Vec<String>,
}

impl Member {
    fn new(folder: Utf8PathBuf) -> Self {
        Self { names: names_of_project(&folder), starts: [folder.clone(), folder.join("src")] }
    }

    /// Whether others require it by this name, as registries compare names.
    pub(super) fn is_required_as(&self, package: &str) -> bool {
        self.names.iter().any(|name| name == package)
    }
}

/// The projects inside a project.
#[derive(Default)]
pub(super) struct Projects {
    members: Vec<Member>,
    /// By a name that stands there, their positions in `members`.
    holders: FxHashMap<String, Vec<usize>>,
}

impl Projects {
    /// These folders' projects. `files` are known to be there, whatever the disk says (standard input).
    pub(super) fn new<'f>(mut folders: Vec<Utf8PathBuf>, files: impl Iterator<Item = &'f Utf8Path>) -> Self {
        folders.sort();
        let members: Vec<Member> = folders.into_iter().map(Member::new).collect();
        let mut names: FxHashSet<(usize, String)> = FxHashSet::default();
        let mut positions: FxHashMap<&str, usize> = FxHashMap::default();
        let starts = members.iter().enumerate().flat_map(|(at, member)| member.starts.iter().map(move |one| (at, one)));
        for (position, start) in starts {
            positions.insert(start.as_str(), position);
            names.extend(standing_in(start).map(|name| (position, name)));
        }
        for file in files {
            let position = file.parent().and_then(|folder| positions.get(folder.as_str()));
            names.extend(position.copied().zip(file.file_stem().map(str::to_owned)));
        }
        let mut holders: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        names.into_iter().for_each(|(position, name)| holders.entry(name).or_default().push(position));
        holders.values_mut().for_each(|positions| positions.sort_unstable());
        Self { members, holders }
    }

    /// Where imports start in each.
    pub(super) fn starts(&self) -> impl Iterator<Item = &Utf8PathBuf> {
        self.members.iter().flat_map(|member| &member.starts)
    }

    /// Those in which a top-level name stands, the nearest to a file first; those that are as near as each other together.
    pub(super) fn holding(&self, top: &str, file: &Utf8Path) -> impl Iterator<Item = Vec<&Member>> + use<'_> {
        let mut by_distance: BTreeMap<usize, Vec<&Member>> = BTreeMap::new();
        for member in self.holders.get(top).into_iter().flatten().map(|position| &self.members[*position]) {
            by_distance.entry(steps_up(file, &member.starts[0])).or_default().push(member);
        }
        by_distance.into_values()
    }
}

/// The names that modules and packages in a folder may have.
fn standing_in(folder: &Utf8Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).map(|name| {
        let stem = name.strip_suffix(".py").or_else(|| name.strip_suffix(".pyi"));
        stem.map(str::to_owned).unwrap_or(name)
    })
}

/// How many folders lie between a file and the nearest one around it that holds a project, too.
fn steps_up(file: &Utf8Path, project: &Utf8Path) -> usize {
    file.ancestors().take_while(|around| !project.starts_with(around)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_that_hold_a_name_come_nearest_first_and_as_near_ones_together() {
        let temporary = tempfile::tempdir().expect("a folder");
        let base = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("UTF-8");
        for name in ["a/lib/billing", "a/app/jobs", "b/lib/src/billing", "c/lib/billing"] {
            std::fs::create_dir_all(base.join(name)).expect("made");
        }
        let folders = ["a/lib", "a/app", "b/lib", "c/lib"].map(|name| base.join(name)).to_vec();
        let given = base.join("b/lib/src/typed.py");
        let projects = Projects::new(folders, std::iter::once(given.as_path()));
        let holding = |top: &str, file: &str| -> Vec<Vec<String>> {
            let groups = projects.holding(top, &base.join(file));
            let name = |member: &Member| member.starts[0].strip_prefix(&base).expect("below").to_string();
            groups.map(|group| group.into_iter().map(name).collect()).collect()
        };
        assert_eq!(holding("billing", "a/app/jobs/run.py"), [vec!["a/lib"], vec!["b/lib", "c/lib"]]);
        assert_eq!(holding("billing", "d/run.py"), [vec!["a/lib", "b/lib", "c/lib"]]);
        assert_eq!(holding("typed", "a/app/run.py"), [vec!["b/lib"]]);
        assert!(holding("redis", "a/app/run.py").is_empty());
    }
}
