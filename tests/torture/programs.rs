//! Random small programs that are dense in references to themselves.
//!
//! Every name comes from a small pool that all modules of a program share, and may be used before and within its own
//! definition: classes are their own bases, field defaults and metaclasses, functions their own decorators and
//! arguments, packages star-import themselves. The programs need not run; most of them parse.

use std::fmt::Write as _;

use super::numbers::Numbers;

const CLASSES: usize = 7;
const FUNCTIONS: usize = 8;
const GLOBALS: usize = 6;
const ATTRIBUTES: [&str; 10] = ["a", "b", "run", "m0", "m1", "__call__", "__class__", "items", "__init__", "copy"];
const DUNDERS: [&str; 14] = [
    "__getattr__",
    "__get__",
    "__set__",
    "__call__",
    "__iter__",
    "__next__",
    "__enter__",
    "__exit__",
    "__init_subclass__",
    "__class_getitem__",
    "__eq__",
    "__new__",
    "__post_init__",
    "__aenter__",
];
const LIBRARY: [&str; 16] = [
    "time.time()",
    "random.random()",
    "os.environ",
    "open('x').read()",
    "uuid.uuid4()",
    "datetime.now()",
    "asyncio.sleep(1)",
    "functools.partial",
    "dataclasses.field",
    "workflow.now()",
    "workflow.info()",
    "len",
    "map",
    "sorted",
    "super()",
    "type",
];
const HEAD: &str = "\
import asyncio, dataclasses, functools, os, random, time, uuid
from datetime import datetime, timedelta
from dataclasses import dataclass, field
import attrs
from pydantic import BaseModel, Field
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker
";

/// The files of one program below a package of this name.
pub fn program(package: &str, numbers: &mut Numbers) -> Vec<(String, Vec<u8>)> {
    let modules = 1 + numbers.below(4);
    let mut files = Vec::new();
    for module in 0..modules {
        let mut writer = Writer { numbers, text: HEAD.to_owned(), package, modules };
        writer.module();
        let text = std::mem::take(&mut writer.text);
        files.push((format!("{package}/m{module}.py"), text.into_bytes()));
    }
    let mut writer = Writer { numbers, text: String::new(), package, modules };
    for _ in 0..writer.numbers.below(10) {
        writer.import(0);
    }
    if writer.numbers.one_in(3) {
        writer.module();
    }
    files.push((format!("{package}/__init__.py"), writer.text.into_bytes()));
    files
}

struct Writer<'n> {
    numbers: &'n mut Numbers,
    text: String,
    package: &'n str,
    modules: usize,
}

impl Writer<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{}{text}", "    ".repeat(indent));
    }

    fn module(&mut self) {
        for _ in 0..self.numbers.below(4) {
            self.import(0);
        }
        for _ in 0..4 + self.numbers.below(14) {
            match self.numbers.below(10) {
                0..=2 => self.class(0, 3),
                3..=5 => self.function(0, 3, false),
                6 => self.workflow(),
                7 => self.activity(),
                _ => self.statement(0, 3),
            }
        }
    }

    fn class_name(&mut self) -> String {
        format!("C{}", self.numbers.below(CLASSES))
    }

    fn function_name(&mut self) -> String {
        format!("f{}", self.numbers.below(FUNCTIONS))
    }

    fn global(&mut self) -> String {
        format!("g{}", self.numbers.below(GLOBALS))
    }

    fn name(&mut self) -> String {
        match self.numbers.below(9) {
            0..=2 => self.class_name(),
            3..=5 => self.function_name(),
            6 => self.global(),
            7 => (*self.numbers.pick(&["self", "cls", "x", "y", "args"])).to_owned(),
            _ => (*self.numbers.pick(&LIBRARY)).to_owned(),
        }
    }

    fn import(&mut self, indent: usize) {
        let module = self.numbers.below(self.modules);
        let (package, name) = (self.package, self.name());
        let name = if name.contains(['(', '.']) { "g0".to_owned() } else { name };
        let other = self.global();
        let text = match self.numbers.below(9) {
            0 => format!("from {package} import *"),
            1 => format!("from {package}.m{module} import *"),
            2 => format!("from .m{module} import *"),
            3 => "from . import *".to_owned(),
            4 => format!("from . import m{module} as {other}"),
            5 => format!("import {package}.m{module}"),
            6 => format!("from .m{module} import {name} as {other}"),
            7 => format!("from {package} import m{module}, {name}"),
            _ => format!("import {package}.m{module} as {other}"),
        };
        self.line(indent, &text);
    }

    /// An expression of at most so many levels.
    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.name();
        }
        let depth = depth - 1;
        let attribute = *self.numbers.pick(&ATTRIBUTES);
        let one = self.expression(depth);
        match self.numbers.below(30) {
            0..=5 => format!("{one}({})", self.arguments(depth)),
            6 | 7 => format!("{one}.{attribute}"),
            8 => format!("{one}.{attribute}({})", self.arguments(depth)),
            9 => format!("{one}[{}]", self.expression(depth)),
            10 => format!("({one}, {})", self.expression(depth)),
            11 => format!("[{one}, *{}]", self.expression(depth)),
            12 => format!("{{'a': {one}, **{}}}", self.expression(depth)),
            13 => format!("{{{one}, {}}}", self.expression(depth)),
            14 => format!("(lambda x={one}: {})", self.expression(depth)),
            15 => format!("[{one} for x in {} if {}]", self.expression(depth), self.expression(depth)),
            16 => format!("{{{one}: [y for y in x] for x in {}}}", self.expression(depth)),
            17 => format!("({one} if {} else {})", self.expression(depth), self.expression(depth)),
            18 => format!("(await {one})"),
            19 => format!("f'{{{}}}'", one.replace('\'', "\"")),
            20 => format!("({one} + {})", self.expression(depth)),
            21 => format!("({one} and {} or x)", self.expression(depth)),
            22 => format!("(x := {one})"),
            23 => format!("functools.partial({one}, {})", self.expression(depth)),
            24 => format!("getattr({one}, '{attribute}')"),
            25 => format!("next(iter({one}))"),
            26 => format!("sorted({one}, key={})", self.expression(depth)),
            27 => format!("{{'a': {one}, 'b': {}}}[x]", self.expression(depth)),
            28 => format!("super().{attribute}({one})"),
            _ => format!("({one} is None)"),
        }
    }

    fn arguments(&mut self, depth: usize) -> String {
        let given: Vec<String> = (0..self.numbers.below(3)).map(|_| self.expression(depth)).collect();
        let mut text = given.join(", ");
        match self.numbers.below(6) {
            0 => text = format!("*{}", self.name()),
            1 => text = format!("x={}", self.expression(depth)),
            2 => text = format!("**{}", self.name()),
            _ => {}
        }
        text
    }

    fn body(&mut self, indent: usize, depth: usize) {
        for _ in 0..1 + self.numbers.below(4) {
            self.statement(indent, depth);
        }
    }

    fn statement(&mut self, indent: usize, depth: usize) {
        let (value, name) = (self.expression(2), self.global());
        if depth == 0 {
            return self.line(indent, &format!("{name} = {value}"));
        }
        let (inner, below) = (indent + 1, depth - 1);
        match self.numbers.below(26) {
            0..=3 => self.line(indent, &format!("{name} = {value}")),
            4 => self.line(indent, &format!("{name} = {name} + {name}")),
            5 => self.line(indent, &format!("{name} = ({name}, {name})")),
            6 => {
                let (one, other) = (self.class_name(), self.class_name());
                self.line(indent, &format!("{one} = {other}"));
            }
            7 => {
                let (one, other) = (self.function_name(), self.function_name());
                self.line(indent, &format!("{one}, {name} = {other}, {one}"));
            }
            8 => {
                let target = self.name();
                let target = if target.contains('(') { "x".to_owned() } else { target };
                self.line(indent, &format!("{target}.a = {value}"));
            }
            9 => self.line(indent, &format!("{name}[{value}] = {name}")),
            10 | 11 => self.branches(indent, &value, below),
            12 => {
                self.line(indent, &format!("for x in {value}:"));
                self.body(inner, below);
            }
            13 => {
                self.line(indent, &format!("while {value}:"));
                self.body(inner, below);
                self.line(inner, "break");
            }
            14 => {
                self.line(indent, &format!("with {value} as {name}:"));
                self.body(inner, below);
            }
            15 => {
                let class = self.class_name();
                self.line(indent, "try:");
                self.body(inner, below);
                self.line(indent, &format!("except ({class}, Exception) as y:"));
                self.body(inner, below);
                self.line(indent, "finally:");
                self.body(inner, below);
            }
            16 => self.matching(indent, &value, below),
            17 if indent > 0 => self.line(indent, &format!("global {name}")),
            18 if indent > 0 => self.line(indent, &format!("return {value}")),
            19 if indent > 0 => self.line(indent, &format!("yield {value}")),
            20 if indent > 0 => self.line(indent, &format!("yield from {value}")),
            21 => self.function(indent, below, false),
            22 => self.class(indent, below),
            23 => self.import(indent),
            24 => self.line(indent, &format!("{name} += {value}")),
            _ => self.line(indent, &value),
        }
    }

    fn branches(&mut self, indent: usize, test: &str, below: usize) {
        self.line(indent, &format!("if {test}:"));
        self.body(indent + 1, below);
        for _ in 0..self.numbers.below(3) {
            let other = self.expression(1);
            self.line(indent, &format!("elif isinstance(x, type({other})):"));
            self.body(indent + 1, below);
        }
        self.line(indent, "else:");
        self.body(indent + 1, below);
    }

    fn matching(&mut self, indent: usize, subject: &str, below: usize) {
        self.line(indent, &format!("match {subject}:"));
        let (one, other) = (self.class_name(), self.class_name());
        for pattern in
            [format!("{one}(a={other}() as y)"), "[x, *y]".to_owned(), "{'a': x, **y}".to_owned(), "x".to_owned()]
        {
            self.line(indent + 1, &format!("case {pattern}:"));
            self.body(indent + 2, below);
        }
    }

    fn function(&mut self, indent: usize, depth: usize, method: bool) {
        for _ in 0..self.numbers.below(3) {
            let decorator = match self.numbers.below(7) {
                0 if method => "property".to_owned(),
                1 if method => "classmethod".to_owned(),
                2 if method => "functools.cached_property".to_owned(),
                3 => "functools.wraps(f0)".to_owned(),
                4 => format!("{}({})", self.function_name(), self.name()),
                5 => self.class_name(),
                _ => self.function_name(),
            };
            self.line(indent, &format!("@{decorator}"));
        }
        let name = match (method, self.numbers.one_in(2)) {
            (true, true) => (*self.numbers.pick(&DUNDERS)).to_owned(),
            (true, false) => (*self.numbers.pick(&["m0", "m1", "run", "a", "b"])).to_owned(),
            _ => self.function_name(),
        };
        let kind = if self.numbers.one_in(3) { "async def" } else { "def" };
        let (of, given, default) = (self.class_name(), self.class_name(), self.expression(1));
        let first = if method { "self, " } else { "" };
        self.line(indent, &format!("{kind} {name}({first}x: {given} = {default}, *args, y: '{of}' = None) -> '{of}':"));
        self.body(indent + 1, depth.min(2));
        if self.numbers.one_in(2) {
            let value = self.expression(2);
            self.line(indent + 1, &format!("return {value}"));
        }
    }

    fn class(&mut self, indent: usize, depth: usize) {
        let name = self.class_name();
        let kind = self.numbers.below(6);
        let mut bases: Vec<String> = (0..self.numbers.below(4)).map(|_| self.class_name()).collect();
        match kind {
            0 => self.line(indent, "@dataclass"),
            1 => self.line(indent, "@attrs.define"),
            2 => bases.push("BaseModel".to_owned()),
            3 => bases.push(format!("metaclass={}", self.class_name())),
            4 => {
                let decorator = self.function_name();
                self.line(indent, &format!("@{decorator}"));
            }
            _ => {}
        }
        self.line(indent, &format!("class {name}({}):", bases.join(", ")));
        for field in ["a", "b"] {
            let (of, value) = (self.class_name(), self.expression(1));
            let default = match (kind, self.numbers.below(4)) {
                (_, 0) => value,
                (1, _) => format!("attrs.field(factory={of})"),
                (2, _) => format!("Field(default_factory={of})"),
                (0, 1) => format!("field(default_factory=lambda: {name}({value}))"),
                (0, _) => format!("field(default_factory={of})"),
                _ => format!("{of}()"),
            };
            self.line(indent + 1, &format!("{field}: '{of}' = {default}"));
        }
        for _ in 0..self.numbers.below(4) {
            self.function(indent + 1, depth.saturating_sub(1), true);
        }
    }

    fn workflow(&mut self) {
        let (name, of) = (self.class_name(), self.class_name());
        let base = if self.numbers.one_in(3) { of.as_str() } else { "" };
        self.line(0, &format!("@workflow.defn\nclass {name}({base}):"));
        for (decorator, method) in [("run", "run"), ("signal", "m0"), ("query", "m1"), ("update", "b")] {
            self.line(1, &format!("@workflow.{decorator}\n    async def {method}(self, x: '{of}') -> '{of}':"));
            self.body(2, 2);
            let called = self.function_name();
            self.line(
                2,
                &format!("y = await workflow.execute_activity({called}, x, start_to_close_timeout=timedelta(1))"),
            );
        }
    }

    fn activity(&mut self) {
        let (name, of) = (self.function_name(), self.class_name());
        self.line(0, &format!("@activity.defn\nasync def {name}(x: '{of}') -> '{of}':"));
        self.body(1, 3);
        let (class, other) = (self.class_name(), self.function_name());
        self.line(0, &format!("Worker(Client(), task_queue='q', workflows=[{class}], activities=[{name}, {other}])"));
    }
}
