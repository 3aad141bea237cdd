//! With whose eyes a version of a workflow is looked at: those of a history that the version before wrote.
//!
//! Knows: which patches, fields, arguments and handlers there were. Does not know: what is made of that.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::effects::INPUT;
use super::forms::Form;
use super::keys::may_be_key;
use super::step::{Flow, FlowKind, Skeleton, Step, each_step};
use crate::semantic::Name;

/// By class, the fields that its objects are made of.
pub type Fields = FxHashMap<String, FxHashSet<String>>;

/// What a workflow had in the version before; nothing where a version is looked at by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lens {
    before: Option<Before>,
    /// Its single paths are gone, too.
    has_paths: bool,
    /// Whether it has the code before as the other branch of patches, to see whether they are of use.
    is_trial: bool,
    /// A key that the version before names nowhere may be in what was recorded.
    has_all_keys: bool,
}

/// What a workflow had in the version before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Before {
    /// The ids of patches that it asked for.
    patches: FxHashSet<String>,
    /// The fields of all classes.
    fields: Arc<Fields>,
    /// Its flows, each with how many arguments it took.
    flows: FxHashMap<(FlowKind, String), usize>,
    /// By flow, which keys it surely read of what it was given, as questions for them.
    keys: FxHashMap<(FlowKind, String), FxHashSet<String>>,
    /// By flow, what its arguments are in JSON.
    forms: FxHashMap<(FlowKind, String), Vec<Option<Arc<Form>>>>,
    /// By the commands that give them, the fields of what was recorded as results; of some, where several give them.
    results: FxHashMap<String, FxHashSet<String>>,
    /// By the commands that give them, what was recorded as results is in JSON, where all give the same.
    given: FxHashMap<String, Arc<Form>>,
    /// All texts that the program named and that may be keys.
    named: Arc<FxHashSet<Name>>,
}

impl Lens {
    /// What a workflow is looked at with that was such before.
    #[must_use]
    pub fn of(skeleton: &Skeleton, fields: &Arc<Fields>, named: &Arc<FxHashSet<Name>>) -> Self {
        let flows = skeleton.flows.iter().map(|flow| ((flow.kind, flow.name.clone()), flow.arity));
        let question = |(position, key): (usize, &str)| format!("'{key}' in {INPUT}{position}");
        let keys = skeleton.flows.iter().filter_map(|flow| {
            let read = flow.takes.as_ref()?.held().map(question).collect();
            Some(((flow.kind, flow.name.clone()), read))
        });
        let takes = |flow: &'_ Flow| flow.takes.clone().map(|takes| ((flow.kind, flow.name.clone()), takes));
        let forms = skeleton.flows.iter().filter_map(takes).filter_map(|(flow, takes)| Some((flow, takes.forms?)));
        let before = Before {
            forms: forms.collect(),
            named: Arc::clone(named),
            results: results(skeleton),
            given: given(skeleton),
            keys: keys.collect(),
            patches: skeleton.patches().into_iter().map(|(_, id)| id).collect(),
            fields: Arc::clone(fields),
            flows: flows.collect(),
        };
        let has_paths = skeleton.flows.iter().any(|flow| flow.paths.is_some());
        Self { before: Some(before), has_paths, ..Self::default() }
    }

    /// What a version is looked at with that another one is to be compared with on single paths.
    #[must_use]
    pub fn of_paths() -> Self {
        Self { has_paths: true, ..Self::default() }
    }

    /// The same for a version with patches that are tried.
    #[must_use]
    pub fn on_trial(self) -> Self {
        Self { is_trial: true, ..self }
    }

    /// The same where what was recorded may have any keys.
    #[must_use]
    pub fn with_all_keys(self) -> Self {
        Self { has_all_keys: true, ..self }
    }

    /// Whether patches are tried.
    #[must_use]
    pub(super) fn is_trial(&self) -> bool {
        self.is_trial
    }

    /// Whether single paths are of use: the other version has some.
    #[must_use]
    pub fn has_paths(&self) -> bool {
        self.has_paths
    }

    /// Whether a patch was not known: histories of the version before have no mark of it.
    #[must_use]
    pub fn is_new_patch(&self, id: &str) -> bool {
        self.before.as_ref().is_some_and(|before| !before.patches.contains(id))
    }

    /// Whether it is that of a history.
    #[must_use]
    pub(super) fn looks_back(&self) -> bool {
        self.before.is_some()
    }

    /// Whether a class had no such field: what the version before recorded has none, and its default stands in.
    #[must_use]
    pub fn is_new_field(&self, class: &str, field: &str) -> bool {
        let fields = self.before.as_ref().and_then(|before| before.fields.get(class));
        fields.is_some_and(|fields| !fields.contains(field))
    }

    /// Whether what was recorded as the result of a command, known by its token, surely has no such field.
    #[must_use]
    pub(super) fn lacks(&self, result: &str, field: &str) -> bool {
        let command = result.rsplit_once('#').map_or(result, |(command, _)| command);
        let fields = self.before.as_ref().and_then(|before| before.results.get(command));
        fields.is_some_and(|fields| !fields.contains(field))
    }

    /// Whether something that a flow was given, or that a command has given, was no such constant when it was recorded: it reads like
    /// `result of activity think#1.action`, and its type listed others.
    #[must_use]
    pub(super) fn is_never(&self, (kind, flow): (FlowKind, &str), of: &str, constant: &str) -> bool {
        let Some(before) = &self.before else { return false };
        if !of.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '#' | ' ' | '-')) {
            return false;
        }
        let (form, rest) = match of.strip_prefix("result of ").and_then(|result| result.split_once('#')) {
            Some((command, rest)) => (before.given.get(command), rest),
            None => {
                let Some(rest) = of.strip_prefix(INPUT) else { return false };
                let position = rest.split('.').next().and_then(|position| position.parse::<usize>().ok());
                (
                    position.and_then(|position| before.forms.get(&(kind, flow.to_owned()))?.get(position)?.as_ref()),
                    rest,
                )
            }
        };
        form.is_some_and(|form| form.is_never(rest.split('.').skip(1), constant))
    }

    /// Which keys are in what a flow was given, as questions for them: where one was missing, there are no commands.
    #[must_use]
    pub(super) fn keys(&self, kind: FlowKind, name: &str) -> FxHashSet<String> {
        let known = self.before.as_ref().and_then(|before| before.keys.get(&(kind, name.to_owned())));
        known.cloned().unwrap_or_default()
    }

    /// What an argument of a flow is in JSON, where that is known.
    #[must_use]
    pub(super) fn form(&self, kind: FlowKind, name: &str, position: usize) -> Option<&Arc<Form>> {
        let known = self.before.as_ref()?.forms.get(&(kind, name.to_owned()))?;
        known.get(position)?.as_ref()
    }

    /// What the result of a command is in JSON, which is known by its token, where all of that type give the same.
    #[must_use]
    pub(super) fn result(&self, token: &str) -> Option<&Arc<Form>> {
        self.before.as_ref()?.given.get(token.rsplit_once('#')?.0)
    }

    /// Whether the program named no such key: what was recorded has none.
    #[must_use]
    pub(super) fn is_new_key(&self, key: &str) -> bool {
        let named = self.before.as_ref().map(|before| &before.named);
        !self.has_all_keys
            && may_be_key(key)
            && named.is_some_and(|named| !named.is_empty() && !named.contains(&Name::new(key)))
    }

    /// How many arguments a flow was given; nothing where there was none.
    #[must_use]
    pub fn arity(&self, kind: FlowKind, name: &str) -> Option<usize> {
        self.before.as_ref()?.flows.get(&(kind, name.to_owned())).copied()
    }

    /// Whether each flow that there was is among those that are: where one is gone, a new one may be it under another name.
    #[must_use]
    pub(super) fn are_kept(&self, is_there: &dyn Fn(FlowKind, &str) -> bool) -> bool {
        self.before.as_ref().is_none_or(|before| before.flows.keys().all(|(kind, name)| is_there(*kind, name)))
    }

    /// Whether there was no such handler, so that no history holds a message that it takes.
    #[must_use]
    pub fn is_new_flow(&self, kind: FlowKind, name: &str) -> bool {
        self.before.as_ref().is_some_and(|before| !before.flows.contains_key(&(kind, name.to_owned())))
    }
}

/// By commands, what they give is in JSON, where all of a name give the same.
fn given(skeleton: &Skeleton) -> FxHashMap<String, Arc<Form>> {
    let mut found: FxHashMap<String, Option<Arc<Form>>> = FxHashMap::default();
    for flow in &skeleton.flows {
        each_step(&flow.steps, &mut |step| {
            let Step::Command(command) = step else { return };
            let Some((name, _)) = command.token.rsplit_once('#') else { return };
            let known = found.entry(name.to_owned()).or_insert_with(|| command.gives.clone());
            if *known != command.gives {
                *known = None;
            }
        });
    }
    found.into_iter().filter_map(|(name, form)| Some((name, form?))).collect()
}

/// By commands, the fields of what they give, where all that give something of a name give objects whose fields are known.
fn results(skeleton: &Skeleton) -> FxHashMap<String, FxHashSet<String>> {
    let mut found: FxHashMap<String, Option<FxHashSet<String>>> = FxHashMap::default();
    for flow in &skeleton.flows {
        each_step(&flow.steps, &mut |step| {
            let Step::Command(command) = step else { return };
            let Some((name, _)) = command.token.rsplit_once('#') else { return };
            let fields = command.gives.as_ref().and_then(|form| form.known_fields());
            let all = found.entry(name.to_owned()).or_insert_with(|| Some(FxHashSet::default()));
            match (all.as_mut(), fields) {
                (Some(all), Some(fields)) => all.extend(fields),
                _ => *all = None,
            }
        });
    }
    found.into_iter().filter_map(|(name, fields)| Some((name, fields?))).collect()
}
