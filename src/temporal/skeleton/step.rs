//! What a workflow does as far as replay compares it: commands, in the order and under the conditions that decide them.
//!
//! Knows: the parts of a skeleton, and which of them count. Does not know: how code becomes a skeleton ([`build`](super::build)),
//! or what a change means ([`compare`](super::compare)).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::effects::{Effect, INPUT};
use super::forms::Form;
use super::ids;
use super::keys::Keys;
use super::paths::Paths;
use crate::source::{Span, fnv};

/// How something reads that decides commands. Two spellings of the same are alike if either text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text {
    /// With the names of attributes that hold the workflow's state.
    pub name: Arc<str>,
    /// With what is put into these attributes instead of their names.
    pub shape: Arc<str>,
    /// Whether other code of the workflow may change it while this code waits.
    pub is_shared: bool,
}

impl Text {
    /// A text that has no name of an attribute in it.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        let text: Arc<str> = shortened(text).into();
        Self { name: Arc::clone(&text), shape: text, is_shared: false }
    }

    /// Texts put together.
    #[must_use]
    pub fn joined(parts: &[&Text], join: impl Fn(&[&str]) -> String) -> Self {
        let names: Vec<&str> = parts.iter().map(|part| &*part.name).collect();
        let shapes: Vec<&str> = parts.iter().map(|part| &*part.shape).collect();
        Self {
            name: shortened(&join(&names)).into(),
            shape: shortened(&join(&shapes)).into(),
            is_shared: parts.iter().any(|part| part.is_shared),
        }
    }

    /// Whether both say the same.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.name == other.name || self.shape == other.shape
    }
}

/// The longest text that is kept as it is; what is longer ends in a number that stands for the rest.
const LONGEST: usize = 240;

/// A text as it is kept: on one line, since each step of a baseline has its own, and not too long.
fn shortened(text: &str) -> String {
    if text.contains(['\n', '\r']) {
        return shortened(&text.replace(['\n', '\r'], " "));
    }
    if text.len() <= LONGEST || is_shortened(text) {
        return text.to_owned();
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…{:016x}", &text[..end], fnv(&text.as_bytes()[end..]))
}

/// Whether a text was shortened already: nothing has come to it since.
fn is_shortened(text: &str) -> bool {
    text.rsplit_once('\u{2026}').is_some_and(|(kept, rest)| {
        rest.len() == 16 && kept.len() <= LONGEST && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Where code stands that has a part in a skeleton, and the way that leads there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The place.
    pub span: Span,
    /// The functions around, that which the SDK calls first, each with the place that leads on.
    pub way: Arc<[(String, Span)]>,
}

/// What kind of command it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CommandKind {
    /// An activity.
    Activity,
    /// A local activity.
    LocalActivity,
    /// A child workflow.
    Child,
    /// A timer.
    Timer,
    /// A signal to another workflow.
    Signal,
    /// A request to cancel another workflow.
    Cancel,
    /// A Nexus operation.
    Nexus,
    /// Search attributes.
    SearchAttributes,
    /// A memo.
    Memo,
    /// The mark of `workflow.patched`.
    Patch,
    /// The mark of `workflow.deprecate_patch`.
    DeprecatePatch,
    /// A call of a function that is being gone through already.
    Recursion,
}

/// Each kind with its word.
const KINDS: [(CommandKind, &str); 12] = [
    (CommandKind::Activity, "activity"),
    (CommandKind::LocalActivity, "local activity"),
    (CommandKind::Child, "child workflow"),
    (CommandKind::Timer, "timer"),
    (CommandKind::Signal, "signal"),
    (CommandKind::Cancel, "cancel request"),
    (CommandKind::Nexus, "Nexus operation"),
    (CommandKind::SearchAttributes, "search attributes"),
    (CommandKind::Memo, "memo"),
    (CommandKind::Patch, "patch"),
    (CommandKind::DeprecatePatch, "deprecated patch"),
    (CommandKind::Recursion, "recursive call"),
];

impl CommandKind {
    /// How it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// What is done with one where what waits for it is cancelled, as the SDK calls it, unless something else is said.
    #[must_use]
    pub fn cancels(self) -> Option<&'static str> {
        match self {
            CommandKind::Activity | CommandKind::LocalActivity | CommandKind::Timer => Some("TRY_CANCEL"),
            CommandKind::Child => Some("WAIT_CANCELLATION_COMPLETED"),
            CommandKind::Nexus => Some("WAIT_COMPLETED"),
            _ => None,
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What kind.
    pub kind: CommandKind,
    /// The type that it names; empty where replay compares none.
    pub name: Text,
    /// Whether the type is only known by how it comes about: data or the environment give it.
    pub is_computed: bool,
    /// The id that it is given, where replay compares it.
    pub id: Option<Text>,
    /// What waiting for it is known by.
    pub token: Arc<str>,
    /// A timer that ends a wait for this condition, and is never sent where the condition holds by then.
    pub until: Option<Text>,
    /// A timer that is not started where this is 0.
    pub zero: Option<Text>,
    /// What its result is in JSON, where that is known.
    pub gives: Option<Arc<Form>>,
    /// What is done with it where what waits for it is cancelled, as the SDK calls it; nothing where that is not known.
    pub cancels: Option<Arc<str>>,
    /// Where.
    pub at: Option<Site>,
}

/// Whether something is what an execution was given, or what an activity has given, as it came.
#[must_use]
pub(super) fn is_as_given(text: &Text) -> bool {
    (text.name.starts_with(INPUT) || text.name.starts_with("result of ")) && !text.name.contains(['(', '['])
}

/// That a number is more than 0, as conditions read.
#[must_use]
pub(super) fn is_more(number: &Text) -> Text {
    Text::joined(&[number], |parts| format!("0 < {}", parts[0]))
}

/// That `asyncio.shield` keeps a command from being cancelled.
pub(super) const SHIELDED: &str = "SHIELDED";

/// That what waits for a command leaves it alone where it is cancelled itself, as `as_completed` does.
pub(super) const LEFT_ALONE: &str = "LEFT_ALONE";

impl Command {
    /// Whether replay takes one for the other.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let marks = |kind| matches!(kind, CommandKind::Patch | CommandKind::DeprecatePatch);
        let ids = match (&self.id, &other.id) {
            (Some(one), Some(other)) => one.is_like(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        (self.kind == other.kind || marks(self.kind) && marks(other.kind)) && self.name.is_like(&other.name) && ids
    }

    /// Whether replay may take one for the other, since the type or the id of one is only known by how it comes about.
    #[must_use]
    pub fn may_be(&self, other: &Self) -> bool {
        let is_named = self.is_computed || other.is_computed || self.name.is_like(&other.name);
        let may_be_id = match (&self.id, &other.id) {
            (Some(one), Some(other)) => one.is_like(other) || ids::may_be_alike(one, other),
            (one, other) => one.is_none() && other.is_none(),
        };
        self.kind == other.kind && is_named && may_be_id
    }

    /// What of it is only known by how it comes about, where another is taken for it: its type or its id.
    #[must_use]
    pub fn computed(&self) -> (&'static str, &Text) {
        match &self.id {
            Some(id) if !self.is_computed => ("id", id),
            _ => ("type", &self.name),
        }
    }

    /// What it is called: its type, or where it has none its kind.
    #[must_use]
    pub fn called(&self) -> String {
        let type_name = self.name.name.to_string();
        if type_name.is_empty() { self.kind.word().to_owned() } else { type_name }
    }

    /// How it is shown.
    #[must_use]
    pub fn shown(&self) -> String {
        let kind = self.kind.word();
        let mut text = if self.name.name.is_empty() { kind.to_owned() } else { format!("{kind} {}", self.name.name) };
        if let Some(id) = &self.id {
            text.push_str(&format!(" with id {}", id.name));
        }
        text
    }
}

/// How code is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// The flow ends with a result.
    Return,
    /// An exception is raised that code around may catch.
    Raise,
    /// An exception is raised that nothing catches: the flow fails.
    Fail,
    /// An exception is raised that nothing catches and that is no failure: the workflow task fails, again and again.
    Stuck,
    /// The workflow continues as new.
    ContinueAsNew,
    /// The loop ends.
    Break,
    /// The loop goes on.
    Continue,
    /// It goes on behind a [`Step::Failed`] without handlers: the innermost one, or so many further out.
    Leave(u8),
    /// Nothing comes here that a history could hold.
    Never,
}

impl Exit {
    /// Whether an exception is raised.
    #[must_use]
    pub fn raises(self) -> bool {
        matches!(self, Exit::Raise | Exit::Fail | Exit::Stuck)
    }

    /// Whether code is left in the same way.
    #[must_use]
    pub fn is_like(self, other: Self) -> bool {
        self == other || self.raises() && other.raises()
    }

    /// How it is written.
    #[must_use]
    pub fn word(self) -> String {
        let word = match self {
            Exit::Return => "return",
            Exit::Raise => "raise",
            Exit::Fail => "fail",
            Exit::Stuck => "stuck",
            Exit::ContinueAsNew => "continue as new",
            Exit::Break => "break",
            Exit::Continue => "continue",
            Exit::Leave(further) => return format!("leave {further}"),
            Exit::Never => "never",
        };
        word.to_owned()
    }

    /// The exit of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        if let Some(further) = word.strip_prefix("leave ") {
            return further.parse().ok().map(Exit::Leave);
        }
        let all = [
            Exit::Return,
            Exit::Raise,
            Exit::Fail,
            Exit::Stuck,
            Exit::ContinueAsNew,
            Exit::Break,
            Exit::Continue,
            Exit::Never,
        ];
        all.into_iter().find(|exit| exit.word() == word)
    }
}

/// What becomes of failures of what is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failures {
    /// The first is raised, and the rest goes on.
    Raised,
    /// They are results.
    Kept,
    /// The rest is cancelled, and all are raised as one that is no failure to the SDK: those of a task group.
    Grouped,
}

impl Failures {
    /// Each with how a wait reads.
    const ALL: [(Failures, &str); 3] = [
        (Failures::Raised, "wait for"),
        (Failures::Kept, "wait and keep failures for"),
        (Failures::Grouped, "wait in a group for"),
    ];

    /// How a wait reads.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, word)| word)
    }

    /// What becomes of them where a wait reads like this.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(failures, _)| *failures)
    }
}

/// Something that is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// What, each known by what it waits for.
    pub tokens: Vec<Arc<str>>,
    /// What becomes of failures of it.
    pub failures: Failures,
    /// Where.
    pub at: Option<Site>,
}

/// What a wait for a condition is known by.
#[must_use]
pub(super) fn condition_token(text: &Text) -> Arc<str> {
    let kind = if text.is_shared { CONDITION } else { SETTLED };
    match text.name == text.shape {
        true => format!("{kind}{}", text.name).into(),
        false => format!("{kind}{} \u{2248} {}", text.name, text.shape).into(),
    }
}

/// How what is known by a condition begins that other code may make true, and of one that no other code does.
pub(super) const CONDITION: &str = "condition ";
pub(super) const SETTLED: &str = "settled condition ";

/// How it reads that a condition is asked again for once its wait is over: `while self.busy: await wait_condition(…)`.
pub(super) const ASKED_AGAIN: &str = "settled condition that is asked again";

/// How it reads that a condition is only waited for where it was asked that it does not hold.
pub(super) const ASKED_FIRST: &str = "settled condition that is asked first";

/// Both forms of the condition that a wait is for.
#[must_use]
pub(super) fn awaited_condition(token: &str) -> Option<(&str, &str)> {
    let asked = token.strip_prefix(CONDITION).or_else(|| token.strip_prefix(SETTLED))?;
    Some(asked.split_once(" \u{2248} ").unwrap_or((asked, asked)))
}

/// Whether two waits are for the same.
#[must_use]
pub(super) fn waits_alike(one: &str, other: &str) -> bool {
    let is_alike =
        |(name, shape): (&str, &str), (other, other_shape): (&str, &str)| name == other || shape == other_shape;
    one == other
        || awaited_condition(one).is_some_and(|one| awaited_condition(other).is_some_and(|other| is_alike(one, other)))
}

/// A condition that decides what is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How it reads.
    pub text: Text,
    /// Where it asks whether something is one of several constants.
    pub compares: Option<OneOf>,
}

/// The question whether something is one of several constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOf {
    /// What, by its shape.
    pub of: Arc<str>,
    /// Which, in an order of their own.
    pub constants: Vec<Arc<str>>,
}

impl Condition {
    /// A condition that asks nothing that is known.
    #[must_use]
    pub fn plain(text: Text) -> Self {
        Self { text, compares: None }
    }

    /// Whether something is one of several constants.
    #[must_use]
    pub fn one_of(subject: &Text, mut constants: Vec<Arc<str>>) -> Self {
        constants.sort_unstable();
        constants.dedup();
        let text = Text::joined(&[subject], |parts| format!("{}{}", parts[0], asked_of(&constants)));
        Self { text, compares: Some(OneOf { of: Arc::clone(&subject.shape), constants }) }
    }

    /// What is asked whether it is one of several constants.
    fn subject(&self) -> Option<Text> {
        let OneOf { of, constants } = self.compares.as_ref()?;
        let name = self.text.name.strip_suffix(asked_of(constants).as_str())?;
        Some(Text { name: name.into(), shape: Arc::clone(of), is_shared: self.text.is_shared })
    }

    /// The condition that holds where this or another does, and that where this holds and another does not, if both ask the
    /// same of constants.
    #[must_use]
    pub fn either(&self, other: &Self) -> Option<Self> {
        let (one, more) = (self.compares.as_ref()?, other.compares.as_ref()?);
        let constants = one.constants.iter().chain(&more.constants).cloned().collect();
        (one.of == more.of).then(|| Some(Self::one_of(&self.subject()?, constants)))?
    }

    /// The condition that holds where this does and another does not (`without`), or does; nothing inside where that cannot be.
    #[must_use]
    pub fn among(&self, other: &Self, without: bool) -> Option<Option<Self>> {
        let (one, more) = (self.compares.as_ref()?, other.compares.as_ref()?);
        if one.of != more.of {
            return None;
        }
        let subject = self.subject()?;
        let left: Vec<_> =
            one.constants.iter().filter(|known| more.constants.contains(known) != without).cloned().collect();
        Some((!left.is_empty()).then(|| Self::one_of(&subject, left)))
    }
}

/// How it reads that something is one of several constants.
fn asked_of(constants: &[Arc<str>]) -> String {
    match constants {
        [only] => format!(" == {only}"),
        many => format!(" in ({})", many.join(", ")),
    }
}

/// What is caught, with what is done then.
pub type Handler = (Text, Vec<Step>);

/// How it reads that something inside of what is guarded raised what a handler catches.
#[must_use]
pub fn is_raised(kind: &Text, of: &str) -> Text {
    Text::joined(&[kind], |parts| format!("{} is raised in {of}", parts[0]))
}

/// A part of a skeleton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A command is issued.
    Command(Command),
    /// Something is waited for.
    Wait(Wait),
    /// One of two.
    Branch {
        /// The condition.
        condition: Condition,
        /// What is done where it holds.
        then: Vec<Step>,
        /// What is done where it does not.
        orelse: Vec<Step>,
        /// Where.
        at: Option<Site>,
    },
    /// A loop.
    Loop {
        /// What it goes through, or its condition.
        head: Text,
        /// What is done each time.
        body: Vec<Step>,
        /// Where.
        at: Option<Site>,
    },
    /// What starts once the code around waits, and goes on beside it.
    Beside(Vec<Step>),
    /// What is done where something fails from here to the [`Step::Over`] that belongs to it; then it goes on behind that.
    /// Without handlers, the body of a function of which a handler ends it.
    Failed {
        /// What is caught, with what is done then.
        handlers: Vec<Handler>,
        /// What the first command inside is known by.
        of: Arc<str>,
        /// Where.
        at: Option<Site>,
    },
    /// The end of what the innermost [`Step::Failed`] is about.
    Over,
    /// The workflow's state is changed.
    Put {
        /// The attribute.
        attribute: Text,
        /// What is put there.
        value: Text,
    },
    /// The code is left.
    Exit(Exit, Option<Site>),
    /// What cannot be told.
    Unknown {
        /// What it is known by.
        what: Text,
        /// Why it cannot be told.
        reason: String,
        /// Where.
        at: Option<Site>,
    },
}

impl Step {
    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> Option<&Site> {
        match self {
            Step::Command(command) => command.at.as_ref(),
            Step::Wait(wait) => wait.at.as_ref(),
            Step::Branch { at, .. } | Step::Loop { at, .. } | Step::Failed { at, .. } | Step::Exit(_, at) => {
                at.as_ref()
            }
            Step::Unknown { at, .. } => at.as_ref(),
            Step::Beside(steps) => steps.iter().find_map(Step::at),
            Step::Over => None,
            Step::Put { .. } => None,
        }
    }

    /// Changes it and all steps inside.
    pub(super) fn each_mut(&mut self, change: &dyn Fn(&mut Step)) {
        change(self);
        let go = |steps: &mut Vec<Step>| steps.iter_mut().for_each(|step| step.each_mut(change));
        match self {
            Step::Branch { then, orelse, .. } => {
                go(then);
                go(orelse);
            }
            Step::Loop { body, .. } | Step::Beside(body) => go(body),
            Step::Failed { handlers, .. } => handlers.iter_mut().for_each(|(_, steps)| go(steps)),
            Step::Command(_)
            | Step::Wait(_)
            | Step::Over
            | Step::Exit(..)
            | Step::Put { .. }
            | Step::Unknown { .. } => {}
        }
    }

    /// The steps inside.
    pub fn each_part<'s>(&'s self, look: &mut dyn FnMut(&'s [Step])) {
        match self {
            Step::Branch { then, orelse, .. } => {
                look(then);
                look(orelse);
            }
            Step::Loop { body, .. } | Step::Beside(body) => look(body),
            Step::Failed { handlers, .. } => handlers.iter().for_each(|(_, steps)| look(steps)),
            Step::Command(_)
            | Step::Wait(_)
            | Step::Over
            | Step::Exit(..)
            | Step::Put { .. }
            | Step::Unknown { .. } => {}
        }
    }
}

/// Looks at all steps, those inside others included.
pub fn each_step<'s>(steps: &'s [Step], look: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        look(step);
        step.each_part(&mut |part| each_step(part, look));
    }
}

/// Whether any step, inside others included, passes a test.
#[must_use]
pub fn any_step(steps: &[Step], is_such: &dyn Fn(&Step) -> bool) -> bool {
    let mut found = false;
    each_step(steps, &mut |step| found = found || is_such(step));
    found
}

/// Whether an execution may wait in steps.
#[must_use]
pub fn waits(steps: &[Step]) -> bool {
    any_step(steps, &|step| matches!(step, Step::Wait(_) | Step::Unknown { .. }))
}

impl Step {
    /// Whether it waits, and does nothing else.
    pub(super) fn only_waits(&self) -> bool {
        match self {
            Self::Wait(_) => true,
            Self::Branch { then, orelse, .. } => then.iter().chain(orelse).all(Self::only_waits),
            _ => false,
        }
    }
}

/// All that steps wait for, in the order in which they stand.
pub(super) fn awaited(steps: &[Step]) -> Vec<&Arc<str>> {
    let mut found = Vec::new();
    each_step(steps, &mut |step| {
        if let Step::Wait(wait) = step {
            found.extend(&wait.tokens);
        }
    });
    found
}

/// What a flow of a workflow is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FlowKind {
    /// The run method, after what makes the object.
    Run,
    /// A signal handler.
    Signal,
    /// An update handler.
    Update,
}

impl FlowKind {
    /// How it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FlowKind::Run => "run",
            FlowKind::Signal => "signal",
            FlowKind::Update => "update",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [FlowKind::Run, FlowKind::Signal, FlowKind::Update].into_iter().find(|kind| kind.word() == word)
    }
}

/// The arguments that the SDK may give a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Takes {
    /// How many it needs.
    pub least: usize,
    /// How many it takes; nothing where any number.
    pub most: Option<usize>,
    /// The position of the first of which its annotation makes an object.
    pub first_object: Option<usize>,
    /// What each is in JSON, where that is known; nothing where annotations are missing.
    pub forms: Option<Vec<Option<Arc<Form>>>>,
    /// Which keys are read of them.
    pub keys: Keys,
}

impl Takes {
    /// The keys that are in what was recorded: fields of objects, and what is read first of all. Each with the position of the
    /// argument.
    pub(super) fn held(&self) -> impl Iterator<Item = (usize, &str)> {
        let forms = self.forms.iter().flatten().enumerate();
        let fields = forms
            .flat_map(|(position, form)| form.iter().flat_map(|form| form.fields()).map(move |key| (position, key)));
        fields.chain(self.keys.read.iter().map(|(position, key)| (*position, key.as_str())))
    }
}

/// What the SDK runs for a workflow: its run method, or a handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// What for.
    pub kind: FlowKind,
    /// The name of its messages; empty for the run method and for a handler of all names.
    pub name: String,
    /// How many arguments it takes.
    pub arity: usize,
    /// What code calls these; nothing of a version that was written down.
    pub parameters: Vec<String>,
    /// What else is known of these; nothing of a version that was written down.
    pub takes: Option<Takes>,
    /// Whether it changes the workflow's state.
    pub writes: bool,
    /// What it does.
    pub steps: Vec<Step>,
    /// What a handler puts into the workflow's state.
    pub effects: Vec<Effect>,
    /// Its name.
    pub at: Option<Span>,
    /// The paths through it, where they are few and known.
    pub paths: Option<Paths>,
}

/// A workflow as replay sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    /// The name under which it is started.
    pub name: String,
    /// The name of its class.
    pub class: String,
    /// The place of that.
    pub at: Option<Span>,
    /// What the SDK runs: the run method first, then handlers by kind and name.
    pub flows: Vec<Flow>,
    /// Why all of it cannot be told.
    pub cannot: Option<String>,
    /// What tells its code from other code, where all of it cannot be told.
    pub code: Option<String>,
    /// The keys that are taken to be in nothing that was recorded, since the version before names none of them.
    pub missing: BTreeSet<String>,
}
