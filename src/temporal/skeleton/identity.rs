//! By what a part of the workflow's state is known: by what puts which values there, and not by its name.
//!
//! Knows: which handlers put what into which attribute, of the workflow's object and of objects in it, and what these begin with.
//! Does not know: what asks about them.
//!
//! ```python
//! self.paid = False          # and in the handler `pay`: self.paid = True
//! self.plan = Plan()         # with `paid: bool = False`, and in `pay`: self.plan.paid = True
//! ```
//!
//! Both are one state. Where two attributes of a workflow are put alike, only their names tell them apart.
//!
//! A question about a part of the state into which nothing but constants is put is known by what each of these answers: a flag, a
//! status and a reason that may be `None` are asked the same.
//!
//! ```python
//! self.paused = True         # and in `resume`: self.paused = False; `not self.paused` is asked
//! self.status = "paused"     # and in `resume`: self.status = "active"; `self.status != "paused"` is asked
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::build::Builder;
use super::effects::{self, Effect};
use super::reading::{arguments, opposite};
use super::step::{FlowKind, Text};
use super::term::Term;
use super::{Going, Reader, normal};
use crate::python::FunctionRef;
use crate::semantic::{Expr, ExprId, Module, Name, Use};
use crate::source::{FileId, fnv};

/// How deep objects in objects of the state are looked at.
const DEEP: usize = 3;

/// How each part of the state reads in shapes.
#[derive(Debug, Clone, Default)]
pub(super) struct Identities {
    /// By how it is called in code.
    known: FxHashMap<Arc<str>, Arc<str>>,
    /// What is put into those that hold nothing but constants, by how they read in shapes.
    constants: FxHashMap<Arc<str>, Vec<Put>>,
    /// All alike, while it is found out what is put there; values are told in full then.
    pub(super) is_open: bool,
}

/// A constant that is put into a part of the state.
#[derive(Debug, Clone)]
struct Put {
    /// What puts it there.
    by: String,
    constant: String,
    /// Under which condition, and where.
    rest: String,
}

impl Put {
    fn read(by: &str, does: &str) -> Option<Self> {
        let is_quoted = does.starts_with('\'');
        let end = match is_quoted {
            true => does[1..].find('\'')? + 2,
            false => does.find(' ').unwrap_or(does.len()),
        };
        let (constant, rest) = does.split_at(end);
        let is_known = is_quoted && !constant.contains('\\')
            || matches!(constant, "None" | "True" | "False")
            || constant.parse::<f64>().is_ok();
        // What a condition chooses is no constant, and which part of the state a condition is about is not told apart here.
        let is_told = rest.is_empty() || rest.starts_with(" where ") && !rest.contains(OPEN);
        (is_known && is_told).then(|| Self { by: by.to_owned(), constant: constant.to_owned(), rest: rest.to_owned() })
    }

    /// Whether another is put there by the same and under the same condition, whatever it is.
    fn is_beside(&self, other: &Self) -> bool {
        self.by == other.by && self.rest == other.rest
    }

    /// What it answers to the question that stands behind the name of what holds it.
    fn answers(&self, question: &str) -> Option<bool> {
        let constant = self.constant.as_str();
        let is_none = constant == "None";
        if question.is_empty() {
            return Some(!matches!(constant, "None" | "False" | "''") && constant.parse::<f64>() != Ok(0.0));
        }
        if question == " is None" {
            return Some(is_none);
        }
        let asked = match question.strip_prefix(" == ") {
            Some(only) => vec![only],
            None => arguments(question, " in ")?,
        };
        // Numbers are written in more than one way, and so are texts with escapes in them.
        let is_text = |text: &str| text.starts_with('\'') && text.ends_with('\'') && !text.contains('\\');
        let are_texts = (is_none || is_text(constant)) && asked.iter().all(|asked| is_text(asked));
        are_texts.then(|| asked.contains(&constant))
    }
}

/// The attributes that other code may change.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    /// Of the workflow's object.
    pub attributes: FxHashSet<Name>,
    /// Of whatever object.
    pub fields: FxHashSet<Name>,
    /// Those that are given another value after their object was made.
    pub replaced: FxHashSet<Name>,
    /// Those that handlers alone change that the version before did not have.
    pub late: FxHashSet<Name>,
}

impl Identities {
    /// Where nothing is known yet.
    fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// A question about a part of the state, known by what each constant that is put there answers, and whether it has to hold; each
    /// reads so that what is there first does not answer it.
    pub(super) fn asked(&self, question: &Text) -> Option<(Text, bool)> {
        let end = STATE.len() + WORD;
        let (word, asked) = question.shape.split_at_checked(end).filter(|(word, _)| word.starts_with(STATE))?;
        let puts = self.constants.get(word).filter(|_| question.is_shared)?;
        let answers: Vec<bool> = puts.iter().map(|put| put.answers(asked)).collect::<Option<_>>()?;
        let first = *answers.first()?;
        if answers.iter().all(|answer| *answer == first) {
            return None;
        }
        let told = puts.iter().zip(&answers).map(|(put, answer)| format!("{}{}{}", put.by, *answer != first, put.rest));
        let told: Vec<String> = told.collect();
        let shape = format!("asked of {STATE}{}", short(&told));
        let name = if first { Arc::from(opposite(&question.name)) } else { Arc::clone(&question.name) };
        Some((Text { name, shape: shape.into(), is_shared: true }, !first))
    }

    /// How a part of the state reads, which is called so in code.
    pub(super) fn text(&self, called: &str, is_shared: bool) -> Text {
        let name: Arc<str> = called.into();
        let shape = match self.is_open {
            true => Arc::from(OPEN),
            false => self.known.get(&name).map_or_else(|| Arc::clone(&name), Arc::clone),
        };
        Text { name, shape, is_shared }
    }
}

/// How a part of the state reads that is known by what is put there: this, and so many letters.
const STATE: &str = "state ";

/// How all parts of the state read while it is found out what is put there.
const OPEN: &str = "state";

const WORD: usize = 8;

/// What stands for all that is put somewhere.
fn short(all: &[String]) -> String {
    format!("{:08x}", fnv(all.join("; ").as_bytes()) >> 32)
}

/// Whether code takes an attribute of this name away from an object.
fn is_taken_away(module: &Module, name: Name) -> bool {
    let is_deleted = |expr: ExprId| matches!(module.uses().use_of(expr), Use::Deleted(_));
    let is_it = |expr: ExprId| matches!(module[expr], Expr::Attribute { name: known, .. } if known == name);
    module.expression_ids().any(|expr| is_it(expr) && is_deleted(expr))
}

/// Whether code may reach attributes by texts that name them, whichever and whatever for; `is_near` where handlers stand beside it.
fn reaches_by_text(module: &Module, is_near: bool) -> bool {
    module.expression_ids().any(|expr| match module[expr] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => match name.as_str() {
            "delattr" | "__delattr__" | "__dict__" => true,
            "setattr" | "__setattr__" | "vars" => is_near,
            _ => false,
        },
        _ => false,
    })
}

/// Forgets the constants of attributes that are put side by side: the same is answered about each of them.
fn drop_twins(constants: &mut FxHashMap<Arc<str>, Option<Vec<Put>>>) {
    let are_beside = |one: &[Put], other: &[Put]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.is_beside(other))
    };
    let is_twin = |called: &Arc<str>, puts: &[Put]| {
        let mut others = constants.iter().filter(|(other, _)| *other != called);
        others.any(|(_, other)| other.as_deref().is_some_and(|other| are_beside(other, puts)))
    };
    let all = constants.iter().filter_map(|(called, puts)| Some((called, puts.as_deref()?)));
    let twins: Vec<Arc<str>> =
        all.filter(|(called, puts)| is_twin(called, puts)).map(|(called, _)| Arc::clone(called)).collect();
    constants.retain(|called, _| !twins.contains(called));
}

/// Whether a text is but the name of an attribute of the workflow's object, or of an object in it.
fn is_path(text: &str) -> bool {
    text.starts_with("self.") && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
}

impl Builder<'_, '_, '_> {
    /// How an attribute of something reads.
    pub(super) fn part_of(&self, base: &Text, name: Name) -> Text {
        let joined = Text::joined(&[base], |parts| format!("{}.{name}", parts[0]));
        let is_known = self.identities.is_open || self.identities.known.contains_key(&joined.name);
        match base.is_shared && is_path(&joined.name) && is_known {
            true => self.identities.text(&joined.name, true),
            false => joined,
        }
    }

    /// Handlers may have changed the state.
    pub(super) fn forget_shared(&mut self) {
        self.note_owned();
        let (shared, owned) = (Arc::clone(&self.shared), &self.owned);
        let stays = |name: &Name, term: &Term| matches!(term, Term::Object(..)) && !shared.replaced.contains(name);
        self.heap.retain(|(object, name), term| match object {
            0 => !shared.attributes.contains(name) || stays(name, term),
            _ => !owned.contains_key(object) || !shared.fields.contains(name) || stays(name, term),
        });
    }

    /// Takes down which objects the state holds that code only fills, and under which names.
    fn note_owned(&mut self) {
        let mut around: Vec<(u32, Arc<str>, usize)> = vec![(0, "self".into(), 0)];
        while let Some((holder, path, depth)) = around.pop() {
            if depth >= DEEP {
                continue;
            }
            let is_shared = |name: &Name| match holder {
                0 => self.shared.attributes.contains(name),
                _ => self.shared.fields.contains(name),
            };
            for ((of, name), term) in &self.heap {
                if let Term::Object(object, _) = term
                    && *of == holder
                    && *object != 0
                    && is_shared(name)
                    && !self.shared.replaced.contains(name)
                {
                    let path: Arc<str> = format!("{path}.{name}").into();
                    if !self.owned.contains_key(object) {
                        self.owned.insert(*object, Arc::clone(&path));
                        around.push((*object, path, depth + 1));
                    }
                }
            }
        }
    }

    /// How an attribute of an object reads that the state holds, where other code may change it.
    pub(super) fn owned_part(&self, object: u32, name: Name) -> Option<Text> {
        let path = self.owned.get(&object).filter(|_| self.shared.fields.contains(&name))?;
        Some(self.identities.text(&format!("{path}.{name}"), true))
    }

    /// What the attributes begin with that handlers use.
    pub(super) fn beginnings(&mut self) -> Vec<Effect> {
        let mut names: Vec<Name> = self.shared.attributes.iter().copied().collect();
        names.sort_by_key(|name| name.as_str());
        let mut found = Vec::new();
        for name in names {
            let known = self.heap.get(&(0, name)).cloned();
            let Some(term) = known.or_else(|| self.class_origin(self.receiver?, name)) else { continue };
            let attribute = self.attribute_text(name);
            self.begins(&attribute, &term, 0, &mut found);
        }
        found
    }

    fn begins(&self, attribute: &Text, term: &Term, depth: usize, found: &mut Vec<Effect>) {
        found.push(Effect { attribute: attribute.clone(), does: self.effect(term), is_later: false });
        let Term::Object(object, _) = term else { return };
        if depth >= DEEP || *object == 0 {
            return;
        }
        let mut fields: Vec<(Name, &Term)> =
            self.heap.iter().filter(|((of, _), _)| of == object).map(|((_, name), term)| (*name, term)).collect();
        fields.sort_by_key(|(name, _)| name.as_str());
        for (name, term) in fields {
            let part = self.part_of(attribute, name);
            self.begins(&part, term, depth + 1, found);
        }
    }
}

impl Reader<'_, '_, '_> {
    /// What each flow puts into the state: a handler, and where the workflow's object is made.
    fn effects_of_flows(&self, shared: &Arc<Shared>) -> BTreeMap<(FlowKind, String), Vec<Effect>> {
        let open = Arc::new(Identities::open());
        let mut flows: BTreeMap<(FlowKind, String), Vec<Effect>> = BTreeMap::new();
        for (entry, kind) in self.flow_entries() {
            let name = self.name_of(entry, kind);
            if kind != FlowKind::Run && self.lens.is_new_flow(kind, &name) {
                continue;
            }
            let going =
                Going { entry, kind, name: &name, shared, identities: &open, begins_only: kind == FlowKind::Run };
            let Some(gone) = self.go(&going, None) else { continue };
            let effects = match kind {
                FlowKind::Run => gone.begins,
                _ => effects::effects(&normal::normal(gone.steps, false)),
            };
            flows.entry((kind, name)).or_default().extend(effects);
        }
        flows
    }

    /// By what each part of the state is known; `by_name` is what is known of those that no handler fills.
    pub(super) fn identities(&self, shared: &Arc<Shared>, by_name: FxHashMap<Name, Arc<str>>) -> Identities {
        let flows = self.effects_of_flows(shared);
        let mut puts: BTreeMap<Arc<str>, (Vec<String>, bool)> = BTreeMap::new();
        let mut constants: FxHashMap<Arc<str>, Option<Vec<Put>>> = FxHashMap::default();
        for ((kind, name), effects) in &flows {
            for effect in effects {
                let later = if effect.is_later { "later " } else { "" };
                let (all, is_put) = puts.entry(Arc::clone(&effect.attribute.name)).or_default();
                let by = format!("{} {name} {later}puts ", kind.word());
                all.push(format!("{by}{}", effect.does.shape));
                let held = constants.entry(Arc::clone(&effect.attribute.name)).or_insert_with(|| Some(Vec::new()));
                // Behind which wait something is put is not told, and others may be put there before and behind it.
                match (held.as_mut(), Put::read(&by, &effect.does.shape).filter(|_| !effect.is_later)) {
                    (Some(held), Some(put)) => held.push(put),
                    _ => *held = None,
                }
                *is_put |= *kind != FlowKind::Run;
            }
        }
        let mut known: FxHashMap<Arc<str>, Arc<str>> = FxHashMap::default();
        for (name, word) in by_name {
            known.insert(format!("self.{name}").into(), word);
        }
        let word = |all: &[String]| format!("{STATE}{}", short(all));
        let mut counts: FxHashMap<String, usize> = FxHashMap::default();
        for (all, _) in puts.values() {
            *counts.entry(word(all)).or_default() += 1;
        }
        drop_twins(&mut constants);
        let mut asked: FxHashMap<Arc<str>, Vec<Put>> = FxHashMap::default();
        for (called, (all, is_put)) in puts {
            let word = word(&all);
            match (is_put, counts.get(&word)) {
                (true, Some(1)) => {
                    let word: Arc<str> = word.into();
                    let begins = all.first().is_some_and(|first| first.starts_with(FlowKind::Run.word()));
                    if let Some(held) = constants.remove(&called).flatten().filter(|_| begins)
                        && self.is_put_by_handlers(&called)
                    {
                        asked.insert(Arc::clone(&word), held);
                    }
                    known.insert(called, word);
                }
                (true, _) => _ = known.insert(Arc::clone(&called), called),
                (false, _) => {}
            }
        }
        Identities { known, constants: asked, is_open: false }
    }

    /// Whether an attribute of the workflow's object is only given values by handlers, and where the object is made.
    fn is_put_by_handlers(&self, called: &str) -> bool {
        let Some(name) = called.strip_prefix("self.").filter(|name| !name.contains('.')) else { return false };
        let name = Name::new(name);
        let handlers: Vec<_> = self.flow_entries().filter(|(_, kind)| *kind != FlowKind::Run).collect();
        let is_near = |file: FileId| handlers.iter().any(|(entry, _)| entry.root.code.file() == file);
        self.analysis.project.built().into_iter().all(|file| {
            let module = self.analysis.project.module(file);
            if is_taken_away(module, name) || reaches_by_text(module, is_near(file)) {
                return false;
            }
            let mut stores =
                module.attribute_stores(name).filter(|store| store.value.is_some() || store.annotation.is_none());
            stores.all(|store| {
                let function = module.function_around(module[store.block].scope);
                function.is_some_and(|function| {
                    let handles = || handlers.iter().any(|(entry, _)| entry.runs(FunctionRef { file, function }));
                    store.path.is_empty()
                        && store.value.is_some()
                        && (module[function].name.as_str() == "__init__" || handles())
                })
            })
        })
    }
}
