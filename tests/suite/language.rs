//! The engine's own behaviour, feature by feature: the pages below `tests/language`.
//!
//! A page is prose with Python code. Each block of code is a project of its own, of one file, or of several that begin with
//! `# file: name.py`. A comment at the end of a line says what holds there:
//!
//! - `# value: …`: what the expression of the line is: a statement, or what an assignment or `return` gives. Written as
//!   [`Evaluator::shown`] does.
//! - `# reached`, `# dead`: whether the line runs when `main()` is called.
//!
//! What a page does not say is not held against the engine.

use std::fmt::Write as _;
use std::path::Path;

use temporal_py_lint::python::{Code, Evaluator, FunctionRef, Place, Project, Reach, Root};
use temporal_py_lint::semantic::{ExprId, Name, Stmt, StmtId};
use temporal_py_lint::source::{FileId, ImportRoots, Sources};
use temporal_py_lint::temporal::{Known, Side, TemporalWorld};

use super::checked::{Files, utf8};

#[test]
fn the_engine_does_what_the_pages_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language");
    let mut wrong = String::new();
    let mut said = 0;
    for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.expect("the pages are readable");
        if entry.path().extension().is_some_and(|ending| ending == "md") {
            let text = std::fs::read_to_string(entry.path()).expect("a page is UTF-8");
            let page = entry.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            for (line, code) in blocks(&text) {
                said += check(&page, line, &code, &mut wrong);
            }
        }
    }
    assert!(said > 80, "the pages say only {said} things");
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// The blocks of Python code of a page, with the line of the page that each begins after.
pub fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (&mut open, line.trim_end()) {
            (None, "```python") => open = Some((number, String::new())),
            (Some(_), "```") => found.extend(open.take()),
            (Some((_, code)), _) => {
                code.push_str(line);
                code.push('\n');
            }
            (None, _) => {}
        }
    }
    found
}

/// The files of a block, each with the line of the block that it begins after.
pub fn files_of(code: &str) -> Vec<(String, usize, String)> {
    let mut files = vec![("page.py".to_owned(), 0, String::new())];
    for (number, line) in (1..).zip(code.lines()) {
        if let Some(name) = line.strip_prefix("# file: ") {
            files.push((name.to_owned(), number, String::new()));
        } else if let Some((_, _, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    files.retain(|(_, _, text)| !text.trim().is_empty());
    files
}

/// Compares a block with what it says of itself; gives how many things it says.
fn check(page: &str, line: usize, code: &str, wrong: &mut String) -> usize {
    let files = files_of(code);
    let written: Vec<(&str, &str)> = files.iter().map(|(name, _, text)| (name.as_str(), text.as_str())).collect();
    let folder = Files::new(&written);
    let root = utf8(&folder.root());
    let sources = Sources::new();
    let roots = ImportRoots::new(root.clone(), Vec::new(), std::slice::from_ref(&root));
    let project = Project::new(&sources, &roots, std::slice::from_ref(&root));
    let world = TemporalWorld::new(Side::Any, Known::usual());
    let ids: Vec<FileId> = files.iter().map(|(name, _, _)| project.file(&root.join(name))).collect();
    let evaluator = Evaluator::new(&project, &world);
    let reach =
        main_of(&project, &ids).map(|root| Reach::run(Evaluator::new(&project, &world), &[root], true, Vec::new()));
    let mut said = 0;
    for ((_, first, text), &file) in files.iter().zip(&ids) {
        for (row, words) in (1..).zip(text.lines()) {
            let Some((_, expected)) = words.split_once("# ") else { continue };
            let found = if let Some(value) = expected.strip_prefix("value: ") {
                Some((value.to_owned(), value_at(&evaluator, file, row)))
            } else if matches!(expected, "reached" | "dead") {
                let reached = reach.as_ref().is_some_and(|reach| is_reached(reach, file, row));
                Some((expected.to_owned(), if reached { "reached" } else { "dead" }.to_owned()))
            } else {
                None
            };
            let Some((expected, found)) = found else { continue };
            said += 1;
            if expected != found {
                let at = line + first + row;
                writeln!(wrong, "{page}:{at}: `{}`\n    expected {expected}, found {found}", words.trim())
                    .expect("a String takes all");
            }
        }
    }
    said
}

fn main_of(project: &Project<'_>, files: &[FileId]) -> Option<Root> {
    files.iter().find_map(|&file| {
        let module = project.module(file);
        let is_main = |id: &temporal_py_lint::semantic::FunctionId| {
            module[*id].name == Name::new("main") && module[*id].parent == module.global()
        };
        let function = module.function_ids().find(is_main)?;
        let code = Code::Function(FunctionRef { file, function });
        Some(Root { code, receiver: None, outer: None })
    })
}

/// The statement of a row: the one that begins there.
fn statement_at(project: &Project<'_>, file: FileId, row: usize) -> Option<StmtId> {
    let (module, source) = (project.module(file), project.source(file));
    module.statement_ids().find(|id| source.line_column(module.statement_span(*id).start()).row == row)
}

fn value_at(evaluator: &Evaluator<'_>, file: FileId, row: usize) -> String {
    let project = evaluator.project();
    let module = project.module(file);
    let of_statement = statement_at(project, file, row).and_then(|id| match module[id] {
        Stmt::Expr(value) | Stmt::Assign { value, .. } => Some(value),
        Stmt::Return(value) | Stmt::Declare { value, .. } => value,
        _ => None,
    });
    let shown = |value: ExprId| evaluator.shown(&evaluator.value(value, Place { file, frame: None }));
    of_statement.map_or_else(|| "no expression on this line".to_owned(), shown)
}

fn is_reached(reach: &Reach<'_>, file: FileId, row: usize) -> bool {
    let project = reach.evaluator().project();
    let module = project.module(file);
    let Some(statement) = statement_at(project, file, row) else { return false };
    let block = module.block_of(statement);
    reach.nodes().any(|(id, node)| match node.code {
        Code::Function(function) => {
            function.file == file
                && module[block].function == Some(function.function)
                && reach.evaluator().may_run(block, reach.place(id))
        }
        Code::Module(loaded) => loaded == file && module[block].function.is_none(),
        Code::Initialiser { .. } | Code::Factory { .. } => false,
    })
}
