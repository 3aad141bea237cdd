use camino::Utf8PathBuf;

use crate::diagnostic::Confidence;

/// What a run is to do, as meant: paths absolute, files and command line merged, selectors not yet resolved to rules.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that holds `pyproject.toml`, or the working directory: reported paths are relative to the working
    /// directory, `exclude` patterns and test folders to this one.
    pub project_root: Utf8PathBuf,
    /// Files and folders to check, absolute.
    pub paths: Vec<Utf8PathBuf>,
    /// Import roots, absolute, before those that are found.
    pub src: Vec<Utf8PathBuf>,
    /// `.gitignore`-style patterns of what is not walked.
    pub exclude: Vec<String>,
    /// Selectors that replace the default set; empty for the default set.
    pub select: Vec<String>,
    /// Selectors added to it.
    pub extend_select: Vec<String>,
    /// Selectors taken out.
    pub ignore: Vec<String>,
    /// Findings below it are counted, not shown.
    pub confidence: Confidence,
    /// Worker threads; `None` for one a core.
    pub threads: Option<usize>,
    /// A file given on standard input: its path (absolute) and its bytes.
    pub stdin: Option<(Utf8PathBuf, Vec<u8>)>,
}
