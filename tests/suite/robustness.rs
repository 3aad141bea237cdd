//! Whatever a file holds, a run ends in time, without panic.
//!
//! Python files are broken in the ways in which files get broken: cut off, lines lost, doubled or swapped, brackets
//! missing, bytes overwritten. The choice is random from a fixed seed, so that a failure can be repeated.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::checked::{Files, changes, fixtures, python_files, report, settings, without_panic};

/// What one run over hostile files may take, in a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// A generator of numbers (xorshift) that gives the same ones every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("below a usize")
    }
}

/// A broken copy of a file.
fn broken(bytes: &[u8], way: usize, numbers: &mut Numbers) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match way {
        0 => bytes[..numbers.below(bytes.len())].to_vec(),
        1 => {
            lines.remove(one);
            lines.concat()
        }
        2 => {
            lines.insert(one, lines[other]);
            lines.concat()
        }
        3 => {
            lines.swap(one, other);
            lines.concat()
        }
        4 => without(bytes, b"()[]{}:\"'", numbers),
        5 => without(bytes, b" \n\t,.=", numbers),
        6 => {
            let mut changed = bytes.to_vec();
            for _ in 0..3 {
                let at = numbers.below(changed.len());
                changed[at] = numbers.next().to_le_bytes()[0];
            }
            changed
        }
        7 => lines[..one].concat(),
        8 => lines.iter().map(|line| line.strip_prefix(b"    ").unwrap_or(line)).collect::<Vec<_>>().concat(),
        _ => {
            let tokens: [&[u8]; 10] =
                [b"async ", b"lambda: ", b"*", b"\n", b"await ", b"(", b"yield ", b"class ", b"\"\"\"", b"f\"{"];
            let at = numbers.below(bytes.len());
            [&bytes[..at], tokens[numbers.below(tokens.len())], &bytes[at..]].concat()
        }
    }
}

const WAYS: usize = 10;

/// The file without one of the bytes that are in `set`.
fn without(bytes: &[u8], set: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let places: Vec<usize> = (0..bytes.len()).filter(|at| set.contains(&bytes[*at])).collect();
    let mut changed = bytes.to_vec();
    if !places.is_empty() {
        changed.remove(places[numbers.below(places.len())]);
    }
    changed
}

/// Runs on files and fails with the words of a panic, or where it took too long.
fn survives(project: &Files) -> Result<usize, String> {
    let start = Instant::now();
    let root = project.root();
    let files = without_panic(|| report(&settings(&root)).stats.files_walked)?;
    match start.elapsed() {
        elapsed if elapsed > LIMIT => Err(format!("took {elapsed:?}")),
        _ => Ok(files),
    }
}

#[test]
fn broken_fixtures_do_no_harm() {
    let mut numbers = Numbers(0x7e3b_0a1e_5eed_0001);
    let originals: Vec<Vec<u8>> = python_files(&fixtures())
        .iter()
        .map(|path| std::fs::read(path).expect("fixtures are readable"))
        .filter(|bytes| !bytes.is_empty())
        .collect();
    let mut said = String::new();
    for way in 0..WAYS {
        let project = Files::new(&[]);
        for round in 0..2 {
            for (number, bytes) in originals.iter().enumerate() {
                let name = format!("way{way}/round{round}/m{number}.py");
                project.write(&name, &broken(bytes, way, &mut numbers));
            }
        }
        if let Err(what) = survives(&project) {
            writeln!(said, "way {way}: {what}; {}", smallest(&project)).expect("a String takes all");
        }
    }
    assert!(said.is_empty(), "\n{said}");
}

/// The first file that fails on its own, for the message.
fn smallest(project: &Files) -> String {
    for path in python_files(&project.root()) {
        let bytes = std::fs::read(&path).expect("it was written");
        let alone = Files::new(&[]);
        alone.write("m.py", &bytes);
        if let Err(what) = survives(&alone) {
            return format!("{what} with\n{}", String::from_utf8_lossy(&bytes));
        }
    }
    "no file fails alone".to_owned()
}

#[test]
fn broken_packages_do_no_harm() {
    let mut numbers = Numbers(0x7e3b_0a1e_5eed_0002);
    let mut said = String::new();
    for fixture in super::fixtures::all().iter().filter(|fixture| fixture.path.is_dir()) {
        let project = Files::new(&[]);
        let way = numbers.below(WAYS);
        for (name, bytes) in fixture.files() {
            let is_lucky = bytes.is_empty() || numbers.below(3) == 0;
            project.write(&name, &if is_lucky { bytes } else { broken(&bytes, way, &mut numbers) });
        }
        if let Err(what) = survives(&project) {
            let files = python_files(&project.root());
            let text =
                |path: &std::path::PathBuf| std::fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned());
            let texts: Vec<String> = files.iter().filter_map(|path| text(path).ok()).collect();
            writeln!(said, "{}: {what}\n{}", fixture.path.display(), texts.join("\n----\n"))
                .expect("a String takes all");
        }
    }
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn files_cut_off_anywhere_do_no_harm() {
    let files = ["projects/official-skill-errors", "exceptions/bare-except-in-workflow"];
    for path in files.iter().flat_map(|folder| python_files(&fixtures().join(folder))).take(12) {
        let bytes = std::fs::read(&path).expect("fixtures are readable");
        let project = Files::new(&[]);
        for end in (0..bytes.len()).step_by(9) {
            project.write(&format!("cut{end}.py"), &bytes[..end]);
        }
        survives(&project).unwrap_or_else(|what| panic!("{}: {what}; {}", path.display(), smallest(&project)));
    }
}

/// A workflow whose `run` has this body.
fn workflow(body: &str) -> String {
    format!(
        "import time\nfrom temporalio import workflow\n\n\n@workflow.defn\nclass W:\n    @workflow.run\n    \
         async def run(self, x):\n{body}\n        return time.time()\n"
    )
}

/// Checks one file and gives the codes found.
fn codes(text: &str) -> Vec<String> {
    let project = Files::new(&[("flows.py", text)]);
    survives(&project).expect("no panic and in time");
    project.findings().into_iter().map(|found| found.code.to_owned()).collect()
}

#[test]
fn deep_brackets_are_refused_and_do_no_harm() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{1: ", "}"), ("f(", ")"), ("x[", "]"), ("(lambda: ", ")")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(codes(&workflow(&format!("        y = {}", nested(90)))), ["TPY101"], "{open}");
        assert_eq!(codes(&workflow(&format!("        y = {}", nested(10_000)))), ["TPY001"], "{open}");
        assert_eq!(codes(&workflow(&format!("        y = {}", open.repeat(10_000)))), ["TPY001"], "{open}");
    }
}

#[test]
fn long_expressions_do_no_harm() {
    let many = 5_000;
    let cases = [
        format!("x{}", ".a".repeat(many)),
        format!("x{}", ".a()".repeat(many)),
        format!("x{}", "[0]".repeat(many)),
        format!("x{}", "()".repeat(many)),
        vec!["1"; many].join(" + "),
        vec!["x"; many].join(" and "),
        vec!["x"; many].join(" < "),
        vec!["1"; many].join(" ** "),
        format!("{}x", "not ".repeat(many)),
        format!("{}1", "-".repeat(many)),
        format!("{}x", "await ".repeat(many / 10)),
        format!("{}x", "x if x else ".repeat(many)),
        format!("{}x", "lambda: ".repeat(many)),
        format!("f\"{}\"", "{x}".repeat(many)),
        format!("[{}]", "x, ".repeat(many)),
        format!("f({})", "x, ".repeat(many)),
        format!("dict({})", (0..many).map(|n| format!("k{n}=x")).collect::<Vec<_>>().join(", ")),
    ];
    for case in cases {
        let text = workflow(&format!("        y = {case}"));
        let found = codes(&text);
        let shown: String = case.chars().take(40).collect();
        assert!(found == ["TPY101"] || found.contains(&"TPY001".to_owned()), "{shown}: {found:?}");
    }
}

#[test]
fn deep_statements_do_no_harm() {
    // CPython allows 100 levels of indentation and 20 blocks; what is deeper must do no harm either.
    let nested = |depth: usize, head: &str| {
        let line = |level: usize| format!("{}{}\n", " ".repeat(8 + level), head.replace('#', &level.to_string()));
        let lines: String = (0..depth).map(line).collect();
        workflow(&format!("{lines}{}pass", " ".repeat(8 + depth)))
    };
    let heads =
        ["if x:", "for i in x:", "while x:", "with x:", "def f#():", "class C#:", "async def f#():", "match x:"];
    for head in heads {
        assert!(!codes(&nested(90, head)).is_empty(), "{head}");
        codes(&nested(1_000, head));
    }
    let chain: String = (0..3_000).map(|n| format!("        elif x == {n}:\n            y = {n}\n")).collect();
    assert_eq!(codes(&workflow(&format!("        if x:\n            y = 0\n{chain}"))), ["TPY101"]);
    let tries: String = (0..90).map(|n| format!("{}try:\n", " ".repeat(8 + n))).collect();
    codes(&workflow(&tries));
}

#[test]
fn long_ways_and_loops_of_calls_end() {
    let chain: String = (0..3_000).map(|n| format!("def f{n}():\n    return f{}()\n\n\n", n + 1)).collect();
    let text = format!("{chain}def f3000():\n    return time.time()\n");
    let flow = workflow("        f0()").replace("return time.time()", "return 0");
    assert_eq!(codes(&format!("{flow}\n\n{text}")), ["TPY101"]);
    let aliases: String = (1..3_000).map(|n| format!("a{n} = a{}\n", n - 1)).collect();
    codes(&format!("import time\na0 = time.time\n{aliases}{}", workflow("        a2999()")));
    let bases: String = (1..2_000).map(|n| format!("class C{n}(C{}):\n    pass\n\n\n", n - 1)).collect();
    let root = "class C0:\n    def f(self):\n        return time.time()\n\n\n";
    codes(&format!("{flow}\n\n{root}{bases}").replace("f0()", "C1999().f()"));
    let wild = "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n\n\ndef f0():\n    return f1(f0)\n\n\ndef f1(g):\n    \
                return g() or f0() or A().x\n\n\nx = y\ny = x\n";
    codes(&format!("{wild}{}", workflow("        f0(); x(); y.z()")));
    let doubling: String =
        (0..40).map(|n| format!("def d{n}(x):\n    return d{}(x) + d{}(x)\n\n\n", n + 1, n + 1)).collect();
    codes(&format!("{doubling}{}", workflow("        d0(lambda: time.time())")));
}

#[test]
fn coroutines_that_await_many_others_end() {
    // What leaves a coroutine is found once: there are very many ways from the first one to the last.
    let step = |n: usize| {
        let others: String = (n + 1..30).map(|other| format!("        await f{other}(x)\n")).collect();
        format!(
            "async def f{n}(x):\n    try:\n{others}        await asyncio.sleep(1)\n    except Exception:\n        return\n\n\n"
        )
    };
    let steps: String = (0..30).map(step).collect();
    codes(&format!(
        "import asyncio\n\n\n{steps}{}",
        workflow("        await f0(x)").replace("return time.time()", "return 0")
    ));
}

#[test]
fn values_that_are_kept_in_each_other_end() {
    // Whatever becomes of one of these becomes of all: there are very many ways from one to another.
    let names = 0..20;
    let pairs = names.clone().flat_map(|to| names.clone().map(move |from| (to, from)));
    let moves: String = pairs.map(|(to, from)| format!("        d{to}['k'] = d{from}['k'], d{from}['k']\n")).collect();
    let made: String = names.map(|n| format!("        d{n} = {{'k': NOW}}\n")).collect();
    let text = workflow(&format!("{made}{moves}"));
    assert_eq!(codes(&text.replace("\n\n\n@", "\n\nNOW = time.time()\n\n\n@")), ["TPY114", "TPY101"]);
}

#[test]
fn what_shares_its_parts_is_compared_to_its_end() {
    // Each line doubles what is read if all that a value holds is read wherever it stands.
    let times = |count: usize, line: &str| format!("        {line}\n").repeat(count);
    let chain: String = (0..300)
        .map(|n| {
            let word = if n == 0 { "if" } else { "elif" };
            format!("        {word} x == {n}:\n            await workflow.sleep({n} + 1)\n")
        })
        .collect();
    let bodies = [
        format!("        s = 'ab'\n{}", times(40, "s = s + s")),
        format!("        s = x.name\n{}", times(40, "s = f'{s}{s}'")),
        format!("        s = 'a%s'\n{}", times(40, "s = s % s + '%s'")),
        format!("        c = x.a\n{}        s = c\n", times(40, "c = (c and x.b) or (c and x.c)")),
        format!("        s = {{}}\n{}", times(40, "s['a'] = dict(s)\n        s['b'] = dict(s)")),
        format!("        s = {{}}\n{}", times(40, "s = {'a': s, 'b': s}")),
        format!("        s = x\n{chain}"),
    ];
    for body in bodies {
        let before = workflow(&format!("{body}        if s:\n            await workflow.sleep(1)"));
        let after = workflow(&format!("{body}        if not s:\n            await workflow.sleep(1)"));
        assert_eq!(changes(&[("flows.py", &before)], &[("flows.py", &before)]), [], "{body}");
        changes(&[("flows.py", &before)], &[("flows.py", &after)]);
    }
}

#[test]
fn local_names_that_stand_for_each_other_end() {
    for names in ["y = y", "y = y.a", "y = w\n        w = y.a", "y = w.a\n        w = v\n        v = y"] {
        let body = format!("        {names}\n        y[0] = 1\n        y.b = 1\n        y.append(1)\n        del y[0]");
        assert_eq!(codes(&workflow(&body)), ["TPY101"], "{names}");
    }
    let names: String = (1..3_000).map(|n| format!("        a{n} = a{}\n", n - 1)).collect();
    assert_eq!(codes(&workflow(&format!("        a0 = x\n{names}        a2999.append(1)"))), ["TPY101"]);
}

#[test]
fn modules_that_import_each_other_in_circles_end() {
    let modules: Vec<(String, String)> = (0..60)
        .map(|n| {
            let text = format!("from m{} import *\nfrom m{} import thing as thing{n}\n", (n + 1) % 60, (n + 7) % 60);
            (format!("m{n}.py"), text)
        })
        .collect();
    let mut files: Vec<(&str, &str)> = modules.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let flow =
        format!("from m0 import *\nfrom m3 import missing\n{}", workflow("        thing(); missing(); thing5()"));
    files.push(("flows.py", &flow));
    let project = Files::new(&files);
    survives(&project).expect("no panic and in time");
    assert_eq!(project.places(), ["flows.py:12 TPY101"]);
}

#[test]
fn large_files_are_read_up_to_the_limit() {
    let line = "# a comment that fills the file\n";
    let head = workflow("        pass");
    let size = 10 * 1024 * 1024;
    let fill = line.repeat((size - head.len()) / line.len());
    let fits = format!("{head}{fill}");
    assert_eq!(codes(&fits), ["TPY101"]);
    assert_eq!(codes(&format!("{fits}{line}{line}")), ["TPY002"]);
    let calls = format!("        x = [{}]\n", "f(x), ".repeat(20_000));
    assert_eq!(codes(&workflow(&calls)), ["TPY101"]);
}

#[test]
fn encodings_and_line_ends_keep_the_place() {
    let text = workflow("        pass");
    let line = text.lines().position(|line| line.contains("return time")).expect("there is one") + 1;
    let place = |bytes: &[u8]| {
        let project = Files::new(&[]);
        project.write("flows.py", bytes);
        survives(&project).expect("no panic and in time");
        project.places()
    };
    let at = |line: usize| vec![format!("flows.py:{line} TPY101")];
    assert_eq!(place(text.as_bytes()), at(line));
    assert_eq!(place(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), at(line));
    assert_eq!(place(text.replace('\n', "\r\n").as_bytes()), at(line));
    assert_eq!(place(text.replace('\n', "\r").as_bytes()), at(line));
    assert_eq!(place(format!("\u{c}\n{text}\u{c}\n").as_bytes()), at(line + 1));
    let with = |head: &str, tail: &[u8]| [format!("{head}\n{text}").as_bytes(), tail].concat();
    assert_eq!(place(&with("# -*- coding: latin-1 -*-", b"\n# Gr\xfc\xdfe\n")), at(line + 1));
    assert_eq!(place(&with("# coding=cp1252", b"\n# \x80 5\n")), at(line + 1));
    assert_eq!(place(&with("# vim: set fileencoding=utf-8 :", "\n# Grüße\n".as_bytes())), at(line + 1));
    assert_eq!(place(&with("#", b"\n# Gr\xfc\xdfe\n")), [format!("flows.py:{} TPY002", text.lines().count() + 3)]);
    assert_eq!(place(&with("# coding: no-such-codec", b"")), ["flows.py:1 TPY002"]);
}

#[test]
fn odd_files_are_told_or_passed_over() {
    assert_eq!(codes(""), Vec::<String>::new());
    assert_eq!(codes("\n\n\n"), Vec::<String>::new());
    assert_eq!(codes("\u{feff}"), Vec::<String>::new());
    assert_eq!(codes("from temporalio import workflow"), Vec::<String>::new());
    assert_eq!(codes(&"\0".repeat(5_000)), ["TPY002"]);
    assert_eq!(codes(&format!("{}\0", workflow("        pass"))), ["TPY002"]);
    let bytes: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    let project = Files::new(&[]);
    project.write("noise.py", &[b"import temporalio\n", &bytes[..]].concat());
    survives(&project).expect("no panic and in time");
    assert_eq!(project.places().len(), 1);
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_and_names_that_are_no_text_do_no_harm() {
    use std::os::unix::ffi::OsStrExt;
    let project = Files::new(&[("shop/flows.py", &workflow("        pass"))]);
    let root = project.root();
    std::os::unix::fs::symlink(&root, root.join("shop/again")).expect("links can be made");
    std::os::unix::fs::symlink(root.join("shop"), root.join("shop2")).expect("links can be made");
    std::os::unix::fs::symlink(root.join("nowhere.py"), root.join("dangling.py")).expect("links can be made");
    std::os::unix::fs::symlink(root.join("self.py"), root.join("self.py")).expect("links can be made");
    let odd = root.join(std::ffi::OsStr::from_bytes(b"n\xff\xfe.py"));
    // Some file systems take names in UTF-8 alone.
    let expected = if std::fs::write(&odd, workflow("        pass")).is_ok() { 1 } else { 0 };
    std::fs::create_dir(root.join("folder.py")).expect("a folder can be made");
    survives(&project).expect("no panic and in time");
    let places = project.places();
    assert_eq!(places.iter().filter(|place| place.ends_with("TPY101")).count(), 1, "{places:?}");
    assert_eq!(places.iter().filter(|place| place.ends_with("TPY002")).count(), expected, "{places:?}");
    assert_eq!(places.len(), 1 + expected, "{places:?}");
}

#[test]
fn the_progress_counts_every_file_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let project = Files::new(&[("a.py", ""), ("b/c.py", ""), ("b/d.py", "import temporalio\n")]);
    let root = project.root();
    let (calls, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    temporal_py_lint::lint::check(&settings(&root), &|step| {
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(step.done, Ordering::Relaxed);
        assert_eq!(step.total, 3);
    });
    assert_eq!((calls.into_inner(), most.into_inner()), (3, 3));
}

#[test]
fn trees_deeper_than_cpython_compiles_are_refused_and_shallower_ones_are_not() {
    let many = 12_100;
    let deep = |many: usize| {
        [
            format!("x{}", ".a".repeat(many)),
            format!("x{}", "()".repeat(many)),
            vec!["1"; many].join(" + "),
            vec!["1"; many].join(" + \\\n"),
            format!("({})", vec!["1"; many].join(" +\n")),
            format!("{}1", "-".repeat(many)),
            format!("{}x", "lambda: ".repeat(many)),
            format!("f'{{{}x}}'", "-".repeat(many)),
        ]
    };
    for case in deep(many) {
        let shown: String = case.chars().take(20).collect();
        assert_eq!(codes(&workflow(&format!("        y = {case}"))), ["TPY001"], "{shown}");
        assert_eq!(codes(&format!("# comment\ny = {case}")), Vec::<String>::new(), "nobody asks: {shown}");
    }
    for case in deep(2_900) {
        let shown: String = case.chars().take(20).collect();
        assert_eq!(codes(&workflow(&format!("        y = {case}"))), ["TPY101"], "{shown}");
    }
    // What is long and flat is read.
    let flat = format!("        y = [{}]\n        '''{}'''", "-1, ".repeat(many), "word\n".repeat(many));
    assert_eq!(codes(&workflow(&flat)), ["TPY101"]);
}
