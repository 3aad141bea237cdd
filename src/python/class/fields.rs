//! Constructors: those that are written, and those that are generated from annotated fields.
//!
//! Knows: the fields of a class and its bases, with their defaults and factories, and what a generated constructor runs on them.
//! Does not know: which decorators and bases generate one; the world says so.

use std::cell::LazyCell;

use super::super::call::Defaulted;
use super::super::eval::{Evaluator, Place};
use super::super::value::{
    Arguments, Callable, ClassRef, FrameId, FunctionRef, Instance, Rest, Sequence, Value, ValueId, Values,
};
use super::super::world::{Generated, Generic};
use super::{Ancestor, Member, MethodKind};
use crate::semantic::{
    Argument, ArgumentKind, BindingId, BindingKind, Expr, ExprId, FunctionId, Name, Operator, Stmt, StmtId,
};

/// How deep values and annotations are gone into.
const NESTED: u8 = 6;

/// Calls by which attributes are set by their names: `self.__dict__.update(…)` too.
const SETTERS: [&str; 4] = ["__setattr__", "setattr", "update", "vars"];

/// A field of a class whose constructor is generated.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its annotation.
    pub annotation: Option<ExprId>,
    /// Its default, or the call that describes it.
    pub default: Option<ExprId>,
    /// Where both are evaluated.
    pub place: Place,
}

impl Evaluator<'_> {
    /// The fields of a class whose constructor is generated from annotations, inherited ones first.
    pub fn fields(&self, class: ClassRef, outer: Option<FrameId>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let is_model = matches!(self.generated(class, outer), Generated::Validated | Generated::FromEnvironment);
        for ancestor in self.order(class, outer).iter().rev() {
            let Ancestor::Project(owner, outer) = ancestor else { continue };
            let module = self.project.module(owner.file);
            let place = Place { file: owner.file, frame: *outer };
            for binding in &module[owner.class].fields {
                let (annotation, default) = match module[*binding].kind {
                    BindingKind::Assign { value, annotation, .. } => (annotation, Some(value)),
                    BindingKind::Declare { annotation } => (Some(annotation), None),
                    _ => continue,
                };
                let name = module[module[*binding].variable].name;
                let is_setting = is_model && self.world.configures_models(name);
                if is_setting || annotation.is_some_and(|annotation| self.is_class_variable(annotation, place)) {
                    continue;
                }
                let default = default.or_else(|| self.described_in(annotation?, place));
                let field = Field { name, annotation, default, place };
                match fields.iter_mut().find(|known| known.name == name) {
                    Some(known) => *known = field,
                    None => fields.push(field),
                }
            }
            self.unannotated_fields(*owner, place, &mut fields);
        }
        fields
    }

    /// The description of a field that stands in its annotation, where that says what it is made by:
    /// `Annotated[str, Field(default_factory=…)]`.
    fn described_in(&self, annotation: ExprId, place: Place) -> Option<ExprId> {
        let module = self.project.module(place.file);
        let Expr::Subscript { value, index } = module[annotation] else { return None };
        let name = self.value(value, place).single().and_then(|named| self.outside_name(named))?;
        let Expr::Tuple(items) = module[index] else { return None };
        if self.world.generic(name) != Generic::First {
            return None;
        }
        let describes = |item: &&ExprId| {
            let Expr::Call { arguments, .. } = module[**item] else { return false };
            let makes = |given: &Argument| matches!(given.kind, ArgumentKind::Keyword(name) if matches!(name.as_str(), "default" | "default_factory"));
            module.list(arguments).iter().any(makes) && self.is_field_maker(**item, place)
        };
        module.list(items).iter().skip(1).find(describes).copied()
    }

    /// Whether an annotation says that the attribute is the class's and no field of its objects: `ClassVar[…]`.
    fn is_class_variable(&self, annotation: ExprId, place: Place) -> bool {
        self.annotated_by(annotation, place).is_some_and(|name| self.world.is_class_variable(name))
    }

    /// Whether a field is one that the constructor only hands on: `InitVar[…]`.
    pub(in crate::python) fn is_init_variable(&self, field: &Field) -> bool {
        let name = field.annotation.and_then(|annotation| self.annotated_by(annotation, field.place));
        name.is_some_and(|name| self.world.is_init_variable(name))
    }

    /// The symbol outside the project that an annotation is, or gets arguments.
    fn annotated_by(&self, annotation: ExprId, place: Place) -> Option<Name> {
        let module = self.project.module(place.file);
        let named = match module[annotation] {
            Expr::Subscript { value, .. } => value,
            _ => annotation,
        };
        self.value(named, place).single().and_then(|named| self.outside_name(named))
    }

    /// `x = attr.ib(…)`: fields that are described and not annotated.
    fn unannotated_fields(&self, owner: ClassRef, place: Place, fields: &mut Vec<Field>) {
        let module = self.project.module(owner.file);
        for (_, variable) in module.variables_of(module[owner.class].scope) {
            let Some(binding) = variable.bindings.last() else { continue };
            if let BindingKind::Assign { value, annotation: None, path } = module[*binding].kind
                && path.is_empty()
                && self.is_field_maker(value, place)
                && !fields.iter().any(|field| field.name == variable.name)
            {
                fields.push(Field { name: variable.name, annotation: None, default: Some(value), place });
            }
        }
    }

    /// The object that a call of a class makes.
    pub(in crate::python) fn construct(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
        made: Option<(crate::source::FileId, ExprId)>,
    ) -> Values {
        if let Some(hook) = self.metaclass_method(class, outer, "__call__") {
            let given = self.function_result(&hook, arguments);
            if self.is_of_class(&given, class) {
                return given;
            }
        }
        if let Some(constructor) = self.constructor(class, outer, "__new__") {
            let given = self.function_result(&constructor, arguments);
            if !given.known.is_empty() && !self.is_of_class(&given, class) && given.rest == Rest::Nothing {
                return given;
            }
        }
        if self.derives_from(class, outer, &|base| self.world.is_typed_table(base)) {
            return self.typed_table(class, outer, arguments);
        }
        let mut instance = Instance::plain(class, outer);
        if let Some(init) = self.constructor(class, outer, "__init__") {
            let receiver = self.plain_instance(class, outer);
            let init = Callable { receiver: Some(receiver), ..init };
            instance.init = self.bind(&init, arguments).0;
        } else if self.generated(class, outer) != Generated::No {
            let (fields, _) = self.bind_fields(class, outer, arguments);
            instance.fields = fields;
        }
        instance.fields.retain(|(_, values)| !values.known.is_empty());
        // Objects that own collections or are given functions, and objects of which it matters that they were made at import.
        if self.owns_collections(class, outer)
            || self.is_given_functions(class, outer)
            || made.is_some_and(|made| self.is_made_at_import(made))
        {
            instance.made = made;
        }
        self.only(Value::Instance(Box::new(instance)))
    }

    /// A dict of what is given by name; of what is not known, the annotation in the class says what it is.
    fn typed_table(&self, class: ClassRef, outer: Option<FrameId>, arguments: &Arguments) -> Values {
        let declared = Values::of(self.plain_instance(class, outer));
        let mut given = arguments.clone();
        for (name, values) in given.named.iter_mut().filter(|(_, values)| values.known.is_empty()) {
            *values = self.attribute(&declared, *name);
        }
        self.dict(&given)
    }

    fn is_of_class(&self, given: &Values, class: ClassRef) -> bool {
        given.known.iter().any(|value| matches!(self.get(*value), Value::Instance(instance) if instance.class == class))
    }

    /// Whether methods of a class put something into collections that its objects hold.
    fn owns_collections(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        self.order(class, outer).iter().any(|ancestor| {
            let Ancestor::Project(owner, _) = ancestor else { return false };
            let module = self.project.module(owner.file);
            module.methods_of(owner.class).any(|method| module.fills_collections(method))
        })
    }

    /// Whether a function, or one inside it, puts something into a collection.
    pub(in crate::python) fn fills_collections(&self, function: FunctionRef) -> bool {
        let module = self.project.module(function.file);
        module.fills_collections(function.function)
    }

    /// The method that runs when an object is made, bound to an object of which nothing else is known.
    pub(in crate::python) fn constructor(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        name: &str,
    ) -> Option<Callable> {
        self.constructor_among(&self.order(class, outer), class, outer, Name::new(name))
    }

    /// `__init_subclass__` of the bases of a class, which runs when the class is made.
    pub(in crate::python) fn subclass_hook(&self, class: ClassRef) -> Option<Callable> {
        let order = self.order(class, None);
        self.constructor_among(order.get(1..)?, class, None, Name::new("__init_subclass__"))
    }

    fn constructor_among(
        &self,
        order: &[Ancestor],
        class: ClassRef,
        outer: Option<FrameId>,
        wanted: Name,
    ) -> Option<Callable> {
        for ancestor in order {
            match ancestor {
                Ancestor::Project(owner, owner_outer) => {
                    let plain = || self.plain_instance(class, outer);
                    if let Some(added) = self.added_by_decorator(*owner, wanted)
                        && let Some(Value::Function(added)) = added.single().map(|added| self.get(added))
                    {
                        return Some(Callable { receiver: Some(plain()), ..*added });
                    }
                    if let Some(Member::Method(function, kind)) = self.class_member(*owner, *owner_outer, wanted) {
                        let receiver = match kind {
                            MethodKind::Class => self.store.id(Value::Class(class, outer)),
                            _ => plain(),
                        };
                        let function = FunctionRef { file: owner.file, function };
                        return Some(Callable { function, receiver: Some(receiver), outer: *owner_outer });
                    }
                    // A decorator generates a constructor for this very class.
                    if wanted == "__init__" && self.generates_itself(*owner) {
                        return None;
                    }
                }
                Ancestor::Outside(name) if self.world.generates(*name) != Generated::No => return None,
                _ => {}
            }
        }
        None
    }

    fn generates_itself(&self, class: ClassRef) -> bool {
        let module = self.project.module(class.file);
        let place = Place { file: class.file, frame: None };
        module.list(module[class.class].decorators).iter().any(|decorator| {
            let named = self.value(module.named_by(*decorator), place);
            let name = named.single().and_then(|named| self.outside_name(named));
            name.is_some_and(|name| self.world.generates(name) != Generated::No)
        })
    }

    /// The values of a generated constructor's fields, and the fields that a call leaves to their defaults.
    pub(in crate::python) fn bind_fields(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
    ) -> (Vec<(Name, Values)>, Vec<Defaulted>) {
        let generated = self.generated(class, outer);
        let has_its_default = generated != Generated::FromEnvironment;
        let is_validated = matches!(generated, Generated::Validated | Generated::FromEnvironment);
        let keeps_defaults = LazyCell::new(|| self.keeps_defaults(class, outer));
        let converts = LazyCell::new(|| self.converts_fields(class, outer));
        let mut bound = Vec::new();
        let mut defaulted = Vec::new();
        for (index, field) in self.fields(class, outer).into_iter().enumerate() {
            let named = arguments.named.iter().find(|(name, _)| *name == field.name).map(|(_, values)| values);
            let given = named.or_else(|| arguments.positional.get(index)).cloned();
            match (given, field.default) {
                (Some(values), _) => {
                    bound.push((field.name, self.held_of(&field, values, &|| *converts)));
                }
                (None, Some(default)) if !arguments.open => {
                    let values = match has_its_default {
                        true => self.field_value(default, field.place),
                        false => self.perhaps_default(default, field.annotation, field.place),
                    };
                    let is_left = || is_validated && *keeps_defaults && self.keeps_default(&field);
                    let values = self.kept(&field, values, &|| *converts && !is_left());
                    bound.push((field.name, values));
                    defaulted.push(Defaulted { name: field.name, default, place: field.place });
                }
                (None, _) => {
                    if let Some(annotation) = field.annotation {
                        bound.push((field.name, self.annotated(annotation, field.place)));
                    }
                }
            }
        }
        (bound, defaulted)
    }

    /// What a validator or converter may make of values: a list where a tuple is given, and the other way, inside of them too.
    fn as_any_sequence(&self, values: &Values, depth: u8) -> Values {
        let Some(depth) = depth.checked_sub(1) else { return Values::anything() };
        self.each(values, |id, value| match value {
            Value::Items(_, items) => {
                let items = items.iter().map(|item| self.as_any_sequence(item, depth)).collect();
                self.only(Value::Items(Sequence::Untold, items))
            }
            Value::Many(_, item) => self.only(Value::Many(Sequence::Untold, self.as_any_sequence(item, depth))),
            Value::Table(entries) => {
                let entries = entries.iter().map(|(key, value)| (*key, self.as_any_sequence(value, depth)));
                self.only(Value::Table(entries.collect()))
            }
            _ => Values::of(id),
        })
    }

    /// What a field of a class holds that a call gives values.
    pub(in crate::python) fn held_of(&self, field: &Field, values: Values, converts: &dyn Fn() -> bool) -> Values {
        let values = self.kept(field, values, converts);
        match field.annotation {
            Some(annotation) => self.declared(values, annotation, field.place),
            None => values,
        }
    }

    /// What a converter of a field's own, or where `converts` says so one of its class, may make of values. Only of sequences is
    /// it asked: nothing else is told apart by what converts it.
    fn kept(&self, field: &Field, values: Values, converts: &dyn Fn() -> bool) -> Values {
        let holds_items =
            |value: &ValueId| matches!(self.get(*value), Value::Items(..) | Value::Many(..) | Value::Table(_));
        if values.known.iter().any(holds_items) && (converts() || self.is_hooked(field)) {
            self.as_any_sequence(&values, NESTED)
        } else {
            values
        }
    }

    /// Whether the description of a field names what runs on its value, or is an object that takes it: a converter, a validator,
    /// a descriptor.
    fn is_hooked(&self, field: &Field) -> bool {
        field.default.is_some_and(|default| {
            let takes = |value: &ValueId| {
                matches!(self.get(*value), Value::Instance(_)) && self.method(*value, Name::new("__set__")).is_some()
            };
            let is_made = matches!(self.project.module(field.place.file)[default], Expr::Call { .. });
            is_made
                && (!self.described_hooks(default, field.place).is_empty()
                    || !self.is_field_maker(default, field.place)
                        && self.field_value(default, field.place).known.iter().any(takes))
        })
    }

    /// Whether a class may make something else of what its fields are given: it validates, one of the methods that its
    /// constructor runs may set fields by their names, or what generates it is told how to.
    pub(in crate::python) fn converts_fields(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        matches!(self.generated(class, outer), Generated::Validated | Generated::FromEnvironment)
            || self.is_told_how(class, outer)
            || self.hooks_set_by_name(class, outer)
    }

    /// Whether a decorator of a class, or of one that it derives from, is given more than flags: `field_transformer=…`.
    fn is_told_how(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        self.order(class, outer).iter().any(|ancestor| {
            let Ancestor::Project(owner, _) = ancestor else { return false };
            let module = self.project.module(owner.file);
            let is_flag = |given: &Argument| matches!(module[given.value], Expr::Bool(_) | Expr::None);
            module.list(module[owner.class].decorators).iter().any(|decorator| match module[*decorator] {
                Expr::Call { arguments, .. } => !module.list(arguments).iter().all(is_flag),
                _ => false,
            })
        })
    }

    /// Whether a method that a generated constructor runs may set fields by their names, as in a frozen class:
    /// `object.__setattr__(self, "items", tuple(self.items))`, also in a function that it hands the object to.
    fn hooks_set_by_name(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        let hooks = self.constructor_hooks(class, outer);
        self.order(class, outer).iter().any(|ancestor| {
            let Ancestor::Project(owner, owner_outer) = ancestor else { return false };
            let is_setter = |hook: &Name| match self.class_member(*owner, *owner_outer, *hook) {
                Some(Member::Method(function, _)) => self.sets_by_name(FunctionRef { file: owner.file, function }),
                _ => false,
            };
            hooks.iter().any(is_setter)
        })
    }

    fn sets_by_name(&self, FunctionRef { file, function }: FunctionRef) -> bool {
        let module = self.project.module(file);
        let range = module[function].range;
        let is_inside = |expr: ExprId| range.contains_range(module.span(expr));
        let object = module.parameters(function).first().map(|object| object.name);
        let hands_on = |call: &ExprId| {
            let Expr::Call { arguments, .. } = module[*call] else { return false };
            module.list(arguments).iter().any(|given| match module[given.value] {
                Expr::Name { name, .. } => Some(name) == object,
                _ => false,
            })
        };
        SETTERS.iter().any(|name| module.calls_named(Name::new(name)).iter().any(|call| is_inside(*call)))
            || module.stores(Name::new("__dict__")).any(|store| is_inside(store.collection))
            || module.calls().iter().any(|call| is_inside(*call) && hands_on(call))
    }

    /// The methods of a class that run when an object of it is made, beside its constructors: validators of models,
    /// inherited ones too, and defaults by method.
    pub(in crate::python) fn validators(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        arguments: &Arguments,
    ) -> Vec<(ClassRef, FunctionId)> {
        let fields = self.fields(class, outer);
        let is_given = |wanted: Name| {
            let position = fields.iter().position(|field| field.name == wanted);
            let by_position = position.is_some_and(|position| position < arguments.positional.len());
            by_position || arguments.named.iter().any(|(name, _)| *name == wanted)
        };
        // What is given by a name that is no field may be given for one.
        let is_told = arguments.named.iter().all(|(name, _)| fields.iter().any(|field| field.name == *name));
        let keeps_defaults =
            LazyCell::new(|| !arguments.open && !arguments.may_lack && is_told && self.keeps_defaults(class, outer));
        let is_absent = |field: &Field| !is_given(field.name) && *keeps_defaults && self.keeps_default(field);
        self.decorated_methods(class, outer, &|evaluator, decorator, place| {
            evaluator.is_validator(decorator, &fields, place, &is_given)
                && !evaluator.validates_none_of(decorator, &fields, place, &is_absent)
        })
    }

    /// Whether code runs on the fields of a class when an object is made by a generated constructor: hooks such as
    /// `__post_init__`, validators, and what fields and their annotations name.
    #[must_use]
    pub fn runs_on_fields(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        let has_hook = |name: &Name| self.constructor(class, outer, name.as_str()).is_some();
        self.constructor_hooks(class, outer).iter().any(has_hook)
            || !self.validators(class, outer, &Arguments::open()).is_empty()
            || !self.field_hooks(class, outer).is_empty()
    }

    /// The methods of a class that are fields of its objects although nobody stores them.
    pub(in crate::python) fn computed_fields(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
    ) -> Vec<(ClassRef, FunctionId)> {
        self.decorated_methods(class, outer, &|evaluator, decorator, place| {
            let module = evaluator.project.module(place.file);
            let named = evaluator.value(module.named_by(decorator), place);
            let name = named.single().and_then(|value| evaluator.outside_name(value));
            name.is_some_and(|name| evaluator.world.computes(name))
        })
    }

    /// The methods of a class, inherited ones too, that have a wanted decorator.
    fn decorated_methods(
        &self,
        class: ClassRef,
        outer: Option<FrameId>,
        is_wanted: &dyn Fn(&Self, ExprId, Place) -> bool,
    ) -> Vec<(ClassRef, FunctionId)> {
        let mut found: Vec<(ClassRef, FunctionId)> = Vec::new();
        let mut seen: Vec<Name> = Vec::new();
        for ancestor in self.order(class, outer).iter() {
            let Ancestor::Project(owner, _) = ancestor else { continue };
            let module = self.project.module(owner.file);
            for statement in module.list(module[owner.class].body) {
                let Stmt::Function(function) = module[*statement] else { continue };
                let name = module[function].name;
                if seen.contains(&name) {
                    continue;
                }
                let place = Place { file: owner.file, frame: outer };
                seen.push(name);
                if module.list(module[function].decorators).iter().any(|decorator| is_wanted(self, *decorator, place)) {
                    found.push((*owner, function));
                }
            }
        }
        found
    }

    fn is_validator(&self, decorator: ExprId, fields: &[Field], place: Place, is_given: &dyn Fn(Name) -> bool) -> bool {
        let module = self.project.module(place.file);
        let named = module.named_by(decorator);
        // `@x.default` and `@x.validator` of a described field; the default is made only where nothing is given.
        if let Expr::Attribute { value, name } = module[named]
            && let Expr::Name { name: field, .. } = module[value]
            && fields.iter().any(|known| known.name == field)
        {
            return name == "validator" || name == "default" && !is_given(field);
        }
        let name = self.value(named, place).single().and_then(|value| self.outside_name(value));
        name.is_some_and(|name| self.world.validates(name))
    }

    /// Whether a class leaves the defaults of fields that are not given as they are, and what is assigned to its objects: all
    /// that it and its bases say of how they are validated is known, and says nothing else.
    fn keeps_defaults(&self, class: ClassRef, outer: Option<FrameId>) -> bool {
        self.generated(class, outer) == Generated::Validated
            && self.order(class, outer).iter().all(|ancestor| match ancestor {
                Ancestor::Project(class, _) => self.says_nothing_of_defaults(*class),
                Ancestor::Outside(base) => {
                    self.world.is_plain_base(*base) || self.world.generates(*base) == Generated::Validated
                }
                Ancestor::Unknown | Ancestor::Dynamic(_) => false,
            })
    }

    fn says_nothing_of_defaults(&self, class: ClassRef) -> bool {
        let module = self.project.module(class.file);
        let scope = module[class.class].scope;
        let says_nothing = |binding: &BindingId| match module[*binding].kind {
            BindingKind::Assign { value, .. } => match module[value] {
                Expr::Call { arguments, .. } => self.lacks_options(module.list(arguments)),
                Expr::Dict(items) => module.list(items).iter().all(|item| match item.key.map(|key| module[key]) {
                    Some(Expr::Str(key)) => !self.world.validates_defaults(key),
                    _ => false,
                }),
                _ => false,
            },
            _ => false,
        };
        let mut settings =
            module.variables_of(scope).filter(|(_, variable)| self.world.configures_models(variable.name));
        // A class inside may say how the one around it is validated.
        let is_class = |statement: &StmtId| matches!(module[*statement], Stmt::Class(_));
        let decorated = module.list(module[class.class].decorators).iter().all(|decorator| match module[*decorator] {
            Expr::Call { arguments, .. } => {
                let is_flag = |given: &Argument| matches!(module[given.value], Expr::Bool(_));
                module.list(arguments).iter().all(is_flag) && self.lacks_options(module.list(arguments))
            }
            _ => true,
        });
        decorated
            && self.lacks_options(module.list(module[class.class].arguments))
            && settings.all(|(_, variable)| variable.bindings.iter().all(says_nothing))
            && !module.list(module[class.class].body).iter().any(is_class)
    }

    /// Whether keywords are all known and none is an option by which defaults are validated.
    fn lacks_options(&self, given: &[Argument]) -> bool {
        given.iter().all(|given| match given.kind {
            ArgumentKind::Positional => true,
            ArgumentKind::Keyword(name) => !self.world.validates_defaults(name),
            ArgumentKind::Star | ArgumentKind::DoubleStar => false,
        })
    }

    /// Whether the default of a field is a constant or described here, and its annotation nothing but classes: neither can say
    /// that the default is validated.
    fn keeps_default(&self, field: &Field) -> bool {
        let module = self.project.module(field.place.file);
        let is_constant = |default: ExprId| match module[default] {
            Expr::None | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Text | Expr::Bytes => {
                true
            }
            Expr::List(items) | Expr::Tuple(items) | Expr::Set(items) => module.list(items).is_empty(),
            Expr::Dict(items) => module.list(items).is_empty(),
            Expr::Unary { .. } => true,
            Expr::Call { arguments, .. } => {
                self.is_field_maker(default, field.place) && self.lacks_options(module.list(arguments))
            }
            _ => false,
        };
        field.default.is_some_and(is_constant)
            && field.annotation.is_some_and(|annotation| self.names_classes_alone(annotation, field.place, NESTED))
    }

    /// Whether an annotation is made of classes of the project and of the language alone: no alias, and nothing that is said
    /// beside a class.
    fn names_classes_alone(&self, annotation: ExprId, place: Place, depth: u8) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let module = self.project.module(place.file);
        let each = |part: ExprId| self.names_classes_alone(part, place, depth);
        match module[annotation] {
            Expr::None | Expr::Ellipsis => true,
            Expr::Binary { op: Operator::BitOr, left, right } => each(left) && each(right),
            Expr::Subscript { value, index } => each(value) && each(index),
            Expr::Tuple(items) => module.list(items).iter().all(|item| each(*item)),
            Expr::Name { .. } | Expr::Attribute { .. } => {
                let named = self.value(annotation, place).single().map(|named| self.get(named));
                match named {
                    Some(Value::Class(..)) => true,
                    Some(Value::Outside(name)) => {
                        self.world.generic(*name) != Generic::First && self.world.is_standard(*name)
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a decorator says that its validator is for certain fields, which are all absent: `@field_validator("at")`.
    fn validates_none_of(
        &self,
        decorator: ExprId,
        fields: &[Field],
        place: Place,
        is_absent: &dyn Fn(&Field) -> bool,
    ) -> bool {
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[decorator] else { return false };
        let named = module.list(arguments).iter().filter(|given| !matches!(given.kind, ArgumentKind::Keyword(_)));
        let is_absent_field = |given: &Argument| match module[given.value] {
            Expr::Str(name) if given.kind == ArgumentKind::Positional => {
                fields.iter().any(|field| field.name == name && is_absent(field))
            }
            _ => false,
        };
        self.lacks_options(module.list(arguments))
            && named.clone().next().is_some()
            && named.clone().all(is_absent_field)
    }

    /// The functions that run on what is given for the fields of a class: those that its fields' descriptions name, and
    /// those that stand in their annotations.
    pub(in crate::python) fn field_hooks(&self, class: ClassRef, outer: Option<FrameId>) -> Vec<Values> {
        let mut found = Vec::new();
        for field in self.fields(class, outer) {
            found.extend(field.default.into_iter().flat_map(|default| self.described_hooks(default, field.place)));
            if let Some(annotation) = field.annotation {
                self.annotated_hooks(annotation, field.place, &mut found);
            }
        }
        found
    }

    /// Those that the description of a field names by a keyword.
    fn described_hooks(&self, maker: ExprId, place: Place) -> Vec<Values> {
        let module = self.project.module(place.file);
        let Expr::Call { arguments, .. } = module[maker] else { return Vec::new() };
        let Some(keywords) = self.field_keywords(maker, place) else { return Vec::new() };
        let is_hook = |argument: &&Argument| matches!(argument.kind, ArgumentKind::Keyword(name) if keywords.hooks.contains(&name));
        module.list(arguments).iter().filter(is_hook).map(|argument| self.value(argument.value, place)).collect()
    }

    /// `Annotated[type, AfterValidator(function)]`, also by the name of an alias in the same module.
    fn annotated_hooks(&self, annotation: ExprId, place: Place, found: &mut Vec<Values>) {
        let module = self.project.module(place.file);
        match module[annotation] {
            Expr::Subscript { index, .. } => self.annotated_hooks(index, place, found),
            Expr::Tuple(items) => {
                module.list(items).iter().for_each(|item| self.annotated_hooks(*item, place, found));
            }
            Expr::Call { callee, arguments } => {
                let name = self.value(callee, place).single().and_then(|callee| self.outside_name(callee));
                if name.is_some_and(|name| self.world.validates(name))
                    && let Some(first) = module.list(arguments).first()
                {
                    found.push(self.value(first.value, place));
                }
            }
            Expr::Name { name, .. } => {
                if let [only] = module.bindings_of(module.global(), name)
                    && let BindingKind::Assign { value, .. } = module[*only].kind
                    && matches!(module[value], Expr::Subscript { .. })
                {
                    self.annotated_hooks(value, Place { file: place.file, frame: None }, found);
                }
            }
            _ => {}
        }
    }
}
