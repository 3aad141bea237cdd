//! Which files can be judged apart from the others: those that no import connects.
//!
//! A repository often holds many small programs. Each is followed by itself, on a thread of its own, and its syntax
//! trees are dropped before the next: time is divided by the threads, and memory is that of the largest program, not of
//! all.
//!
//! Knows: the imports that the files' texts show. A file that is reached in another way (`import_module("…")`) is read
//! once more for whoever reaches it. Does not know: what is found in a component.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::load::{Loaded, Rest, Seed};
use crate::python::World;
use crate::source::{ImportRoots, ModulePath, TextImport, text_imports};
use crate::temporal::{Known, Offer, Side, TemporalWorld, takes};

/// Files that imports connect.
#[derive(Debug, Default)]
pub(super) struct Component {
    /// The files to look at for definitions.
    pub seeds: Vec<Seed>,
    /// Files that may use Temporal through what the seeds provide.
    pub rest: Vec<Rest>,
    /// Whether findings in any of its files are wanted.
    pub requested: bool,
}

impl Component {
    /// Whether a workflow or an activity may be declared in it.
    pub(super) fn defines(&self) -> bool {
        self.seeds.iter().any(|seed| seed.mention.defines)
    }

    /// Whether anything in it can be the SDK's, or take its place: where no file imports the SDK, what is called as its clients
    /// are is something else.
    fn may_hold_sdk(&self) -> bool {
        let may = |seed: &Seed| seed.offer.brings_sdk || seed.mention.greenlets || seed.unsaved;
        self.seeds.iter().any(may) || self.rest.iter().any(|rest| rest.imports_for_seeds)
    }

    /// The paths of all its files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Utf8Path> + Clone {
        self.seeds.iter().map(|seed| seed.file.path()).chain(self.rest.iter().map(|rest| rest.path.as_path()))
    }

    /// The paths of the files to look at for definitions, those that were asked for first.
    pub(super) fn files(&self) -> Vec<Utf8PathBuf> {
        let (asked, others): (Vec<_>, Vec<_>) = self.seeds.iter().partition(|seed| seed.file.is_requested());
        asked.into_iter().chain(others).map(|seed| seed.file.path().to_owned()).collect()
    }
}

/// Divides what was read. What only a file without imports would connect, such as one that names modules in its settings, is
/// not seen to belong together.
pub(super) fn components(loaded: Loaded, roots: &ImportRoots) -> Vec<Component> {
    let Connections { mut links, visited, .. } = Connections::of(&loaded, roots);
    let mut found: Vec<Component> = Vec::new();
    let mut by_root: FxHashMap<usize, usize> = FxHashMap::default();
    let nodes = loaded.seeds.into_iter().map(Ok).chain(loaded.rest.into_iter().map(Err)).enumerate();
    for (node, file) in nodes {
        let root = links.root(node);
        match file {
            // Where all is one component no way is followed to its end, so that what was asked for may be any of it.
            Err(rest) if !visited[node] => {
                if let Some(&component) = by_root.get(&root) {
                    found[component].requested |= rest.requested;
                }
            }
            Ok(seed) => {
                let component = *by_root.entry(root).or_insert_with(|| {
                    found.push(Component::default());
                    found.len() - 1
                });
                found[component].requested |= seed.file.is_requested();
                found[component].seeds.push(seed);
            }
            Err(rest) => {
                if let Some(&component) = by_root.get(&root) {
                    found[component].requested |= rest.requested;
                    found[component].rest.push(rest);
                }
            }
        }
    }
    found.retain(Component::may_hold_sdk);
    found
}

/// Which files are connected. Seeds come first, then the rest.
struct Connections {
    links: Links,
    /// What imports lead to, from the seeds on.
    visited: Vec<bool>,
    seeds: usize,
}

impl Connections {
    fn of(loaded: &Loaded, roots: &ImportRoots) -> Self {
        let files = Files::of(loaded, roots);
        let seeds = loaded.seeds.len();
        let mut connected =
            Self { links: Links::new(files.imports.len()), visited: vec![false; files.imports.len()], seeds };
        let mut frontier: Vec<usize> = (0..seeds).chain(possible_users(loaded)).collect();
        frontier.iter().for_each(|node| connected.visited[*node] = true);
        while !frontier.is_empty() && connected.are_apart() {
            let reached: Vec<(usize, Vec<usize>)> =
                frontier.par_iter().map(|node| (*node, files.imported_by(*node))).collect();
            frontier.clear();
            for (importer, imported) in reached {
                for node in imported {
                    connected.links.join(importer, node);
                    if !std::mem::replace(&mut connected.visited[node], true) {
                        frontier.push(node);
                    }
                }
            }
        }
        if !connected.are_apart() {
            // The rest of the way was not followed; there is nothing else that it could lead to.
            (1..files.imports.len()).for_each(|node| connected.links.join(0, node));
        }
        connected
    }

    /// Whether there is more than one component.
    fn are_apart(&mut self) -> bool {
        let first = if self.seeds > 0 { self.links.root(0) } else { return false };
        (1..self.seeds).any(|seed| self.links.root(seed) != first)
    }
}

/// A forest whose trees are the components.
struct Links(Vec<usize>);

impl Links {
    fn new(nodes: usize) -> Self {
        Self((0..nodes).collect())
    }

    fn root(&mut self, mut node: usize) -> usize {
        while self.0[node] != node {
            self.0[node] = self.0[self.0[node]];
            node = self.0[node];
        }
        node
    }

    /// The lower number becomes the root, so that the outcome does not depend on the order.
    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// The files by position: their paths and import lines.
struct Files<'l> {
    paths: Vec<&'l Utf8Path>,
    imports: Vec<&'l str>,
    positions: FxHashMap<&'l Utf8Path, usize>,
    roots: &'l ImportRoots,
    world: TemporalWorld,
}

impl<'l> Files<'l> {
    fn of(loaded: &'l Loaded, roots: &'l ImportRoots) -> Self {
        let seeds = loaded.seeds.iter().map(|seed| (seed.file.path(), seed.imports.as_str()));
        let rest = loaded.rest.iter().map(|rest| (rest.path.as_path(), rest.imports.as_str()));
        let (paths, imports): (Vec<_>, Vec<_>) = seeds.chain(rest).unzip();
        let positions = paths.iter().enumerate().map(|(position, path)| (*path, position)).collect();
        Self { paths, imports, positions, roots, world: TemporalWorld::new(Side::Any, Known::usual()) }
    }

    fn imported_by(&self, importer: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for import in text_imports(self.imports[importer]) {
            match import {
                TextImport::Module { module, .. } => found.extend(self.loaded_for(importer, module)),
                TextImport::From { level, module, .. } => {
                    let source = match level {
                        0 => {
                            found.extend(self.packages_of(importer, module));
                            self.absolute(importer, module)
                        }
                        _ => self.roots.resolve_relative(self.paths[importer], level, module),
                    };
                    found.extend(self.position(&source));
                    let Some(folder) = source.as_ref().and_then(ModulePath::folder) else { continue };
                    let submodules = import.names().map(|(name, _)| self.roots.submodule(folder, name));
                    found.extend(submodules.filter_map(|module| self.position(&module)));
                }
            }
        }
        found
    }

    /// A module, and the packages around it, whose `__init__` runs first.
    fn loaded_for(&self, importer: usize, module: &str) -> impl Iterator<Item = usize> {
        self.position(&self.absolute(importer, module)).into_iter().chain(self.packages_of(importer, module))
    }

    fn packages_of(&self, importer: usize, module: &str) -> Vec<usize> {
        let packages = module.match_indices('.').map(|(end, _)| &module[..end]);
        packages.filter_map(|package| self.position(&self.absolute(importer, package))).collect()
    }

    fn absolute(&self, importer: usize, module: &str) -> Option<ModulePath> {
        self.roots.resolve(self.paths[importer], module, &|top| self.world.is_library(top))
    }

    fn position(&self, module: &Option<ModulePath>) -> Option<usize> {
        match module {
            Some(ModulePath::File(path)) => self.positions.get(path.as_path()).copied(),
            _ => None,
        }
    }
}

/// How often users of what users provide are looked for.
const ROUNDS: usize = 4;

/// The files, by position, that may use Temporal through what others provide.
fn possible_users(loaded: &Loaded) -> Vec<usize> {
    let mut offered = Offered::default();
    loaded.seeds.iter().for_each(|seed| offered.take(seed.file.path(), &seed.imports, &seed.offer));
    let mut users: FxHashSet<usize> = FxHashSet::default();
    for _ in 0..ROUNDS {
        let uses = |(position, rest): (usize, &Rest)| {
            let is_new = !users.contains(&position);
            let may = rest.may_use(!offered.wrappers.is_empty(), offered.gives_modules);
            (is_new && may && offered.is_used_by(&rest.imports)).then_some(position)
        };
        let fresh: Vec<usize> = loaded.rest.par_iter().enumerate().filter_map(uses).collect();
        for &position in &fresh {
            let rest = &loaded.rest[position];
            offered.take(&rest.path, &rest.imports, &rest.offer);
        }
        if fresh.is_empty() {
            break;
        }
        users.extend(fresh);
    }
    users.extend(
        loaded.rest.iter().enumerate().filter(|(_, rest)| rest.imports_for_seeds).map(|(position, _)| position),
    );
    let mut users: Vec<usize> = users.into_iter().map(|position| loaded.seeds.len() + position).collect();
    users.sort_unstable();
    users
}

/// Names through which Temporal may be used, and the modules that they may come from.
#[derive(Default)]
struct Offered<'l> {
    exports: FxHashSet<&'l str>,
    wrappers: FxHashSet<&'l str>,
    modules: FxHashSet<&'l str>,
    gives_modules: bool,
}

impl<'l> Offered<'l> {
    fn take(&mut self, path: &'l Utf8Path, imports: &'l str, offer: &'l Offer) {
        let handed_on = text_imports(imports).flat_map(TextImport::names).filter(|(name, _)| self.names(name));
        let handed_on: Vec<&str> = handed_on.map(|(_, bound)| bound).collect();
        if handed_on.is_empty() && offer.exports.is_empty() && offer.wrappers.is_empty() {
            return;
        }
        self.exports.extend(offer.exports.iter().map(|name| &**name).chain(handed_on));
        self.wrappers.extend(offer.wrappers.iter().map(|name| &**name));
        self.gives_modules |= offer.gives_modules;
        self.modules.insert(super::load::module_name(path));
    }

    fn names(&self, name: &str) -> bool {
        name == "*" || self.exports.contains(name) || self.wrappers.contains(name)
    }

    fn is_used_by(&self, imports: &str) -> bool {
        takes(imports, &|name| self.names(name), &self.modules)
    }
}
