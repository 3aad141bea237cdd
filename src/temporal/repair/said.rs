//! How code says the name of something in a library, and the import that it needs.
//!
//! Knows: the imports of a file and where another one belongs. Does not know: why a name is needed.

use crate::diagnostic::Edit;
use crate::python::Project;
use crate::semantic::{BindingId, BindingKind, BlockId, Import, ImportId, Module, Name, Stmt, StmtId, VariableId};
use crate::source::{FileId, Span, TextRange, TextSize};
use crate::temporal::stdlib::MODULES;

/// A module, or something in one.
#[derive(Debug, Clone, Copy)]
pub struct Library<'n> {
    /// The module.
    pub module: &'n str,
    /// What is meant in it; nothing for the module itself.
    pub member: Option<&'n str>,
}

/// A name in code.
pub(super) struct Said {
    pub text: String,
    /// What has to be imported for it.
    pub import: Option<Edit>,
}

/// How code in a block says a name. Nothing where the name that would be imported means something else there.
pub(super) fn said(project: &Project<'_>, file: FileId, block: BlockId, library: Library<'_>) -> Option<Said> {
    let module = project.module(file);
    if let Some(text) = said_already(module, block, library) {
        return Some(Said { text, import: None });
    }
    let wanted = Wanted::of(library);
    let name = Name::new(wanted.name);
    let is_taken = module.variable_read(name, block).is_some() || module.variable(module.global(), name).is_some();
    if is_taken {
        return None;
    }
    let source = project.source(file);
    let import = wanted.beside_others(module).or_else(|| wanted.on_its_own(module, &source.text_once()))?;
    let (range, content) = import;
    Some(Said { text: name.as_str().to_owned(), import: Some(Edit { span: Span { file, range }, content }) })
}

/// By an import that the file has, where it surely is made.
fn said_already(module: &Module, block: BlockId, library: Library<'_>) -> Option<String> {
    module.import_ids().filter(|id| is_always_made(module, module[*id])).find_map(|id| {
        let import = module[id];
        let (first, end) = import.bindings;
        let ids = (first.index()..end.index()).map(BindingId::from_index);
        ids.zip(module.list(import.names)).find_map(|(binding, alias)| {
            let variable = module[binding].variable;
            let name = module[variable].name;
            let is_seen = module.variable_read(name, block) == Some(variable);
            (is_seen && is_one_thing(module, variable))
                .then(|| stands_for(module[binding].kind, alias.name, name, library))
                .flatten()
        })
    })
}

/// Whether a name is bound once, or by imports of one package alone: `import a.b` and `import a.c`.
fn is_one_thing(module: &Module, variable: VariableId) -> bool {
    let package = |binding: BindingId| match module[binding].kind {
        BindingKind::Import { module } => Some(module),
        _ => None,
    };
    let [first, others @ ..] = module[variable].bindings.as_slice() else { return false };
    others.iter().all(|other| package(*other).is_some_and(|other| Some(other) == package(*first)))
}

/// What a name that an import binds says of a library.
fn stands_for(kind: BindingKind, imported: Name, name: Name, library: Library<'_>) -> Option<String> {
    let below = |module: &str| match (module == library.module, library.member) {
        (true, None) => Some(name.as_str().to_owned()),
        (true, Some(member)) => Some(format!("{name}.{member}")),
        _ => None,
    };
    match kind {
        BindingKind::ImportFrom { module, level: 0, name: member } => {
            let is_it = module == library.module && library.member == Some(member.as_str());
            if is_it { Some(name.as_str().to_owned()) } else { below(&format!("{module}.{member}")) }
        }
        // `import a.b` binds `a`, by which `a.b` can be said, since it was imported.
        BindingKind::Import { module } if module != imported && imported == library.module => {
            let member = library.member.map_or_else(String::new, |member| format!(".{member}"));
            Some(format!("{imported}{member}"))
        }
        BindingKind::Import { module } => below(module.as_str()),
        _ => None,
    }
}

/// Whether an import is one of the module's own statements, or stands in a `with` block among these.
fn is_always_made(module: &Module, import: Import) -> bool {
    fn is_among(module: &Module, suite: &[StmtId], wanted: StmtId) -> bool {
        suite.iter().any(|statement| match module[*statement] {
            Stmt::Import(_) => *statement == wanted,
            Stmt::With(with) => is_among(module, module.list(module[with].body), wanted),
            _ => false,
        })
    }
    is_among(module, module.list(module.body()), import.statement)
}

/// Whether a file imports the SDK for certain, or not at all.
fn has_own_import(module: &Module) -> bool {
    let mut own = own_imports(module).peekable();
    own.peek().is_none() || own.any(|id| is_always_made(module, module[id]))
}

/// The imports of the SDK.
pub(super) fn own_imports(module: &Module) -> impl Iterator<Item = ImportId> {
    module.import_ids().filter(|id| {
        let import = module[*id];
        let names = module.list(import.names).iter().map(|alias| alias.name);
        import.level == 0
            && import.from.into_iter().chain(names).next().is_some_and(|of| of.as_str().starts_with(OWN_PACKAGE))
    })
}

/// An import that is to be made.
struct Wanted<'n> {
    /// `from` where; nothing for `import`.
    from: Option<&'n str>,
    name: &'n str,
}

impl<'n> Wanted<'n> {
    fn of(library: Library<'n>) -> Self {
        match (library.member, library.module.rsplit_once('.')) {
            (Some(member), _) => Self { from: Some(library.module), name: member },
            (None, Some((parent, last))) => Self { from: Some(parent), name: last },
            (None, None) => Self { from: None, name: library.module },
        }
    }

    /// `from package import …` that the file has takes one more name.
    fn beside_others(&self, module: &Module) -> Option<(TextRange, String)> {
        let from = self.from?;
        let fits = |import: &Import| {
            import.level == 0 && import.from.is_some_and(|from_there| from_there == from) && has_names(module, import)
        };
        let import = top_imports(module).map(|(_, id)| module[id]).find(fits)?;
        let last = BindingId::from_index(import.bindings.1.index() - 1);
        Some((TextRange::empty(module[last].range.end()), format!(", {}", self.name)))
    }

    /// A statement of its own: in front of the others for a module of the standard library, behind the first ones else.
    fn on_its_own(&self, module: &Module, text: &str) -> Option<(TextRange, String)> {
        let statement = match self.from {
            Some(from) => format!("from {from} import {}", self.name),
            None => format!("import {}", self.name),
        };
        let body = module.list(module.body());
        let is_future = |id: &ImportId| module[*id].from.is_some_and(|from| from == "__future__");
        let mut imports = top_imports(module).filter(|(_, id)| !is_future(id));
        let (first, opening) = imports.next()?;
        let newline = newline(text);
        if self.from.is_none_or(|from| !from.starts_with(OWN_PACKAGE)) {
            let at = module.statement_span(body[first]).start();
            let before = &text[..at.to_usize()];
            // The standard library's imports are a group of their own.
            let gap = if is_of_standard_library(module, opening) { "" } else { newline };
            return (before.is_empty() || before.ends_with('\n'))
                .then(|| (TextRange::empty(at), format!("{statement}{newline}{gap}")));
        }
        // What has to run without the SDK imports it where that may fail.
        if !has_own_import(module) {
            return None;
        }
        let run = body[first..].iter().take_while(|id| matches!(module[**id], Stmt::Import(_))).count();
        let end = module.statement_span(body[first + run - 1]).end();
        let line_end = end.to_usize() + text[end.to_usize()..].find('\n')? + 1;
        let at = TextSize::try_from(line_end).ok()?;
        let next = body.get(first + run).map(|id| module.statement_span(*id).start());
        let Stmt::Import(last) = module[body[first + run - 1]] else { return None };
        let gap = if is_of_standard_library(module, last) { newline } else { "" };
        next.is_none_or(|next| next >= at).then(|| (TextRange::empty(at), format!("{gap}{statement}{newline}")))
    }
}

/// The package whose imports stand behind those of the standard library.
const OWN_PACKAGE: &str = "temporalio";

/// Whether a statement imports modules of the standard library.
fn is_of_standard_library(module: &Module, id: ImportId) -> bool {
    let import = module[id];
    let first = || module.list(import.names).first().map(|alias| alias.name);
    let name = if import.level > 0 { None } else { import.from.or_else(first) };
    let top = name.and_then(|name| name.as_str().split('.').next());
    top.is_some_and(|top| MODULES.binary_search(&top).is_ok())
}

/// The import statements among the module's own, each with its position there.
fn top_imports(module: &Module) -> impl Iterator<Item = (usize, ImportId)> + '_ {
    module.list(module.body()).iter().enumerate().filter_map(|(position, statement)| match module[*statement] {
        Stmt::Import(import) => Some((position, import)),
        _ => None,
    })
}

/// Whether it takes names, and not all of a module's.
fn has_names(module: &Module, import: &Import) -> bool {
    let (first, end) = import.bindings;
    first != end && end.index() - first.index() == module.list(import.names).len()
}

/// How lines of a text end.
pub(super) fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
