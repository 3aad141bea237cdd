use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use camino::Utf8Path;

use super::Finding;
use crate::diagnostic::Severity;

/// How much of the end of a transcript is looked at, in bytes.
const MOST_READ: u64 = 16 * 1024 * 1024;

/// One sentence about findings that were there before: how many, and of which rules. `subject` says where.
pub(super) fn about_old_ones(findings: &[Finding<'_>], subject: &str) -> Option<String> {
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.diagnostic.severity > Severity::Info) {
        *codes.entry(finding.diagnostic.code).or_default() += 1;
    }
    let number: usize = codes.values().sum();
    let listed: Vec<String> = codes.iter().map(|(code, number)| format!("{code} {number}")).collect();
    let what = if number == 1 { "finding was" } else { "findings were" };
    (number > 0).then(|| format!("temporal-py-lint: {number} {what} there before {subject}: {}.", listed.join(", ")))
}

/// Whether a session's transcript holds a text already, as far back as it is looked at. What cannot be read holds nothing.
pub(super) fn is_told(transcript: &Utf8Path, text: &str) -> bool {
    let Ok(quoted) = serde_json::to_string(text) else { return false };
    end_of(transcript).is_some_and(|end| memchr::memmem::find(&end, quoted.trim_matches('"').as_bytes()).is_some())
}

fn end_of(path: &Utf8Path) -> Option<Vec<u8>> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() {
        return None;
    }
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(metadata.len().saturating_sub(MOST_READ))).ok()?;
    let mut end = Vec::new();
    file.take(MOST_READ).read_to_end(&mut end).ok()?;
    Some(end)
}
