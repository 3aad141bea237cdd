//! Factories of fields whose signature a library asks for when the class is made.
//!
//! Knows: which version of the library the project around a file has. Does not know: what the sandbox says to it.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, Context};
use super::determinism::is_seen_at_import;
use super::effects::{Reached, sandbox_at_import};
use super::sandbox_settings::is_in_passing_block;
use super::surroundings::{InSandbox, while_loading};
use crate::diagnostic::Confidence;
use crate::semantic::Name;
use crate::source::{FileId, Requirements, Span, Version, required_by_script};

/// Whether the signatures of factories are asked for.
pub struct Factories<'a, 'e, 'p> {
    analysis: &'a Analysis<'e, 'p>,
    /// By package.
    requirements: RefCell<FxHashMap<&'static str, Requirements>>,
}

impl<'a, 'e, 'p> Factories<'a, 'e, 'p> {
    /// Nothing is looked at yet.
    #[must_use]
    pub fn new(analysis: &'a Analysis<'e, 'p>) -> Self {
        Self { analysis, requirements: RefCell::default() }
    }

    /// How sure it is that what describes a field in a file asks for the signature of its factory; none where the version of
    /// the library is too old for that.
    #[must_use]
    pub fn are_asked(&self, file: FileId, by: Name) -> Option<Confidence> {
        let analysis = self.analysis;
        let asks = analysis.known.behaviour.field_maker(by.as_str())?.asks_factories.as_ref()?;
        let source = analysis.project.source(file);
        let mut requirements = self.requirements.borrow_mut();
        let of_package = requirements.entry(&asks.package).or_insert_with(|| Requirements::of(&asks.package));
        let required = required_by_script(source.text(), source.path(), &asks.package)
            .or_else(|| of_package.required(source.path(), analysis.root));
        match required {
            Some(required) if Version::parse(&asks.since).is_some_and(|since| required.version >= since) => {
                Some(Confidence::High)
            }
            Some(required) if required.is_exact => None,
            _ => Some(Confidence::Medium),
        }
    }
}

impl Analysis<'_, '_> {
    /// The factories that the sandbox surely refuses when it loads their modules: nobody gets as far as to call them.
    #[must_use]
    pub fn refused_factories(&self) -> &FxHashSet<Span> {
        self.refused_factories.get_or_init(|| refused(self))
    }
}

fn refused(analysis: &Analysis<'_, '_>) -> FxHashSet<Span> {
    let factories = Factories::new(analysis);
    let mut found = FxHashSet::default();
    for reached in analysis.context(Context::Import) {
        for (id, node) in reached.reach.nodes() {
            for event in &node.events {
                let Some((call, by)) = Reached::inspected(event) else { continue };
                let file = node.code.file();
                if sandbox_at_import(call.name.as_str())
                    && is_seen_at_import(reached, id, event)
                    && !is_in_passing_block(reached, id, event)
                    && while_loading(analysis, file) == InSandbox::On
                    && factories.are_asked(file, by).is_some()
                {
                    found.insert(Span { file, range: event.range });
                }
            }
        }
    }
    found
}
