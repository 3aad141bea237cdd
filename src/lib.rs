//! temporal-py-lint: finds what breaks Temporal workflows and activities written in Python, before they run.
//!
//! # The way of a run
//!
//! Paths are walked, and files that mention Temporal, or use its clients, become *seeds*. Programs that no import connects are
//! judged apart, side by side, and forgotten one after the other. A file that is needed is parsed and *lowered* into a compact form
//! of its own, and its syntax tree is let go. What the definitions of seeds are to Temporal gives
//! the entry points: workflow handlers, activities, the import of workflow files. From these, calls are followed, in
//! each context on a thread of its own, and another file is lowered only when a call leads into it. Rules turn the
//! facts so found into diagnostics; comments and the selection of rules hold some of them back; one renderer prints the
//! rest.
//!
//! What an expression may be is a set of known values and a [`python::Rest`]: whether it may be something else. Code is
//! held for dead only where that is proven. `docs/architecture.md` says what holds everywhere, and where to add what.
//!
//! # The modules
//!
//! [`source`]: text on disk. Walks, decodes, finds module names and import roots, parses on demand, and says where a
//! place is. The parser's crates are named here alone; others take syntax trees from [`source::ast`].
//!
//! [`diagnostic`]: what the tool says, however it is printed: a finding with its severity, confidence and call chain,
//! and the order of findings.
//!
//! [`registry`]: which rules exist, how selectors name them, and the tables of symbols outside the project, all read
//! from `rules/` when the crate is built.
//!
//! [`semantic`]: the facts of one file from that file alone, in a compact form without lifetimes: expressions, scopes,
//! bindings, control flow, functions, classes, and what becomes of each value.
//!
//! [`python`]: questions over files: what a name means, what a call runs, what an entry point reaches and by which
//! chain. Knows the language and no library; what has to be known of code outside the project it asks through
//! [`python::World`].
//!
//! [`temporal`]: what the program means to Temporal: workflows, handlers, activities, and the code that each reaches
//! with the context that it runs in. Answers for [`python::World`] from the tables of the registry.
//!
//! [`rules`]: from facts to findings: the general checks that a rule's file asks for by name, and a function for each
//! rule that needs one.
//!
//! [`config`]: what a run is to do: options, `pyproject.toml`, and the two merged into settings.
//!
//! [`lint`]: one run as a function, from settings to a report; comments that hold findings back; every way to a line; two
//! versions compared; the map of a project.
//!
//! [`fix`]: changes of source text put together, and files replaced without harm. What a change is, follows from facts:
//! [`temporal::repair`].
//!
//! [`output`]: how a report looks in each format.
//!
//! [`lsp`]: the language server.
//!
//! [`hook`]: the answer to a coding agent's edit: which findings of the project it has to do with.
//!
//! [`agent`]: the `temporal-python` agent as each harness wants it, and the checks that agent files are held to.
//!
//! [`init`]: what a project needs to start with, and how that is written.
//!
//! [`cli`]: commands, options, streams and exit codes. `main.rs` calls it and does nothing else.
//!
//! # Who may use whom
//!
//! | module | may use |
//! |---|---|
//! | `source` | none |
//! | `diagnostic` | `source` |
//! | `registry` | `diagnostic`, `source` |
//! | `semantic` | `source` |
//! | `python` | `semantic`, `source` |
//! | `temporal` | `python`, `semantic`, `source`, `diagnostic`, `registry` |
//! | `rules` | `temporal`, `source`, `diagnostic`, `registry` |
//! | `config` | `registry`, `diagnostic`, `source` |
//! | `fix` | `diagnostic`, `source` |
//! | `lint` | `rules`, `temporal`, `python`, `semantic`, `source`, `diagnostic`, `registry`, `fix`, `config` (settings alone) |
//! | `output` | `lint`, `fix`, `diagnostic`, `source`, `registry` |
//! | `hook` | `output`, `lint`, `config`, `diagnostic`, `source` |
//! | `agent` | `lint`, `config`, `registry`, `diagnostic`, `source` |
//! | `init` | `config`, `source` |
//! | `lsp` | `fix`, `lint`, `config`, `registry`, `diagnostic`, `source` |
//! | `cli` | `lsp`, `hook`, `agent`, `init`, `output`, `fix`, `lint`, `config`, `registry`, `diagnostic`, `source` |
//!
//! A rule does not use another rule; `miette` is named in `output/full.rs` alone. The compiler checks none of this
//! within one crate: `tests/suite/layering` does.

pub mod agent;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod fix;
pub mod hook;
pub mod init;
pub mod lint;
pub mod lsp;
pub mod output;
pub mod python;
pub mod registry;
pub mod rules;
pub mod semantic;
pub mod source;
pub mod temporal;
