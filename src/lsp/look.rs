use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use camino::{Utf8Path, Utf8PathBuf};

use super::documents::Document;
use crate::config::{Options, Resolved, StandardInput, resolve};
use crate::lint::{Report, Traced, check_and_trace};

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Request {
    /// The folders that are open.
    pub roots: Vec<Utf8PathBuf>,
    /// The documents that are open.
    pub documents: BTreeMap<Utf8PathBuf, Document>,
    /// The user's home folder, which is no project.
    pub home: Option<Utf8PathBuf>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Look {
    /// One of each folder, and of each document that lies in none.
    pub reports: Vec<Report>,
    /// The functions that workflows and activities run.
    pub traced: Traced,
    /// The documents as they were looked at.
    pub documents: BTreeMap<Utf8PathBuf, Document>,
    /// What could not be looked at, and why.
    pub problems: Vec<String>,
}

/// Looks at the folders that hold open documents, and at documents that lie in none. That the tool fails is told, and ends
/// nothing.
pub(super) fn look(request: Request) -> Look {
    let mut found = Look::default();
    let is_used = |root: &&Utf8PathBuf| request.documents.keys().any(|path| path.starts_with(root));
    for root in request.roots.iter().filter(is_used) {
        let options = Options { paths: vec![root.clone()], home: request.home.clone(), ..Options::default() };
        run(&options, root, &request, &mut found);
    }
    let is_outside = |path: &Utf8Path| !request.roots.iter().any(|root| path.starts_with(root));
    for (path, document) in request.documents.iter().filter(|(path, _)| is_outside(path)) {
        let input = StandardInput { path: Some(path.clone()), bytes: document.text.clone().into_bytes() };
        let options = Options { stdin: Some(input), home: request.home.clone(), ..Options::default() };
        run(&options, path.parent().unwrap_or(path), &request, &mut found);
    }
    found.documents = request.documents;
    found
}

fn run(options: &Options, folder: &Utf8Path, request: &Request, found: &mut Look) {
    let work = || {
        let Resolved { mut settings, .. } = resolve(options, folder).map_err(|error| error.to_string())?;
        // A document that lies in no folder is looked at alone.
        if !settings.paths.is_empty() {
            let within = request.documents.iter().filter(|(path, _)| path.starts_with(folder));
            settings.unsaved.extend(within.map(|(path, document)| (path.clone(), document.text.clone().into_bytes())));
        }
        let (report, traced) = check_and_trace(&settings);
        match settings.configurations.take_problems().into_iter().next() {
            Some(problem) => Err(problem.to_string()),
            None => Ok((report, traced)),
        }
    };
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok((report, traced))) => {
            found.traced.extend(traced);
            let failed = report.stats.internal_errors.iter();
            found.problems.extend(failed.map(|error| format!("internal error: {}", error.message)));
            found.reports.push(report);
        }
        Ok(Err(problem)) => found.problems.push(problem),
        Err(_) => found.problems.push("internal error: this is a bug in temporal-py-lint".to_owned()),
    }
}
