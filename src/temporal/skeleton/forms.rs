//! What JSON holds of data, by their annotations, and what the SDK's converter makes of it by others.
//!
//! Knows: which kind of value an annotated type is recorded as, the fields of objects, and the values of enumerations; what the
//! default converter refuses (`temporalio/converter/_payload_converter.py`, `value_to_type`). Does not know: other values, or
//! what another converter does.

mod lines;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::Texts;
use super::values::{self, Listed};
use crate::python::{Ancestor, ClassRef, FunctionRef};
use crate::registry::payloads;
use crate::registry::schema::{JsonKind, ShapeKind};
use crate::semantic::{DictItem, Expr, ExprId, Name};
use crate::temporal::analysis::Analysis;
use crate::temporal::converters::Encoding;
use crate::temporal::sent::definition_of;
use crate::temporal::types::{ClassShape, Type, Types};
pub use lines::{Called, Told, is_of_forms};

/// What data of a type are in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// How the type reads.
    pub name: Arc<str>,
    /// Which kinds of values they may be.
    kinds: BTreeSet<JsonKind>,
    /// The fields of objects, where these are known.
    fields: Option<Vec<Part>>,
    /// What the items of lists are, where that is known.
    items: Option<Arc<Form>>,
    /// Which texts, numbers and truth values they are, where no others may be.
    values: Option<BTreeSet<Arc<str>>>,
    /// The texts that the file names of a function that gives objects of any keys: what is none of these is hardly a key.
    named: Option<Arc<Texts>>,
    /// Whether the default converter makes them.
    is_sure: bool,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: Arc<str>,
    form: Option<Arc<Form>>,
    /// Whether there is no default.
    is_needed: bool,
}

/// Whether what was recorded can be made into what an annotation says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fit {
    /// It can, as far as types tell.
    Fits,
    /// Some of it cannot, and why.
    Perhaps(String),
    /// None of it can, and why.
    Fails(String),
}

impl Form {
    /// Whether the converter makes this of what was recorded of something else.
    pub(super) fn takes(&self, recorded: &Form) -> Fit {
        // `None` arrives as such, whatever is annotated: it is sent in another way than what holds it.
        let beside_none = match recorded.kinds.contains(&JsonKind::Null) && !self.kinds.contains(&JsonKind::Null) {
            true => Cow::Owned(recorded.without_none()),
            false => Cow::Borrowed(recorded),
        };
        match self.made_of(&beside_none) {
            Fit::Fails(why) if beside_none.kinds.len() < recorded.kinds.len() => Fit::Perhaps(why),
            Fit::Fails(why) if !(self.is_sure && recorded.is_sure) => Fit::Perhaps(why),
            fit => fit,
        }
    }

    /// The fields of objects that all that is recorded of them holds.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        let is_object = self.kinds.len() == 1 && self.kinds.contains(&JsonKind::Object);
        self.fields.iter().flatten().filter(move |_| is_object).map(|part| &*part.name)
    }

    /// The same, where it is known which these are.
    pub(super) fn known_fields(&self) -> Option<impl Iterator<Item = String>> {
        let is_object = self.kinds.len() == 1 && self.kinds.contains(&JsonKind::Object);
        let fields = self.fields.as_ref().filter(|_| is_object)?;
        Some(fields.iter().map(|part| part.name.to_string()))
    }

    /// Whether no object of it has a field of that name.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.fields.as_ref().is_some_and(|fields| fields.iter().all(|part| *part.name != *field))
    }

    /// Whether a field of a field of it, and so on, surely is none such constant: those that it may be are listed.
    pub(super) fn is_never<'t>(&self, mut fields: impl Iterator<Item = &'t str>, constant: &str) -> bool {
        match fields.next() {
            Some(field) => {
                let part = self.fields.iter().flatten().find(|part| *part.name == *field);
                part.and_then(|part| part.form.as_ref()).is_some_and(|form| form.is_never(fields, constant))
            }
            None => self.is_sure && self.values.as_ref().is_some_and(|values| !values.contains(constant)),
        }
    }

    /// A field of a field of it, and so on; of lists that of their items.
    pub(super) fn part<'t>(
        self: &Arc<Self>,
        fields: impl Iterator<Item = &'t str>,
        mut items: usize,
    ) -> Option<Arc<Self>> {
        let of_items = |form: Arc<Self>, items: &mut usize| {
            let mut form = form;
            while *items > 0 && form.items.is_some() {
                form = Arc::clone(form.items.as_ref()?);
                *items -= 1;
            }
            Some(form)
        };
        let mut form = of_items(Arc::clone(self), &mut items)?;
        for field in fields {
            let part = form.fields.iter().flatten().find(|part| *part.name == *field)?;
            form = of_items(Arc::clone(part.form.as_ref()?), &mut items)?;
        }
        (items == 0).then_some(form)
    }

    /// The one text or number of it that counts as false, and whether it may be `None` besides.
    pub(super) fn false_one(&self) -> Option<(&'static str, bool)> {
        let mut kinds = self.kinds.iter().filter(|kind| **kind != JsonKind::Null);
        let is_none = self.kinds.contains(&JsonKind::Null);
        match (kinds.next(), kinds.next()) {
            (Some(JsonKind::Text), None) => Some(("''", is_none)),
            (Some(JsonKind::Number), None) => Some(("0", is_none)),
            _ => None,
        }
    }

    /// Whether it is annotated as a number that need not be whole.
    pub(super) fn is_decimal(&self) -> bool {
        &*self.name == "float"
    }

    /// Whether nothing but `True` and `False` is made of it.
    pub(super) fn is_truth(&self) -> bool {
        self.kinds.len() == 1 && self.kinds.contains(&JsonKind::Truth) && self.values.is_none()
    }

    /// The values that it lists, in words.
    pub(super) fn listed(&self) -> String {
        let all: Vec<&str> = self.values.iter().flatten().take(MOST_LISTED).map(|value| &**value).collect();
        let more = self.values.as_ref().is_some_and(|values| values.len() > MOST_LISTED);
        format!("{}{}", all.join(", "), if more { ", \u{2026}" } else { "" })
    }

    /// The class of data that JSON of this form arrives as where nothing is annotated, but for `None`; and the same of its items.
    pub(super) fn arrives_as(&self) -> (Option<&'static str>, Option<&'static str>) {
        let class = |form: &Form| {
            let mut kinds = form.kinds.iter().filter(|kind| **kind != JsonKind::Null);
            match (kinds.next(), kinds.next()) {
                (Some(JsonKind::Object), None) => Some("dict"),
                (Some(JsonKind::List), None) => Some("list"),
                (Some(JsonKind::Text), None) => Some("str"),
                (Some(JsonKind::Truth), None) => Some("bool"),
                _ => None,
            }
        };
        (class(self), self.items.as_deref().and_then(class))
    }

    fn without_none(&self) -> Self {
        let kinds = self.kinds.iter().copied().filter(|kind| *kind != JsonKind::Null).collect();
        Self { kinds, ..self.clone() }
    }

    fn made_of(&self, recorded: &Form) -> Fit {
        let held = &recorded.kinds;
        let is_taken = |kind: &JsonKind| {
            let is_truth_of_number = *kind == JsonKind::Truth && self.kinds.contains(&JsonKind::Number);
            self.kinds.contains(kind) || is_truth_of_number
        };
        // Letters and keys make a list, too, though hardly the one that is meant.
        let is_spread =
            |kind: &JsonKind| matches!(kind, JsonKind::Text | JsonKind::Object) && self.kinds.contains(&JsonKind::List);
        if let Some(other) = held.iter().find(|kind| !is_taken(kind)) {
            let why = format!("what was recorded may be {}", word(*other));
            let is_all = !held.iter().any(is_taken) && !held.iter().any(is_spread);
            return match (is_all, held.len()) {
                (true, 1) => Fit::Fails(why.replace("may be", "is")),
                (true, _) => Fit::Fails(why),
                (false, _) => Fit::Perhaps(why),
            };
        }
        let of_fields = match held.contains(&JsonKind::Object) {
            true => self.fields_of(recorded),
            false => Fit::Fits,
        };
        match (of_fields, &self.items, &recorded.items) {
            (Fit::Fits, Some(asked), Some(items)) => match asked.made_of(items) {
                Fit::Fits => self.values_of(recorded),
                // It may have no items.
                Fit::Perhaps(why) | Fit::Fails(why) => Fit::Perhaps(why),
            },
            (Fit::Fits, ..) => self.values_of(recorded),
            (fit, ..) => fit,
        }
    }

    /// Whether what an enumeration or `Literal` held is among what is listed now. Of what may hold anything, nothing is said.
    fn values_of(&self, recorded: &Form) -> Fit {
        let (Some(listed), Some(held)) = (&self.values, &recorded.values) else { return Fit::Fits };
        let mut others = held.difference(listed);
        let Some(other) = others.next() else { return Fit::Fits };
        let is_all = others.count() + 1 == held.len() && recorded.kinds.iter().all(is_listed);
        let why = |verb: &str| format!("what was recorded {verb} {other}, which is none of `{}`", self.name);
        match (is_all, held.len()) {
            (true, 1) => Fit::Fails(why("is")),
            (true, _) => Fit::Fails(why("may be")),
            (false, _) => Fit::Perhaps(why("may be")),
        }
    }

    /// The first part that may have been any text when it was recorded, and is one of few now: how it is reached from `of`, and what it is.
    pub(super) fn fewer_texts<'f>(&'f self, recorded: &Form, of: &str) -> Option<(String, &'f Form)> {
        let lists = self.values.as_ref().is_some_and(|values| values.iter().any(|value| value.starts_with('\'')));
        if lists && recorded.values.is_none() && recorded.kinds.contains(&JsonKind::Text) {
            return Some((of.to_owned(), self));
        }
        let in_field = |field: &'f Part| {
            let held = recorded.fields.iter().flatten().find(|held| held.name == field.name)?;
            field.form.as_ref()?.fewer_texts(held.form.as_ref()?, &format!("{of}.{}", field.name))
        };
        let in_items = || self.items.as_ref()?.fewer_texts(recorded.items.as_ref()?, of);
        self.fields.iter().flatten().find_map(in_field).or_else(in_items)
    }

    /// What is asked for of objects of any keys, that nothing names where they are made or where `named` are the texts.
    pub(super) fn asks_beyond(&self, recorded: &Form, named: &FxHashSet<Name>) -> Option<&str> {
        let (Some(fields), None, Some(made)) = (&self.fields, &recorded.fields, &recorded.named) else { return None };
        let is_known = |part: &&Part| {
            let is_it = |text: &Name| text.as_str() == &*part.name;
            made.words.iter().any(is_it) || named.iter().any(is_it)
        };
        fields.iter().find(|part| part.is_needed && !is_known(part)).map(|part| &*part.name)
    }

    fn fields_of(&self, recorded: &Form) -> Fit {
        let (Some(fields), Some(held)) = (&self.fields, &recorded.fields) else { return Fit::Fits };
        let is_only = recorded.kinds.len() == 1;
        let mut found = Fit::Fits;
        for field in fields {
            let fit = match held.iter().find(|held| held.name == field.name) {
                None if field.is_needed => Fit::Fails(format!("what was recorded has no `{}`", field.name)),
                None => Fit::Fits,
                Some(Part { form: Some(held), .. }) => match &field.form {
                    Some(asked) => told_of(asked.made_of(held), &field.name),
                    None => Fit::Fits,
                },
                Some(_) => Fit::Fits,
            };
            match fit {
                Fit::Fails(why) if is_only => return Fit::Fails(why),
                Fit::Fails(why) | Fit::Perhaps(why) if found == Fit::Fits => found = Fit::Perhaps(why),
                _ => {}
            }
        }
        found
    }
}

/// Whether values of a kind may be listed one by one.
fn is_listed(kind: &JsonKind) -> bool {
    matches!(kind, JsonKind::Text | JsonKind::Number | JsonKind::Truth)
}

/// What does not fit, told of the field that has it.
fn told_of(fit: Fit, field: &str) -> Fit {
    let told = |why: String| match why.contains(" in the field `") {
        true => why,
        false => format!("{why} in the field `{field}`"),
    };
    match fit {
        Fit::Fits => Fit::Fits,
        Fit::Perhaps(why) => Fit::Perhaps(told(why)),
        Fit::Fails(why) => Fit::Fails(told(why)),
    }
}

fn word(kind: JsonKind) -> &'static str {
    match kind {
        JsonKind::Null => "None",
        JsonKind::Text => "a text",
        JsonKind::Number => "a number",
        JsonKind::Truth => "a truth value",
        JsonKind::List => "a list",
        JsonKind::Object => "an object",
    }
}

/// How many values of a list are shown.
const MOST_LISTED: usize = 4;

/// How deep forms nest; what lies deeper is not compared.
const DEPTH: usize = 5;

/// Reads the forms of types; those of results are kept.
pub(super) struct Forms<'f, 'e, 'p> {
    analysis: &'f Analysis<'e, 'p>,
    types: Types<'e, 'p>,
    /// Whether nothing in sight converts payloads in another way.
    is_sure: bool,
    /// It is read what a library makes of its own models, which takes more than the converter does.
    in_model: Cell<bool>,
    results: RefCell<FxHashMap<FunctionRef, Option<Arc<Form>>>>,
}

impl<'f, 'e, 'p> Forms<'f, 'e, 'p> {
    pub(super) fn new(analysis: &'f Analysis<'e, 'p>) -> Self {
        let is_sure = Encoding::of(analysis) == Encoding::Default;
        Self { analysis, types: analysis.types(), is_sure, in_model: Cell::new(false), results: RefCell::default() }
    }

    /// What the SDK makes of the arguments of a function, one for each; nothing where annotations are missing, which it does
    /// without then.
    pub(super) fn of_arguments(&self, function: FunctionRef) -> Option<Vec<Option<Arc<Form>>>> {
        let definition = definition_of(self.analysis, function)?;
        let hints: Option<Vec<_>> = definition.parameters().iter().map(|parameter| parameter.annotation).collect();
        Some(hints?.into_iter().map(|hint| self.of(&self.types.of(hint), DEPTH)).collect())
    }

    /// What kind of data objects of a class are.
    pub(super) fn kind_of_class(&self, class: ClassRef) -> Option<ShapeKind> {
        self.types.shape(class).kind
    }

    /// What the SDK makes of what a function has given.
    pub(super) fn of_result(&self, function: FunctionRef) -> Option<Arc<Form>> {
        if let Some(known) = self.results.borrow().get(&function) {
            return known.clone();
        }
        let returns = definition_of(self.analysis, function).and_then(|definition| definition.signature.returns);
        let form = returns.and_then(|hint| self.of(&self.types.of(hint), DEPTH));
        let form = form.map(|form| self.as_given(function, form));
        self.results.borrow_mut().insert(function, form.clone());
        form
    }

    /// The form of what a function gives. Where that is a dict, all that it gives may be written out with the same keys.
    fn as_given(&self, function: FunctionRef, form: Arc<Form>) -> Arc<Form> {
        if form.fields.is_some() || !form.kinds.contains(&JsonKind::Object) {
            return form;
        }
        let module = self.analysis.project.module(function.file);
        let keys = |value: ExprId| -> Option<BTreeSet<Arc<str>>> {
            let Expr::Dict(items) = module[value] else { return None };
            let key = |item: &DictItem| match module[item.key?] {
                Expr::Str(text) => Some(text.as_str().into()),
                _ => None,
            };
            module.list(items).iter().map(key).collect()
        };
        let returns = module[function.function].returns.iter();
        let all: Option<Vec<BTreeSet<Arc<str>>>> = returns.map(|given| keys(given.value?)).collect();
        let alike = all.filter(|all| all.windows(2).all(|pair| pair[0] == pair[1]));
        let part = |key: &Arc<str>| Part { name: Arc::clone(key), form: None, is_needed: false };
        let fields = alike.and_then(|all| Some(all.first()?.iter().map(part).collect()));
        Arc::new(Form { fields, named: Some(Texts::of(self.analysis, function.file)), ..Form::clone(&form) })
    }

    fn of(&self, ty: &Type, depth: usize) -> Option<Arc<Form>> {
        let depth = depth.checked_sub(1)?;
        let plain = |kind: JsonKind| Form {
            name: self.types.shown(ty).into(),
            kinds: BTreeSet::from([kind]),
            fields: None,
            items: None,
            values: None,
            named: None,
            is_sure: self.is_sure,
        };
        let form = match ty {
            Type::None => plain(JsonKind::Null),
            Type::New(of) | Type::Alias(of) => return self.of(of, depth),
            Type::Union { members, .. } => {
                let members: Option<Vec<Arc<Form>>> = members.iter().map(|member| self.of(member, depth)).collect();
                either(members?)?
            }
            Type::Outside { class, arguments, .. } => {
                let kind = payloads().form(class.as_str())?;
                // Those of a tuple are one for each place.
                let has_items = kind == JsonKind::List && arguments.len() == 1 && !class.as_str().ends_with("uple");
                let items = arguments.first().filter(|_| has_items).and_then(|item| self.of(item, depth));
                Form { items, ..plain(kind) }
            }
            Type::Literal(constants) => {
                let values: Option<Vec<Listed>> =
                    constants.iter().map(|constant| values::of_constant(self.analysis.evaluator, constant)).collect();
                let values = values?;
                let kinds = values.iter().map(|listed| listed.kind).collect();
                let values = values.into_iter().filter(|listed| is_listed(&listed.kind)).map(|listed| listed.word);
                Form { kinds, values: Some(values.collect()), ..plain(JsonKind::Null) }
            }
            Type::Class { class, arguments } if arguments.is_empty() => {
                let shape = self.types.shape(*class);
                if shape.kind == Some(ShapeKind::Enumeration) {
                    let kind = match values::kind_of(self.analysis.evaluator, *class) {
                        Some(kind) => kind,
                        // The default converter neither writes nor makes any of its members.
                        None if self.is_sure && !self.in_model.get() && self.is_plain(*class) => {
                            let name = self.types.shown(ty).into();
                            return Some(Arc::new(Form { name, kinds: BTreeSet::new(), ..plain(JsonKind::Null) }));
                        }
                        None => return None,
                    };
                    let values = values::of_enumeration(self.analysis.evaluator, *class);
                    return Some(Arc::new(Form { values, ..plain(kind) }));
                }
                let kind = kind_of(&shape)?;
                let has_fields = kind == JsonKind::Object && shape.kind != Some(ShapeKind::TypedDict);
                Form { fields: has_fields.then(|| self.parts(&shape, depth)), ..plain(kind) }
            }
            _ => return None,
        };
        Some(Arc::new(Form { name: self.types.shown(ty).into(), ..form }))
    }

    /// Whether all classes that an enumeration derives from are known, so that it is surely none of texts or numbers.
    fn is_plain(&self, class: ClassRef) -> bool {
        let is_known = |ancestor: &Ancestor| match ancestor {
            Ancestor::Project(..) => true,
            Ancestor::Outside(name) => matches!(name.as_str(), "enum.Enum" | "builtins.object"),
            Ancestor::Dynamic(_) | Ancestor::Unknown => false,
        };
        self.analysis.evaluator.order(class, None).iter().all(is_known)
    }

    fn parts(&self, shape: &ClassShape, depth: usize) -> Vec<Part> {
        let around = self.in_model.replace(self.in_model.get() || shape.kind == Some(ShapeKind::Model));
        let parts = self.fields_of_shape(shape, depth);
        self.in_model.set(around);
        parts
    }

    fn fields_of_shape(&self, shape: &ClassShape, depth: usize) -> Vec<Part> {
        let part = |field: &crate::temporal::types::Field| Part {
            name: field.name.as_str().into(),
            form: self.of(&field.ty, depth),
            is_needed: !field.has_default,
        };
        shape.fields.iter().map(part).collect()
    }
}

/// What objects of a class of the project are.
fn kind_of(shape: &ClassShape) -> Option<JsonKind> {
    match shape.kind? {
        ShapeKind::Dataclass if !shape.converts_itself && !shape.own_init => Some(JsonKind::Object),
        ShapeKind::Model if !shape.own_init => Some(JsonKind::Object),
        ShapeKind::TypedDict => Some(JsonKind::Object),
        _ => None,
    }
}

/// What is one of several.
fn either(members: Vec<Arc<Form>>) -> Option<Form> {
    let objects = members.iter().filter(|member| member.kinds.contains(&JsonKind::Object)).count();
    let lists = members.iter().filter(|member| member.kinds.contains(&JsonKind::List)).count();
    let fields = members.iter().find_map(|member| member.fields.clone()).filter(|_| objects == 1);
    let items = members.iter().find_map(|member| member.items.clone()).filter(|_| lists == 1);
    let kinds = members.iter().flat_map(|member| member.kinds.iter().copied()).collect();
    let listing = members.iter().filter(|member| member.kinds.iter().any(is_listed));
    let values = listing.map(|member| member.values.clone()).collect::<Option<Vec<_>>>();
    let values = values.map(|values| values.into_iter().flatten().collect());
    let first = members.first()?;
    let name = Arc::clone(&first.name);
    Some(Form { name, kinds, fields, items, values, named: None, is_sure: first.is_sure })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kinds: &[JsonKind]) -> Form {
        let kinds = kinds.iter().copied().collect();
        Form { name: "x".into(), kinds, fields: None, items: None, values: None, named: None, is_sure: true }
    }

    fn object(fields: &[(&str, JsonKind, bool)]) -> Form {
        let part = |(name, kind, is_needed): &(&str, JsonKind, bool)| Part {
            name: (*name).into(),
            form: Some(Arc::new(form(&[*kind]))),
            is_needed: *is_needed,
        };
        Form { fields: Some(fields.iter().map(part).collect()), ..form(&[JsonKind::Object]) }
    }

    #[test]
    fn one_kind_is_no_other() {
        use JsonKind::{List, Null, Number, Object, Text, Truth};
        let (text, number) = (form(&[Text]), form(&[Number]));
        assert_eq!(text.takes(&text), Fit::Fits);
        assert!(matches!(text.takes(&number), Fit::Fails(_)));
        assert_eq!(number.takes(&form(&[Truth])), Fit::Fits, "`int(True)` is 1");
        assert!(matches!(form(&[Truth]).takes(&number), Fit::Fails(_)));
        assert_eq!(number.takes(&form(&[Null])), Fit::Fits, "`None` arrives as such");
        assert!(matches!(form(&[Null]).takes(&number), Fit::Fails(_)));
        assert!(matches!(form(&[Object]).takes(&form(&[Text, Null])), Fit::Perhaps(_)), "it may be `None`");
        let number_or_none = form(&[Number, Null]);
        assert_eq!(number.takes(&number_or_none), Fit::Fits, "either arrives");
        let within = |kinds: &[JsonKind]| {
            let part = Part { name: "a".into(), form: Some(Arc::new(form(kinds))), is_needed: true };
            Form { fields: Some(vec![part]), ..form(&[Object]) }
        };
        assert!(matches!(within(&[Number]).takes(&within(&[Number, Null])), Fit::Perhaps(_)), "a field is no argument");
        assert_eq!(within(&[Number, Null]).takes(&within(&[Number])), Fit::Fits);
        assert!(matches!(form(&[List]).takes(&text), Fit::Perhaps(_)), "letters make a list");
        assert!(matches!(Form { is_sure: false, ..text }.takes(&number), Fit::Perhaps(_)), "another converter may");
    }

    #[test]
    fn what_nothing_names_is_hardly_a_key() {
        let named = |names: &[&str]| names.iter().map(|name| Name::new(name)).collect::<FxHashSet<Name>>();
        let texts = Texts { words: named(&["a"]), ..Texts::default() };
        let dict = Form { named: Some(Arc::new(texts)), ..form(&[JsonKind::Object]) };
        let asked = object(&[("a", JsonKind::Text, true), ("b", JsonKind::Text, true), ("c", JsonKind::Text, false)]);
        assert_eq!(asked.asks_beyond(&dict, &named(&[])), Some("b"));
        assert_eq!(asked.asks_beyond(&dict, &named(&["b"])), None, "the workflow may have read it");
        assert_eq!(asked.asks_beyond(&object(&[]), &named(&[])), None, "its fields are compared");
    }

    #[test]
    fn what_was_listed_is_listed_still() {
        use JsonKind::{Null, Text};
        let listed = |kinds: &[JsonKind], values: &[&str]| {
            let values = values.iter().map(|value| Arc::from(*value)).collect();
            Form { values: Some(values), ..form(kinds) }
        };
        let two = listed(&[Text], &["'a'", "'b'"]);
        assert_eq!(listed(&[Text], &["'a'", "'b'", "'c'"]).takes(&two), Fit::Fits, "one more is none less");
        assert!(matches!(listed(&[Text], &["'a'"]).takes(&two), Fit::Perhaps(_)));
        assert!(matches!(listed(&[Text], &["'A'", "'B'"]).takes(&two), Fit::Fails(_)));
        assert!(matches!(listed(&[Text], &["'A'"]).takes(&listed(&[Text, Null], &["'a'"])), Fit::Perhaps(_)));
        assert_eq!(form(&[Text]).takes(&two), Fit::Fits, "it takes any");
        assert_eq!(two.takes(&form(&[Text])), Fit::Fits, "which these were is not known");
        assert!(two.fewer_texts(&form(&[Text]), "").is_some(), "which it may not have been");
        assert!(two.fewer_texts(&two, "").is_none());
    }

    #[test]
    fn an_object_has_the_fields_that_are_needed() {
        use JsonKind::{Number, Text};
        let held = object(&[("a", Text, true), ("b", Number, false)]);
        assert_eq!(object(&[("a", Text, true), ("c", Text, false)]).takes(&held), Fit::Fits, "its default stands in");
        assert!(matches!(object(&[("c", Text, true)]).takes(&held), Fit::Fails(_)));
        assert!(matches!(object(&[("b", Text, false)]).takes(&held), Fit::Fails(_)), "it is recorded, and a number");
        assert_eq!(object(&[]).takes(&held), Fit::Fits, "what is more is left out");
        assert_eq!(object(&[("c", Text, true)]).takes(&form(&[JsonKind::Object])), Fit::Fits, "any may be in a dict");
    }
}
