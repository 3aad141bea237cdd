use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::eval::Evaluator;
use super::super::value::ClassRef;
use super::Ancestor;
use crate::semantic::{BindingKind, Expr, ExprId, Module, Name};
use crate::source::FileId;

/// The search for the classes that derive from a class.
///
/// A class that does names the class, one that derives from it, or something that stands for one of these; so only files
/// in which such a name occurs are parsed. What files that are set aside define stands in for no class of another.
pub(super) struct Search<'s, 'p> {
    evaluator: &'s Evaluator<'p>,
    base: ClassRef,
    /// The files, and which of them were looked at.
    files: Vec<(FileId, bool)>,
    /// What was found, with the position of its file.
    pub found: BTreeSet<(usize, ClassRef)>,
    /// The names that were looked for.
    names: FxHashSet<Name>,
    open: Vec<Name>,
    /// What other names the files that were looked at have for a name.
    aliases: FxHashMap<Name, Vec<Name>>,
}

impl<'s, 'p> Search<'s, 'p> {
    pub(super) fn new(evaluator: &'s Evaluator<'p>, base: ClassRef) -> Self {
        let is_seen = |file: &FileId| !evaluator.project.is_aside(*file) || evaluator.project.is_aside(base.file);
        let files = evaluator.files_in_sight().into_iter().filter(is_seen).map(|file| (file, false)).collect();
        let (found, names, open) = (BTreeSet::new(), FxHashSet::default(), Vec::new());
        Self { evaluator, base, files, found, names, open, aliases: FxHashMap::default() }
    }

    /// Finds the classes that derive from the class.
    pub(super) fn derived(&mut self) {
        let module = self.evaluator.project.module(self.base.file);
        self.look_for(module[self.base.class].name);
        while let Some(name) = self.open.pop() {
            for position in 0..self.files.len() {
                let (file, looked_at) = self.files[position];
                if !looked_at && self.evaluator.project.may_name(file, name) {
                    self.files[position].1 = true;
                    self.look_at(position);
                }
            }
            self.aliases.get(&name).cloned().unwrap_or_default().into_iter().for_each(|alias| self.look_for(alias));
        }
    }

    fn look_for(&mut self, name: Name) {
        if self.names.insert(name) {
            self.open.push(name);
        }
    }

    fn look_at(&mut self, position: usize) {
        let file = self.files[position].0;
        let module = self.evaluator.project.module(file);
        for (alias, name) in aliases(module) {
            self.aliases.entry(name).or_default().push(alias);
            if self.names.contains(&name) {
                self.look_for(alias);
            }
        }
        for class in module.class_ids() {
            let is_root = module[class].arguments.is_empty();
            let class = ClassRef { file, class };
            if !is_root && self.derives(class) {
                self.found.insert((position, class));
                self.look_for(module[class.class].name);
            }
        }
    }

    fn derives(&self, class: ClassRef) -> bool {
        let is_base = |ancestor: &Ancestor| matches!(ancestor, Ancestor::Project(base, _) if *base == self.base);
        class != self.base && self.evaluator.order(class, None).iter().skip(1).any(is_base)
    }

    /// Finds the classes that have all of some methods.
    pub(super) fn implementing(&mut self, methods: &[Name]) {
        for (position, (file, _)) in self.files.iter().enumerate() {
            if methods.iter().all(|method| self.evaluator.project.may_name(*file, *method)) {
                let classes = self.evaluator.project.module(*file).class_ids();
                let classes = classes.map(|class| ClassRef { file: *file, class });
                let implements = |class: &ClassRef| *class != self.base && self.evaluator.has_all(*class, methods);
                self.found.extend(classes.filter(implements).map(|class| (position, class)));
            }
        }
    }
}

/// The names of a module that stand for what has another name: each with that.
fn aliases(module: &Module) -> impl Iterator<Item = (Name, Name)> + '_ {
    module.all_bindings().iter().filter_map(|binding| {
        let name = module[binding.variable].name;
        let other = match binding.kind {
            BindingKind::ImportFrom { name, .. } => name,
            BindingKind::Assign { value, path, .. } if path.is_empty() => last_name(module, value)?,
            _ => return None,
        };
        (name != other).then_some((name, other))
    })
}

/// The last part of a dotted name, type arguments left out.
fn last_name(module: &Module, expr: ExprId) -> Option<Name> {
    match module[expr] {
        Expr::Name { name, .. } | Expr::Attribute { name, .. } => Some(name),
        Expr::Subscript { value, .. } => last_name(module, value),
        _ => None,
    }
}
