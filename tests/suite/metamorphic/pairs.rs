//! Pairs of programs that differ in what means nothing: a comment, a name, a docstring, a call that does nothing, a
//! worker that has nothing to do with it. `fixtures/metamorphic/<pair>/` holds them as `a` and `b`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use temporal_py_lint::lint::ways;

use super::super::checked::{findings, fixtures, python_files, settings, utf8};
use super::super::known;
use super::known_failures::KNOWN_PAIRS;

/// Lines by file.
type Lines = BTreeMap<String, Vec<String>>;

fn folder(pair: &str, side: &str) -> PathBuf {
    fixtures().join("metamorphic").join(pair).join(side)
}

fn pairs() -> Vec<String> {
    let entries = std::fs::read_dir(fixtures().join("metamorphic")).expect("the folder is readable");
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().expect("a name in UTF-8");
    let mut names: Vec<String> = entries.map(|entry| name(entry.expect("the folder is readable"))).collect();
    names.sort();
    names
}

fn lines(pair: &str, side: &str) -> Lines {
    let root = folder(pair, side);
    let text = |path: &PathBuf| std::fs::read_to_string(path).expect("pairs are UTF-8");
    let name = |path: &PathBuf| path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
    let split = |path: &PathBuf| text(path).lines().map(str::to_owned).collect();
    python_files(&root).iter().map(|path| (name(path), split(path))).collect()
}

/// Which line of one text, from 1, is which of the other: in texts of the same length the one at the same place, else
/// those of the longest common subsequence.
fn common(a: &[String], b: &[String]) -> Vec<(usize, usize)> {
    if a.len() == b.len() {
        return (1..=a.len()).map(|line| (line, line)).collect();
    }
    let mut length = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i][j] = if a[i] == b[j] { length[i + 1][j + 1] + 1 } else { length[i + 1][j].max(length[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
            found.push((i, j));
        } else if length[i + 1][j] >= length[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    found
}

/// What is found on lines that both have, with the line numbers of `a`.
fn on_common_lines(pair: &str) -> [BTreeSet<String>; 2] {
    let (a, b) = (lines(pair, "a"), lines(pair, "b"));
    let common: BTreeMap<&String, Vec<(usize, usize)>> =
        a.iter().filter_map(|(name, lines)| Some((name, common(lines, b.get(name)?)))).collect();
    let said = |side: &str, here: fn(&(usize, usize)) -> usize| {
        let found = findings(&folder(pair, side)).into_iter();
        let line =
            |file: &String, line: usize| common.get(file)?.iter().find(|pair| here(pair) == line).map(|pair| pair.0);
        found
            .filter_map(|found| {
                Some(format!("{}:{} {} {}", found.file, line(&found.file, found.line)?, found.code, found.message))
            })
            .collect()
    };
    [said("a", |pair| pair.0), said("b", |pair| pair.1)]
}

#[test]
fn pairs_have_the_same_findings_on_their_common_lines() {
    let pairs = pairs();
    assert!(pairs.len() > 10, "{pairs:?}");
    let mut failures = BTreeMap::new();
    for pair in pairs {
        let [a, b] = on_common_lines(&pair);
        if a != b {
            let of = |side: &str, these: &BTreeSet<String>, those: &BTreeSet<String>| -> String {
                these.difference(those).map(|said| format!("  {side} alone: {said}\n")).collect()
            };
            failures.insert(pair, of("a", &a, &b) + &of("b", &b, &a));
        }
    }
    let said = known::against("KNOWN_PAIRS", KNOWN_PAIRS, &failures);
    assert!(said.is_empty(), "\n{said}");
}

#[test]
fn common_lines_are_found() {
    let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
    assert_eq!(common(&lines("abcd"), &lines("xacbd")), [(1, 2), (3, 3), (4, 5)]);
    assert_eq!(common(&lines("ab"), &lines("c")), []);
    assert_eq!(common(&lines("ab"), &lines("cb")), [(1, 1), (2, 2)]);
}

#[test]
fn every_way_to_a_line_is_shown_whichever_is_asked_first() {
    for side in ["a", "b"] {
        let root = folder("two-ways-through-a-cycle", side);
        let ways = ways(&settings(&root), &utf8(&root.join("wf.py")), 8).expect("the file has the line");
        let starts: BTreeSet<String> = ways.ways.iter().map(|way| way.frames[0].function.clone()).collect();
        assert_eq!(starts, ["Flow.again", "Flow.run"].map(str::to_owned).into(), "{side}");
    }
}
