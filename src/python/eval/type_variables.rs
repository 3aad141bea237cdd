//! What a type variable stands for in a method of an object whose class says so, `class Quotes(Repository[Quote])`, or for which
//! it is said where the object is made or declared: `Repository[Quote]()`.
//!
//! Knows: classes that derive from a generic one with arguments, through several classes too; what an object was told of the
//! variables of its own class. Does not know: variables of functions, and what arguments of a constructor say of them.

use super::{Evaluator, Place};
use crate::python::Ancestor;
use crate::python::value::{ClassRef, FrameId, FunctionRef, Instance, Value, ValueId, Values};
use crate::semantic::{ArgumentKind, Expr, ExprId, Name};

/// Through how many classes an argument is followed.
const HOPS: usize = 8;

/// An argument of a base, in the class that gives it.
struct Given {
    argument: ExprId,
    class: ClassRef,
    outer: Option<FrameId>,
}

impl Evaluator<'_> {
    /// What a type variable is in a frame of a method: what the class of its object binds it to.
    pub(super) fn bound_variable(&self, variable: Name, place: Place) -> Option<Values> {
        self.look_at_frame();
        let frame = self.store.frame(place.frame?);
        let FunctionRef { file, function } = frame.function;
        let module = self.project.module(file);
        let mut wanted = ClassRef { file, class: module[function].class.filter(|_| file == place.file)? };
        let first = module.parameters(function).first()?.name;
        let receiver = frame.parameters.iter().find(|(name, _)| *name == first)?.1.single()?;
        let (class, outer, told) = match self.get(receiver) {
            Value::Instance(instance) => (instance.class, instance.outer, Some(instance)),
            Value::Class(class, outer) => (*class, *outer, None),
            _ => return None,
        };
        let mut variable = variable;
        for _ in 0..HOPS {
            let Some(given) = self.given_to_base((class, outer), wanted, variable) else {
                return told.filter(|told| told.class == wanted).and_then(|told| told_of(told, variable));
            };
            let place = Place { file: given.class.file, frame: given.outer };
            match self.project.module(place.file)[given.argument] {
                Expr::Name { name, .. } if self.type_parameters(given.class, given.outer).contains(&name) => {
                    (wanted, variable) = (given.class, name);
                }
                _ => return Some(self.annotated(given.argument, place)).filter(|values| !values.is_unknown()),
            }
        }
        None
    }

    /// An object of a class that is told what the type variables of that are: `Repository[Quote]`.
    pub(super) fn parametrised(&self, class: ValueId, index: ExprId, place: Place) -> Option<Values> {
        let Value::Class(class, outer) = *self.get(class) else { return None };
        let variables = self.type_parameters(class, outer);
        let arguments = self.project.module(place.file).one_or_several(&index);
        let told = variables
            .iter()
            .zip(arguments)
            .map(|(variable, argument)| (field_for(*variable), self.annotated(*argument, place)));
        let told: Vec<(Name, Values)> = told.filter(|(_, values)| !values.known.is_empty()).collect();
        if told.is_empty() {
            return None;
        }
        let of_class = |id: ValueId, value: &Value| match value {
            Value::Instance(instance) if instance.class == class => {
                let mut instance = instance.clone();
                instance.fields.extend(told.iter().cloned());
                self.only(Value::Instance(instance))
            }
            _ => Values::of(id),
        };
        Some(self.each(&self.object_of(class, outer), of_class))
    }

    /// An object that is told what a declaration says of its class's type variables, where it was not told itself.
    pub(super) fn with_told(&self, value: ValueId, declared: &Values) -> ValueId {
        let Value::Instance(instance) = self.get(value) else { return value };
        let told = declared.known.iter().find_map(|other| match self.get(*other) {
            Value::Instance(other) if other.class == instance.class && is_told(other) => Some(other),
            _ => None,
        });
        let Some(told) = told.filter(|_| !is_told(instance)) else { return value };
        let mut instance = instance.clone();
        instance.fields.extend(told.fields.iter().filter(|(name, _)| is_for_variable(*name)).cloned());
        self.store.id(Value::Instance(instance))
    }

    /// What a class, or the nearest one that it derives from, gives a base for one of its type variables.
    fn given_to_base(
        &self,
        (class, outer): (ClassRef, Option<FrameId>),
        wanted: ClassRef,
        variable: Name,
    ) -> Option<Given> {
        self.order(class, outer).iter().find_map(|ancestor| match ancestor {
            Ancestor::Project(class, outer) => self.given_by_class((*class, *outer), wanted, variable),
            _ => None,
        })
    }

    /// What a class gives a base of its own.
    fn given_by_class(
        &self,
        (class, outer): (ClassRef, Option<FrameId>),
        wanted: ClassRef,
        variable: Name,
    ) -> Option<Given> {
        let module = self.project.module(class.file);
        let place = Place { file: class.file, frame: outer };
        let bases = module.list(module[class.class].arguments).iter();
        bases.filter(|base| base.kind == ArgumentKind::Positional).find_map(|base| {
            let Expr::Subscript { value, index } = module[base.value] else { return None };
            let Value::Class(own, own_outer) = *self.get(self.value(value, place).single()?) else { return None };
            if own != wanted {
                return None;
            }
            let position = self.type_parameters(own, own_outer).iter().position(|name| *name == variable)?;
            let argument = *module.one_or_several(&index).get(position)?;
            Some(Given { argument, class, outer })
        })
    }

    /// The type variables of a class, in the order in which its arguments are given: as `Generic[…]` lists them, or else as they
    /// come in its bases.
    pub(in crate::python) fn type_parameters(&self, class: ClassRef, outer: Option<FrameId>) -> Vec<Name> {
        let module = self.project.module(class.file);
        if !module[class.class].type_parameters.is_empty() {
            return module[class.class].type_parameters.clone();
        }
        let place = Place { file: class.file, frame: outer };
        let mut listed: Option<Vec<Name>> = None;
        let mut met: Vec<Name> = Vec::new();
        for base in module.list(module[class.class].arguments) {
            let Expr::Subscript { value, index } = module[base.value] else { continue };
            let variables = module.one_or_several(&index).iter().filter_map(|argument| match module[*argument] {
                Expr::Name { name, .. } if self.is_type_variable(*argument, place) => Some(name),
                _ => None,
            });
            let variables: Vec<Name> = variables.collect();
            let generic = self.value(value, place).single().and_then(|generic| self.outside_name(generic));
            if generic.is_some_and(|generic| self.world.is_plain_base(generic)) {
                listed.get_or_insert(variables);
                continue;
            }
            for variable in variables {
                if !met.contains(&variable) {
                    met.push(variable);
                }
            }
        }
        listed.unwrap_or(met)
    }

    fn is_type_variable(&self, argument: ExprId, place: Place) -> bool {
        let value = self.value(argument, place).single();
        value.is_some_and(|value| matches!(self.get(value), Value::Parametrised { class: None, .. }))
    }
}

/// The name under which an object keeps what a type variable of its class is: none that code can give a field.
fn field_for(variable: Name) -> Name {
    Name::new(&format!("[{variable}]"))
}

fn is_for_variable(field: Name) -> bool {
    field.as_str().starts_with('[')
}

fn is_told(instance: &Instance) -> bool {
    instance.fields.iter().any(|(name, _)| is_for_variable(*name))
}

fn told_of(instance: &Instance, variable: Name) -> Option<Values> {
    let field = field_for(variable);
    instance.fields.iter().find(|(name, _)| *name == field).map(|(_, values)| values.clone())
}
