//! With whose eyes a version of a workflow is looked at: those of a history that the version before wrote.
//!
//! Knows: which patches, fields, arguments and handlers there were. Does not know: what is made of that.

use rustc_hash::{FxHashMap, FxHashSet};

use super::step::FlowKind;

/// What a version of a program had, where another is looked at that came later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lens {
    /// What the version before had; nothing where a version is looked at by itself.
    pub before: Option<Before>,
}

/// What the version before had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// The ids of patches that some workflow asked for, by workflow.
    pub patches: FxHashMap<String, FxHashSet<String>>,
    /// The classes whose objects are made of fields, each with the fields.
    pub fields: FxHashMap<String, FxHashSet<String>>,
    /// The handlers of each workflow, each with how many arguments it took.
    pub flows: FxHashMap<String, FxHashMap<(FlowKind, String), usize>>,
}

impl Lens {
    /// Whether a patch was not known: histories of the version before have no mark of it.
    #[must_use]
    pub fn is_new_patch(&self, workflow: &str, id: &str) -> bool {
        let known = |before: &Before| before.patches.get(workflow).is_some_and(|patches| patches.contains(id));
        self.before.as_ref().is_some_and(|before| !known(before))
    }

    /// Whether a class had no such field: what the version before recorded has none, and its default stands in.
    #[must_use]
    pub fn is_new_field(&self, class: &str, field: &str) -> bool {
        let fields = self.before.as_ref().and_then(|before| before.fields.get(class));
        fields.is_some_and(|fields| !fields.contains(field))
    }

    /// How many arguments a flow was given; nothing where it is looked at by itself, or there was none.
    #[must_use]
    pub fn arity(&self, workflow: &str, kind: FlowKind, name: &str) -> Option<usize> {
        self.before.as_ref()?.flows.get(workflow)?.get(&(kind, name.to_owned())).copied()
    }

    /// Whether there was no such handler, so that no history holds a message that it takes.
    #[must_use]
    pub fn is_new_flow(&self, workflow: &str, kind: FlowKind, name: &str) -> bool {
        let flows = self.before.as_ref().and_then(|before| before.flows.get(workflow));
        flows.is_some_and(|flows| !flows.contains_key(&(kind, name.to_owned())))
    }
}
