//! What a run is about, whatever it was told to look at.
//!
//! The same file gives the same findings whether it, its folder or the whole repository is named, so the project must
//! not depend on that. Knows: the marks of repositories and projects. Does not know: imports.

use camino::{Utf8Path, Utf8PathBuf};

/// Files that say that a folder is a project.
const PROJECT_FILES: [&str; 4] = ["pyproject.toml", "temporal-py-lint.toml", "setup.py", "setup.cfg"];

/// The root of a run on these folders, and the projects that they belong to, outermost ones.
///
/// A folder's project is the repository around it, else the outermost folder above that says that it is a project, so
/// that the members of a workspace are one. Where there is none, the root is the working directory or the folder itself.
/// Of several projects the root is what they have in common. `home`, or what lies above it, is no project.
pub(super) fn around(
    folders: &[&Utf8Path],
    cwd: &Utf8Path,
    home: Option<&Utf8Path>,
) -> (Utf8PathBuf, Vec<Utf8PathBuf>) {
    let mut projects: Vec<Utf8PathBuf> = Vec::new();
    let mut tops: Vec<&Utf8Path> = Vec::new();
    for folder in folders {
        let project = project(folder, home);
        tops.push(project.unwrap_or(if folder.starts_with(cwd) { cwd } else { folder }));
        projects.extend(project.map(Utf8Path::to_owned));
    }
    projects.sort();
    projects.dedup();
    (common(&tops).unwrap_or_else(|| cwd.to_owned()), projects)
}

/// The innermost folder around a file, below the root, that says that it is a project; else the root.
#[must_use]
pub fn nearest_project(file: &Utf8Path, root: &Utf8Path) -> Utf8PathBuf {
    let mut folders = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    folders.find(|folder| is_project(folder)).unwrap_or(root).to_owned()
}

fn is_project(folder: &Utf8Path) -> bool {
    PROJECT_FILES.iter().any(|name| folder.join(name).is_file())
}

fn project<'f>(folder: &'f Utf8Path, home: Option<&Utf8Path>) -> Option<&'f Utf8Path> {
    let is_home = |folder: &Utf8Path| folder.parent().is_none() || home.is_some_and(|home| home.starts_with(folder));
    let above: Vec<&Utf8Path> = folder.ancestors().take_while(|above| !is_home(above)).collect();
    let repository = above.iter().find(|above| above.join(".git").exists());
    let outermost = || above.iter().rev().find(|above| is_project(above));
    repository.or_else(outermost).copied()
}

/// The deepest folder that all of these lie in.
pub(super) fn common(folders: &[&Utf8Path]) -> Option<Utf8PathBuf> {
    let (first, rest) = folders.split_first()?;
    first.ancestors().find(|above| rest.iter().all(|folder| folder.starts_with(above))).map(Utf8Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root and the projects of folders below a fresh folder with these files.
    fn told(files: &[&str], folders: &[&str], cwd: &str) -> (String, Vec<String>) {
        let temporary = tempfile::tempdir().expect("a folder");
        let base = Utf8PathBuf::from_path_buf(temporary.path().canonicalize().expect("exists")).expect("UTF-8");
        for file in files {
            let path = base.join(file);
            std::fs::create_dir_all(path.parent().expect("below the base")).expect("a folder");
            std::fs::write(path, "").expect("written");
        }
        let folders: Vec<Utf8PathBuf> = folders.iter().map(|folder| base.join(folder)).collect();
        let folders: Vec<&Utf8Path> = folders.iter().map(Utf8PathBuf::as_path).collect();
        let (root, projects) = around(&folders, &base.join(cwd), Some(&base.join("home")));
        let shown = |path: Utf8PathBuf| path.strip_prefix(&base).map_or(path.to_string(), ToString::to_string);
        (shown(root), projects.into_iter().map(shown).collect())
    }

    #[test]
    fn the_repository_or_the_outermost_project_is_the_root_whatever_is_named() {
        let repository = ["m/.git/HEAD", "m/lib/pyproject.toml", "m/app/pyproject.toml"];
        let workspace = ["m/pyproject.toml", "m/lib/pyproject.toml", "m/app/pyproject.toml"];
        for files in [repository, workspace] {
            for named in [&["m"][..], &["m/lib"], &["m/app/x/y", "m/lib"], &["m/lib", "m/app"]] {
                assert_eq!(told(&files, named, "m/lib"), ("m".to_owned(), vec!["m".to_owned()]), "{files:?} {named:?}");
            }
        }
    }

    #[test]
    fn projects_side_by_side_have_their_folder_in_common() {
        let files = ["m/lib/pyproject.toml", "m/app/setup.py"];
        let both = ("m".to_owned(), vec!["m/app".to_owned(), "m/lib".to_owned()]);
        assert_eq!(told(&files, &["m/lib/a", "m/app"], "m"), both);
        assert_eq!(told(&files, &["m/app", "m/lib/a"], "elsewhere"), both);
        assert_eq!(told(&files, &["m"], "m"), ("m".to_owned(), vec![]));
    }

    #[test]
    fn a_home_folder_is_no_project() {
        let files = ["home/.git/HEAD", "home/pyproject.toml", "home/x/a.py"];
        assert_eq!(told(&files, &["home/x"], "home/x"), ("home/x".to_owned(), vec![]));
        assert_eq!(told(&files, &["home/x", "home/y"], "home"), ("home".to_owned(), vec![]));
    }
}
