use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

/// What `build.rs` makes of the observations.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/observed.json"));

/// What a rule's examples were seen to do on one version of the SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The version of `temporalio`.
    pub sdk: String,
    /// What the bad example did.
    pub bad: String,
    /// What the good example did.
    pub good: String,
}

#[derive(Deserialize)]
struct Embedded {
    observed: BTreeMap<String, BTreeMap<String, Pair>>,
}

#[derive(Deserialize)]
struct Pair {
    bad: Option<Said>,
    good: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    says: Option<String>,
}

/// What `tests/sdk/run` has seen of a rule, newest version of the SDK first.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
#[must_use]
pub fn observations(code: &str) -> Vec<Observation> {
    static SEEN: OnceLock<Embedded> = OnceLock::new();
    let seen = SEEN.get_or_init(|| serde_json::from_str(EMBEDDED).expect("build.rs checks what it embeds"));
    let mut found: Vec<Observation> = seen
        .observed
        .iter()
        .filter_map(|(sdk, rules)| {
            let pair = rules.get(code)?;
            let said = |side: &Option<Said>| side.as_ref().and_then(|said| said.says.clone());
            Some(Observation { sdk: sdk.clone(), bad: said(&pair.bad)?, good: said(&pair.good)? })
        })
        .collect();
    found.sort_by_key(|observation| std::cmp::Reverse(numbers(&observation.sdk)));
    found
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}
