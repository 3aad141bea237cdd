//! Command skeletons: what replay compares of a workflow, and what a change of it means to executions that are running.
//!
//! Knows: for each workflow the commands that its run method and handlers issue, in order, with the conditions, loops and
//! waits that decide them; and the first point at which two versions differ. Does not know: how versions are come by, or how
//! a difference is told.
//!
//! ```python
//! receipt = await workflow.execute_activity(charge, order, start_to_close_timeout=MINUTE)   # activity charge
//! if receipt.amount > 100:                                            # if 100 < result of activity charge#1.amount
//!     await asyncio.sleep(60)                                         #     timer
//! ```
//!
//! Names and places of code have no part in it: helpers are gone through where they are called, and a condition reads as what
//! it comes from. What the server saw and what follows is in `docs/replay-check.md`.

mod aliases;
mod assign;
mod build;
mod by_text;
mod call;
mod compare;
mod dicts;
mod dispatch;
mod each;
mod effects;
mod exceptions;
mod expression;
mod extremes;
mod failing;
mod forms;
mod generated;
mod guards;
mod identity;
mod ids;
mod implied;
mod kept;
mod keys;
mod kinds;
mod leaving;
mod lens;
mod loops;
mod managers;
mod marks;
mod methods;
mod normal;
mod numbers;
mod one_way;
mod origins;
mod paths;
mod places;
mod questions;
mod raising;
mod reading;
mod registered;
mod run;
mod sdk;
mod shapes;
mod shared;
mod simple;
mod step;
mod term;
mod texts;
mod trial;
mod truth;
mod values;
mod words;
mod write;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::analysis::{Analysis, Context, ReachedCode, moved};
use super::definitions::{EntryPoint, Role};
use super::signatures::WireName;
use crate::python::{ClassRef, Code, Place, Value};
use crate::semantic::{Expr, Name};
use crate::source::{FileId, Span};
pub use compare::{Difference, DifferenceKind, Verdict, differences, in_words, stands_alone};
pub use effects::Effect;
pub use forms::{Called, Form, Told, is_of_forms};
pub use keys::Keys;
pub use lens::{Fields, Lens};
pub use paths::read_paths;
pub use step::{
    Command, CommandKind, Condition, Exit, Flow, FlowKind, OneOf, Site, Skeleton, Step, Takes, Text, Wait, any_step,
    each_step,
};
pub use trial::OLD_CODE;
pub use write::{read, read_effect, write, write_effects};

use build::{Builder, Here};
use call::Given;
use forms::Forms;
use identity::{Identities, Shared};
use one_way::OneWay;
use paths::{MOST_PATHS, Path, Paths};
use raising::Raised;
use shared::Asked;
use term::{Item, Term};

/// The skeletons of a program, and what a later version of it is compared with besides.
#[derive(Debug, Clone, Default)]
pub struct Skeletons {
    /// By the workflows' names.
    pub workflows: Vec<Skeleton>,
    /// The classes whose objects are made of fields, each with the fields.
    pub fields: Fields,
    /// The texts that the program names and that may be keys of what it is given.
    pub named: FxHashSet<Name>,
}

impl Skeleton {
    /// The patches that are asked for or deprecated, in order.
    #[must_use]
    pub fn patches(&self) -> Vec<(CommandKind, String)> {
        let mut found = Vec::new();
        for flow in &self.flows {
            each_step(&flow.steps, &mut |step| {
                if let Step::Command(command) = step
                    && matches!(command.kind, CommandKind::Patch | CommandKind::DeprecatePatch)
                {
                    found.push((command.kind, command.name.name.to_string()));
                }
            });
        }
        found
    }
}

/// The workflows of a program by the names under which they are started, those of tests left aside; each by its position
/// among the definitions, with the place of its class.
#[must_use]
pub fn named_workflows(analysis: &Analysis<'_, '_>) -> Vec<(usize, String, Span)> {
    let workflows = analysis.definitions.workflows.iter().enumerate().filter(|(_, workflow)| !workflow.in_tests);
    let named = |(position, workflow): (usize, &super::definitions::Workflow)| {
        let name = match analysis.wire_of_workflow(workflow) {
            WireName::Known(name) => name.as_str().to_owned(),
            WireName::Dynamic => "(any name)".to_owned(),
            // The name of the class may change; how its name is come by is the same for all that runs.
            WireName::Unknown => {
                match (analysis.written_name_of_workflow(workflow), analysis.evaluator.get(workflow.class)) {
                    (Some(written), _) => written.to_owned(),
                    (None, Value::Class(class, _)) => analysis.name_of_class(*class).to_owned(),
                    _ => return None,
                }
            }
        };
        Some((position, name, workflow.span))
    };
    let mut found: Vec<(usize, String, Span)> = workflows.filter_map(named).collect();
    let key = |found: &(usize, String, Span)| (found.1.clone(), found.2.file, found.2.range.start());
    found.sort_by_key(key);
    found.dedup_by(|one, other| one.1 == other.1 && one.2 == other.2);
    found
}

/// The name of a workflow's class, by the workflow's position among the definitions.
#[must_use]
pub fn class_name(analysis: &Analysis<'_, '_>, workflow: usize) -> String {
    match analysis.evaluator.get(analysis.definitions.workflows[workflow].class) {
        Value::Class(class, _) => analysis.project.module(class.file).qualified_class_name(class.class),
        _ => String::new(),
    }
}

/// The skeletons of a program's workflows; `lens` says with what each is looked at.
#[must_use]
pub fn skeletons(analysis: &Analysis<'_, '_>, lens: &dyn Fn(&str, Span) -> Lens) -> Skeletons {
    let mut found = Skeletons::default();
    let Some(reached) = analysis.context(Context::Workflow).next() else { return found };
    let (forms, named) = (Forms::new(analysis), shapes::Named::of(analysis));
    for (workflow, name, span) in named_workflows(analysis) {
        let lens = lens(&name, span);
        let registered = registered::registered(analysis, workflow);
        let reader = Reader {
            analysis,
            reached,
            lens: &lens,
            forms: &forms,
            named: &named,
            workflow,
            name: &name,
            registered: &registered,
        };
        found.workflows.push(reader.skeleton());
    }
    found.fields = fields(analysis, reached);
    let texts = |file| keys::Texts::words(analysis.project.module(file));
    found.named = analysis.project.built().into_iter().flat_map(texts).collect();
    found
}

/// The fields of all classes whose objects are made of fields.
fn fields(analysis: &Analysis<'_, '_>, reached: &ReachedCode<'_>) -> Fields {
    let evaluator = reached.reach.evaluator();
    let mut found = Fields::default();
    for file in analysis.project.built() {
        let module = analysis.project.module(file);
        for class in module.class_ids() {
            let fields = evaluator.fields(ClassRef { file, class }, None);
            let names = fields.into_iter().map(|field| field.name.as_str().to_owned());
            found.entry(module.qualified_class_name(class)).or_default().extend(names);
        }
    }
    found
}

/// How much code is gone through for the paths of a flow.
const MOST_WORK_ON_PATHS: usize = 100_000;

/// A flow that is to be gone through.
struct Going<'g> {
    entry: &'g EntryPoint,
    kind: FlowKind,
    name: &'g str,
    shared: &'g Arc<Shared>,
    identities: &'g Arc<Identities>,
    /// Whether only what the state begins with is wanted.
    begins_only: bool,
}

/// What came of going through a flow.
#[derive(Default)]
struct Gone {
    steps: Vec<Step>,
    arity: usize,
    parameters: Vec<String>,
    takes: Option<Takes>,
    /// What the workflow's state begins with.
    begins: Vec<Effect>,
    /// The defaults of what it is given.
    defaults: Vec<Effect>,
    writes: bool,
    work: usize,
    cannot: Option<String>,
    way: Option<OneWay>,
    missing: BTreeSet<String>,
}

struct Reader<'r, 'e, 'p> {
    analysis: &'r Analysis<'e, 'p>,
    reached: &'r ReachedCode<'p>,
    lens: &'r Lens,
    forms: &'r Forms<'r, 'e, 'p>,
    named: &'r shapes::Named,
    workflow: usize,
    name: &'r str,
    /// The handlers that code registers by calls.
    registered: &'r [EntryPoint],
}

impl<'r, 'e, 'p> Reader<'r, 'e, 'p> {
    fn entries(&self) -> impl Iterator<Item = &'r EntryPoint> {
        let workflow = self.workflow;
        self.analysis.definitions.entry_points.iter().filter(move |entry| entry.workflow == Some(workflow))
    }

    /// What the SDK runs of the workflow, each with its kind: the run method and the handlers that may change something.
    fn flow_entries(&self) -> impl Iterator<Item = (&'r EntryPoint, FlowKind)> {
        self.entries().chain(self.registered).filter_map(|entry| match entry.role {
            Role::Run => Some((entry, FlowKind::Run)),
            role => handles(role).map(|kind| (entry, kind)),
        })
    }

    fn skeleton(&self) -> Skeleton {
        let mut skeleton = Skeleton {
            name: self.name.to_owned(),
            class: class_name(self.analysis, self.workflow),
            at: Some(self.analysis.definitions.workflows[self.workflow].span),
            flows: Vec::new(),
            cannot: None,
            code: None,
            missing: BTreeSet::new(),
        };
        let is_there = |kind: FlowKind, name: &str| {
            self.flow_entries().any(|(entry, known)| known == kind && self.name_of(entry, known) == name)
        };
        let are_kept = self.lens.are_kept(&is_there);
        // A dynamic handler may take the messages of one that is gone.
        let is_new_flow =
            |kind: FlowKind, name: &str| self.lens.is_new_flow(kind, name) && (are_kept || !name.is_empty());
        let is_handler = |entry: &EntryPoint, is_new: bool| {
            entry.workflow == Some(self.workflow)
                && handles(entry.role).is_some_and(|kind| is_new_flow(kind, &self.name_of(entry, kind)) == is_new)
        };
        let registered = self.registered.iter().filter(|entry| is_handler(entry, false));
        let shared =
            shapes::shared(self.analysis, self.reached, self.named, &|entry| is_handler(entry, false), registered);
        let late = match are_kept {
            true => shapes::changed_alone(self.analysis, self.reached, self.named, &|entry| is_handler(entry, true)),
            false => FxHashSet::default(),
        };
        let late = late.into_iter().filter(|name| !shared.attributes.contains(name)).collect();
        let shared = Arc::new(Shared { late, ..shared });
        let by_name = shapes::shapes(self.analysis, self.workflow);
        let identities = Arc::new(self.identities(&shared, by_name));
        for (entry, kind) in self.flow_entries() {
            self.flow(entry, kind, &shared, &identities, &mut skeleton);
        }
        skeleton.flows.sort_by(|one, other| (one.kind, &one.name).cmp(&(other.kind, &other.name)));
        skeleton
    }

    fn name_of(&self, entry: &EntryPoint, kind: FlowKind) -> String {
        match kind {
            FlowKind::Run => String::new(),
            FlowKind::Signal | FlowKind::Update => message_of(self.analysis, entry),
        }
    }

    fn flow(
        &self,
        entry: &EntryPoint,
        kind: FlowKind,
        shared: &Arc<Shared>,
        identities: &Arc<Identities>,
        skeleton: &mut Skeleton,
    ) {
        let name = self.name_of(entry, kind);
        let going = Going { entry, kind, name: &name, shared, identities, begins_only: false };
        let Some(all) = self.go(&going, None) else { return };
        if let Some(why) = all.cannot {
            skeleton.cannot.get_or_insert(why);
        }
        skeleton.missing.extend(all.missing);
        let puts = match kind {
            FlowKind::Run => effects::on_the_way(&normal::normal(all.steps.clone(), true)),
            _ => effects::effects(&normal::normal(all.steps.clone(), false)),
        };
        let steps = normal::normal(effects::without_effects(all.steps), kind == FlowKind::Run);
        let decides = |default: &Effect| compare::decides_in(&default.attribute, &steps);
        let defaults = all.defaults.into_iter().filter(decides);
        let effects = puts.into_iter().chain(all.begins).chain(defaults).collect();
        let is_wanted = self.lens.has_paths() && skeleton.cannot.is_none();
        let mut turns = [one_way::MOST_TURNS, one_way::LEAST_TURNS].into_iter().filter(|_| is_wanted);
        let paths = turns.find_map(|turns| {
            let paths = self.paths(&going, all.work, turns)?;
            Some(Paths::of(paths, &steps, turns < one_way::MOST_TURNS))
        });
        skeleton.flows.push(Flow {
            kind,
            name,
            arity: all.arity,
            parameters: all.parameters,
            takes: all.takes,
            writes: all.writes,
            steps,
            effects,
            at: Some(entry.span),
            paths,
        });
    }

    /// The paths through a flow, where they are few enough; `work` says how much code is gone through for all at once, and `turns` how
    /// often loops are whose end depends on questions.
    fn paths(&self, going: &Going<'_>, work: usize, turns: usize) -> Option<Vec<Path>> {
        let mut left = (work * MOST_PATHS).min(MOST_WORK_ON_PATHS);
        let mut given = Vec::new();
        let mut found = Vec::new();
        loop {
            let gone = self.go(going, Some(OneWay::with(given, turns)))?;
            let way = gone.way.filter(|way| !way.is_lost && gone.cannot.is_none())?;
            let mut steps = normal::normal(effects::without_effects(gone.steps), going.kind == FlowKind::Run);
            if way.is_cut {
                steps.push(Step::Exit(Exit::Never, None));
            }
            given = way.answers.given().collect();
            found.push(Path { cut: way.cut_off, answers: way.answers, steps });
            left = left.checked_sub(gone.work)?;
            // The next path says yes where this said no last.
            while given.pop_if(|answer| *answer).is_some() {}
            match given.last_mut() {
                None => return Some(found),
                Some(_) if found.len() >= MOST_PATHS => return None,
                Some(last) => *last = true,
            }
        }
    }

    /// Goes through a flow: on all paths at once, or on one.
    fn go(&self, going: &Going<'_>, way: Option<OneWay>) -> Option<Gone> {
        let evaluator = self.reached.reach.evaluator();
        let root = moved(going.entry.root, self.analysis.evaluator, evaluator);
        let Code::Function(function) = root.code else { return None };
        let mut builder = self.builder(going, root.receiver, function.file, way);
        let object = root.receiver.map(|receiver| Term::Object(0, receiver));
        if going.kind == FlowKind::Run
            && let Some(init) = self.entries().find(|entry| entry.role == Role::Init)
        {
            let root = moved(init.root, self.analysis.evaluator, evaluator);
            if let Code::Function(init) = root.code {
                let given = self.inputs(init, going.kind, "", &mut builder);
                builder.run(init, root.outer, object.clone(), given, crate::source::TextRange::default());
            }
        }
        let is_run = going.kind == FlowKind::Run && !builder.is_on_path();
        let begins = if is_run || going.begins_only { builder.beginnings() } else { Vec::new() };
        if going.begins_only {
            return Some(Gone { begins, ..Gone::default() });
        }
        let defaults = if is_run { builder.defaults(function) } else { Vec::new() };
        // A signal that was sent with the start is handled before the first statement.
        builder.forget_shared();
        let given = self.inputs(function, going.kind, going.name, &mut builder);
        let arity = given.positional.len();
        let steps = builder.entry(function, root.outer, object, given);
        let takes = self.analysis.arity(function).map(|arity| Takes {
            least: arity.least,
            most: arity.most,
            first_object: arity.first_object,
            forms: self.forms.of_arguments(function),
            keys: Keys::of(self.analysis, function).and(&builder.first_read, std::mem::take(&mut builder.perhaps_read)),
        });
        let Builder { cannot, writes, work, one_way, missing, asked_defaults, .. } = builder;
        let defaults = if is_run { [defaults, asked_defaults].concat() } else { defaults };
        let missing = missing.into_inner();
        let module = self.analysis.project.module(function.file);
        let parameters = module.parameters(function.function).iter().skip(1);
        let parameters = parameters.map(|parameter| parameter.name.as_str().to_owned()).collect();
        Some(Gone { steps, arity, parameters, takes, begins, defaults, writes, work, cannot, way: one_way, missing })
    }

    /// What goes through a flow, before its first statement.
    #[expect(clippy::too_many_lines, reason = "a field a line")]
    fn builder<'g>(
        &'g self,
        going: &Going<'_>,
        receiver: Option<crate::python::ValueId>,
        file: FileId,
        way: Option<OneWay>,
    ) -> Builder<'g, 'e, 'p> {
        Builder {
            analysis: self.analysis,
            evaluator: self.reached.reach.evaluator(),
            lens: self.lens,
            workflow: self.workflow,
            forms: self.forms,
            shared: Arc::clone(going.shared),
            asks_late: false,
            plain: FxHashMap::default(),
            recorded: FxHashMap::default(),
            flow: (going.kind, going.name.to_owned()),
            held: self.lens.keys(going.kind, going.name),
            first_read: Vec::new(),
            perhaps_read: Vec::new(),
            perhaps: 0,
            has_waited: false,
            patches: FxHashSet::default(),
            identities: Arc::clone(going.identities),
            owned: FxHashMap::default(),
            never_none: FxHashSet::default(),
            given_items: FxHashMap::default(),
            set_by_text: std::cell::OnceCell::new(),
            asked_defaults: Vec::new(),
            receiver,
            env: FxHashMap::default(),
            heap: FxHashMap::default(),
            fixed: FxHashMap::default(),
            origins: FxHashMap::default(),
            origins_open: 0,
            registered: None,
            aliases: FxHashMap::default(),
            handed: None,
            by_name: FxHashMap::default(),
            generators: Vec::new(),
            late: FxHashMap::default(),
            notes_effects: way.is_none(),
            objects: 0,
            given_objects: FxHashMap::default(),
            given_texts: FxHashMap::default(),
            counts: FxHashMap::default(),
            draws: Vec::new(),
            out: Vec::new(),
            here: Here::new(file, None, None),
            way: Vec::new(),
            running: Vec::new(),
            groups: FxHashMap::default(),
            taken_whole: None,
            limits: Vec::new(),
            stacks: FxHashMap::default(),
            guards: 0,
            catchers: Vec::new(),
            tries: 0,
            popped: Vec::new(),
            made: 0,
            work: 0,
            most_work: build::MOST_WORK,
            compared: Cell::new(0),
            texts: Asked::default(),
            truths: Asked::default(),
            read: Cell::new(0),
            writes: false,
            unknown_calls: 0,
            one_way: way,
            cannot: None,
            missing: RefCell::default(),
        }
    }

    /// What a flow is given: its arguments, and the defaults of those that the version before did not take.
    fn inputs(
        &self,
        function: crate::python::FunctionRef,
        kind: FlowKind,
        name: &str,
        builder: &mut Builder<'_, 'e, 'p>,
    ) -> Given {
        let evaluator = builder.evaluator;
        let module = self.analysis.project.module(function.file);
        let place = Place { file: function.file, frame: None };
        let known = self.lens.arity(kind, name);
        let own = if self.lens.looks_back() { None } else { self.forms.of_arguments(function) };
        let mut given = Given::default();
        for (position, parameter) in module.parameters(function.function).iter().skip(1).enumerate() {
            let is_new = known.is_some_and(|known| position >= known);
            let default = parameter.default.filter(|_| is_new);
            let default = default.and_then(|default| super::constants::constant(evaluator, default, place));
            let class = parameter.annotation.and_then(|hint| run::object_of_annotation(evaluator, hint, place));
            let was_decimal = || {
                let is_whole =
                    parameter.annotation.and_then(|hint| kinds::plain_class(evaluator, hint, place)) == Some("int");
                is_whole && self.lens.form(kind, name, position).is_some_and(|form| form.is_decimal())
            };
            let term = match default {
                Some(constant) => Term::Constant(expression::shown(constant).into()),
                None if was_decimal() => {
                    Term::other(Text::plain(&format!("builtins.int({}{position})", effects::INPUT)))
                }
                None => Term::Other(Text::plain(&format!("{}{position}", effects::INPUT)), class),
            };
            if let Term::Other(text, _) = &term {
                let own = own.as_ref().and_then(|own| own.get(position)?.as_ref());
                let form = own.or_else(|| self.lens.form(kind, name, position));
                builder.recorded.extend(form.map(|form| (Arc::clone(&text.name), Arc::clone(form))));
            }
            if let (Some(hint), Term::Other(text, _)) = (parameter.annotation, &term) {
                let item = run::object_of_items(evaluator, hint, place);
                builder.given_items.extend(item.map(|item| (Arc::clone(&text.name), item)));
                let may_be_left_out = parameter.default.is_some_and(|default| matches!(module[default], Expr::None));
                let plain = kinds::plain_class(evaluator, hint, place);
                let is_default =
                    |plain: &&'static str| kinds::is_default_of(evaluator, parameter.default, place, plain);
                let given = plain.filter(is_default);
                builder.plain.extend(given.map(|plain| (Arc::clone(&text.name), plain)));
                // What is annotated as anything arrives as it was recorded.
                if let Some(form) = self.lens.form(kind, name, position).filter(|_| class.is_none() && plain.is_none())
                {
                    let (whole, item) = form.arrives_as();
                    let whole = whole.filter(is_default);
                    builder.plain.extend(whole.map(|whole| (Arc::clone(&text.name), whole)));
                    builder.plain.extend(item.map(|item| (format!("item of {}", text.name).into(), item)));
                }
                if !may_be_left_out && kinds::is_never_none(evaluator, hint, place) {
                    builder.never_none.insert(Arc::clone(&text.name));
                }
            }
            given.positional.push(Item::always(term));
        }
        given
    }
}

impl Builder<'_, '_, '_> {
    /// Goes through a function that the SDK calls.
    fn entry(
        &mut self,
        function: crate::python::FunctionRef,
        outer: Option<crate::python::FrameId>,
        receiver: Option<Term>,
        given: Given,
    ) -> Vec<Step> {
        let body = self.evaluator.project().module(function.file)[function.function].body;
        let frame = self.bind(function, outer, receiver, given);
        self.here = Here::new(function.file, Some(function), frame);
        self.running.push(function);
        self.body(body);
        self.running.pop();
        let is_stuck = self.one_way.as_ref().is_some_and(|way| way.raised.as_ref().is_some_and(Raised::is_no_failure));
        let has_raised = self.one_way.as_mut().is_some_and(|way| !way.is_cut && way.raised.take().is_some());
        if has_raised {
            self.emit(Step::Exit(if is_stuck { Exit::Stuck } else { Exit::Fail }, None));
        }
        std::mem::take(&mut self.out)
    }
}

/// The name of the messages that a handler takes; empty where it takes those of all names.
fn message_of(analysis: &Analysis<'_, '_>, entry: &EntryPoint) -> String {
    match analysis.wire_of_handler(entry) {
        WireName::Dynamic => String::new(),
        WireName::Known(name) => name.as_str().to_owned(),
        WireName::Unknown => entry.name.rsplit('.').next().unwrap_or(&entry.name).to_owned(),
    }
}

fn handles(role: Role) -> Option<FlowKind> {
    match role {
        Role::Signal => Some(FlowKind::Signal),
        Role::Update => Some(FlowKind::Update),
        _ => None,
    }
}
