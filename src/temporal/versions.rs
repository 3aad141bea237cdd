//! Names and parameters of the SDK that the version of a project does not have.
//!
//! Knows: which version the project around a file says it has, and since and until when the SDK has a name or parameter; the
//! integrations that have moved to packages of their own. Does not know: what is installed.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::Analysis;
use super::sdk_calls::SdkCall;
use super::sdk_names::{asked_for, is_tried, names_from_sdk, root_block, root_name};
use crate::python::{ClassRef, Place, Value};
use crate::registry::{sdk_class, sdk_module_has, sdk_name_until, sdk_signature};
use crate::semantic::{Expr, Name};
use crate::source::{FileId, Required, Requirements, Span, TextRange, Version, packages_of_script, required_by_script};

/// The package whose version decides.
const PACKAGE: &str = "temporalio";

/// A name or parameter that the project's version of the SDK does not have.
#[derive(Debug, Clone)]
pub struct OtherVersion {
    /// Where it is used.
    pub span: Span,
    /// How it is called.
    pub name: String,
    /// Why it is not there.
    pub fault: VersionFault,
    /// What the project says of its version; none where it says nothing, and only versions that are old have the name.
    pub required: Option<Required>,
}

/// Why something is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionFault {
    /// The SDK has it since this version.
    Since(String),
    /// This is the last version that has it.
    Until(String),
    /// It has moved to this package, which the project does not name.
    Moved(String),
}

/// Since when integrations only forward to packages of their own.
const MOVED_SINCE: Version = Version(1, 35, 0);

/// These integrations, and the extra of the SDK that brings the package, whose name is `temporalio-` and that of the extra
/// (METADATA of temporalio 1.35.0).
const MOVED: &[(&str, &str)] = &[
    ("temporalio.contrib.deepagents", "deepagents"),
    ("temporalio.contrib.google_adk_agents", "google-adk"),
    ("temporalio.contrib.google_genai", "google-genai"),
    ("temporalio.contrib.langgraph", "langgraph"),
    ("temporalio.contrib.langsmith", "langsmith"),
    ("temporalio.contrib.openai_agents", "openai-agents"),
    ("temporalio.contrib.strands", "strands-agents"),
];

/// What the projects around files say of the SDK; each file is looked at once.
pub struct Versions<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    by_file: RefCell<FxHashMap<FileId, Option<Required>>>,
    requirements: Requirements,
}

impl<'a, 'e, 'p> Versions<'a, 'e, 'p> {
    /// Nothing is looked at yet.
    #[must_use]
    pub fn new(analysis: &'a Analysis<'e, 'p>) -> Self {
        Self { analysis, by_file: RefCell::default(), requirements: Requirements::of(PACKAGE) }
    }

    /// The version of the SDK that the project around a file says it has.
    #[must_use]
    pub fn of(&self, file: FileId) -> Option<Required> {
        if let Some(known) = self.by_file.borrow().get(&file) {
            return known.clone();
        }
        let found = self.find(file);
        self.by_file.borrow_mut().insert(file, found.clone());
        found
    }

    fn find(&self, file: FileId) -> Option<Required> {
        let source = self.analysis.project.source(file);
        let path = source.path();
        if let Some(own) = required_by_script(source.text(), path, PACKAGE) {
            return Some(own);
        }
        if let Some(stated) = self.analysis.worlds.stated.sdk_version(path) {
            return Some(stated.clone());
        }
        self.requirements.required(path, self.analysis.root)
    }

    /// Whether the project around a file, or the script that it is, names one of some packages.
    fn names_one_of(&self, file: FileId, wanted: &[String]) -> bool {
        let source = self.analysis.project.source(file);
        match packages_of_script(source.text()) {
            Some(own) => wanted.iter().any(|package| own.contains(package)),
            None => self.requirements.names_one_of(source.path(), self.analysis.root, wanted),
        }
    }
}

impl Analysis<'_, '_> {
    /// The names and parameters in all files that the version of their project does not have.
    #[must_use]
    pub fn other_versions(&self) -> &[OtherVersion] {
        self.other_versions.get_or_init(|| other_versions(self))
    }
}

fn other_versions(analysis: &Analysis<'_, '_>) -> Vec<OtherVersion> {
    let versions = Versions::new(analysis);
    let mut calls: FxHashMap<FileId, Vec<&SdkCall>> = FxHashMap::default();
    for call in analysis.sdk_calls() {
        calls.entry(call.span.file).or_default().push(call);
    }
    let mut found = Vec::new();
    for file in analysis.files.iter().copied() {
        let reader = Reader { analysis, file, versions: &versions };
        let mut of_file = reader.names();
        let said: FxHashSet<String> = of_file.iter().map(|other| other.name.clone()).collect();
        for call in calls.get(&file).into_iter().flatten() {
            of_file.extend(reader.call(call).into_iter().filter(|other| !said.contains(&other.name)));
        }
        // What asks first whether a name is there knows that it may not be.
        let asked = asked_for(analysis.project.module(file));
        of_file.retain(|other| !asked.iter().any(|asked| other.name.ends_with(&format!(".{asked}"))));
        of_file.extend(reader.moved());
        of_file.sort_by_key(|other| other.span.range.start());
        found.extend(of_file);
    }
    found
}

/// Why a name is not there, and what the project says of its version.
type Fault = (VersionFault, Option<Required>);

struct Reader<'r, 'e, 'p> {
    analysis: &'r Analysis<'e, 'p>,
    file: FileId,
    /// Asked only for what some version lacks: lock files are large.
    versions: &'r Versions<'r, 'e, 'p>,
}

impl Reader<'_, '_, '_> {
    /// Why the project's version does not have something, and that version.
    fn fault(&self, since: Option<&str>, until: Option<&str>) -> Option<Fault> {
        since.or(until)?;
        let required = self.versions.of(self.file)?;
        let version = required.version;
        let is_later = |since: &&str| Version::parse(since).is_some_and(|since| since > version);
        let is_gone =
            |until: &&str| Version::parse(until).is_some_and(|until| until < version || allows_after(&required, until));
        if let Some(since) = since.filter(is_later) {
            return Some((VersionFault::Since(since.to_owned()), Some(required)));
        }
        until.filter(is_gone).map(|until| (VersionFault::Until(until.to_owned()), Some(required)))
    }

    /// Names in modules whose names are all known, as in those that are generated attributes come and go unseen.
    fn of_name(&self, name: &str) -> Option<Fault> {
        let module = name.match_indices('.').nth(1).map_or(name, |(end, _)| &name[..end]);
        sdk_module_has(module, "")?;
        let (since, until) = match (sdk_class(name), sdk_signature(name)) {
            (Some(class), _) => (class.since.as_deref(), class.until.as_deref()),
            (None, Some(signature)) => (signature.since.as_deref(), signature.until.as_deref()),
            // Most of these the module only imported for itself.
            (None, None) => {
                let until = sdk_name_until(module, name.strip_prefix(module)?.strip_prefix('.')?)?;
                // Whichever version it is, the name is better taken from where it is defined.
                if self.versions.of(self.file).is_none() {
                    return Some((VersionFault::Until(until.to_owned()), None));
                }
                (None, Some(until))
            }
        };
        self.fault(since, until)
    }

    fn made(&self, range: TextRange, name: String, (fault, required): Fault) -> OtherVersion {
        OtherVersion { span: Span { file: self.file, range }, name, fault, required }
    }

    /// Imports, and attributes of modules.
    fn names(&self) -> Vec<OtherVersion> {
        let module = self.analysis.project.module(self.file);
        let evaluator = self.analysis.evaluator;
        let place = Place { file: self.file, frame: None };
        let mut found = Vec::new();
        for import in module.import_ids() {
            let statement = module[import];
            let Some(from) = statement.from.filter(|from| statement.level == 0 && is_sdk(*from)) else { continue };
            if is_tried(module, statement.block) || !evaluator.may_run(statement.block, place) {
                continue;
            }
            for alias in module.list(statement.names) {
                let name = format!("{from}.{}", alias.name);
                let range = module.statement_span(statement.statement);
                found.extend(self.of_name(&name).map(|fault| self.made(range, name, fault)));
            }
        }
        let from_sdk = names_from_sdk(module);
        for expr in module.expression_ids() {
            let Expr::Attribute { value, name } = module[expr] else { continue };
            if root_name(module, value).is_none_or(|root| !from_sdk.contains(&root)) {
                continue;
            }
            let owner = evaluator.value(value, place);
            let Some(Value::Outside(owner)) = owner.only().map(|owner| evaluator.get(owner)) else { continue };
            let Some(block) = root_block(module, value) else { continue };
            if is_tried(module, block) || !evaluator.may_run(block, place) {
                continue;
            }
            let name = format!("{owner}.{name}");
            found.extend(self.of_name(&name).map(|fault| self.made(module.span(expr), name, fault)));
        }
        found
    }

    /// A method, or a parameter.
    fn call(&self, call: &SdkCall) -> Vec<OtherVersion> {
        if call.is_doubtful || is_tried(self.analysis.project.module(self.file), call.block) {
            return Vec::new();
        }
        let name = call.callee.as_str();
        if self.is_handed_on(call) {
            return Vec::new();
        }
        if let Some(fault) = self.of_name(name) {
            return vec![self.made(call.callee_range, name.to_owned(), fault)];
        }
        let of_argument = |given: &super::sdk_calls::SdkArgument| {
            let parameter = given.parameter?;
            given.expr?;
            let fault = self.fault(parameter.since.as_deref(), parameter.until.as_deref())?;
            Some(self.made(given.range, format!("{}({}=…)", call.short_name(), parameter.name), fault))
        };
        call.arguments.iter().filter_map(of_argument).collect()
    }

    /// Whether a method of an SDK's class is called in what overrides it: an SDK that does not have the method calls neither.
    fn is_handed_on(&self, call: &SdkCall) -> bool {
        let (Some(function), Some((owner, method))) = (call.function, call.callee.as_str().rsplit_once('.')) else {
            return false;
        };
        let definition = &self.analysis.project.module(function.file)[function.function];
        definition.name == method
            && definition.class.is_some_and(|class| {
                let class = ClassRef { file: function.file, class };
                self.analysis.evaluator.derives_from(class, None, &|base| base == owner)
            })
    }

    /// Imports of integrations that have moved.
    fn moved(&self) -> Vec<OtherVersion> {
        let module = self.analysis.project.module(self.file);
        let mut found = Vec::new();
        for import in module.import_ids() {
            let statement = module[import];
            if statement.level > 0 || is_tried(module, statement.block) {
                continue;
            }
            let names = module.list(statement.names);
            let imported = match statement.from {
                Some(from) => names.iter().map(|alias| Name::new(&format!("{from}.{}", alias.name))).collect(),
                None => names.iter().map(|alias| alias.name).collect::<Vec<_>>(),
            };
            let is_of =
                |name: Name, moved: &str| name.as_str() == moved || name.as_str().starts_with(&format!("{moved}."));
            let moved = MOVED.iter().find(|(moved, _)| imported.iter().any(|name| is_of(*name, moved)));
            let required = moved.and_then(|_| self.versions.of(self.file)).filter(|has| has.version >= MOVED_SINCE);
            if let (Some((moved, extra)), Some(required)) =
                (moved.filter(|(_, extra)| self.lacks_extra(extra)), required)
            {
                let range = module.statement_span(statement.statement);
                let fault = VersionFault::Moved(format!("{PACKAGE}-{extra}"));
                found.push(self.made(range, (*moved).to_owned(), (fault, Some(required))));
            }
        }
        found
    }

    /// Whether the project names neither an extra of the SDK nor the package that it brings.
    fn lacks_extra(&self, extra: &str) -> bool {
        !self.versions.names_one_of(self.file, &[format!("{PACKAGE}-{extra}"), format!("{PACKAGE}[{extra}]")])
    }
}

/// Whether a project that names no one version allows a release behind another one.
fn allows_after(required: &Required, last: Version) -> bool {
    let next = Version(last.0, last.1 + 1, 0);
    !required.is_exact && required.below.is_none_or(|below| below > next)
}

fn is_sdk(name: Name) -> bool {
    name.as_str().split('.').next() == Some(PACKAGE)
}
