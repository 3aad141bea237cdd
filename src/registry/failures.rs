//! What awaiting the SDK raises, from `rules/api/failures.yaml`.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::schema::{FailureGroup, FailuresFile};

/// What `build.rs` makes of the table.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/failures.json"));

#[derive(Deserialize)]
struct Embedded {
    failures: FailuresFile,
}

/// What awaiting a call or handle of the SDK raises; `None` where it is not known.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
#[must_use]
pub fn failures_of(symbol: &str) -> Option<&'static FailureGroup> {
    static GROUPS: OnceLock<(FailuresFile, HashMap<String, usize>)> = OnceLock::new();
    let (groups, by_symbol) = GROUPS.get_or_init(|| {
        let groups = serde_json::from_str::<Embedded>(EMBEDDED).expect("build.rs checks what it embeds").failures;
        let symbols = |(index, group): (usize, &FailureGroup)| {
            group.symbols.iter().map(|symbol| (symbol.clone(), index)).collect::<Vec<_>>()
        };
        let by_symbol = groups.iter().enumerate().flat_map(symbols).collect();
        (groups, by_symbol)
    });
    by_symbol.get(symbol).map(|index| &groups[*index])
}

#[cfg(test)]
mod tests {
    use super::super::schema::FailureOf;
    use super::*;

    #[test]
    fn calls_and_handles_raise_what_the_table_says() {
        let activity = failures_of("temporalio.workflow.execute_activity").expect("it is listed");
        assert_eq!(activity.of, FailureOf::Activity);
        assert_eq!(activity.raises, ["temporalio.exceptions.ActivityError"]);
        assert!(failures_of("temporalio.workflow.now").is_none(), "nothing awaits it");
    }
}
