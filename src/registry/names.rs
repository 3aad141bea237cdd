//! The names that modules of the SDK have.
//!
//! Knows: every name of the SDK's main modules, in the versions that `rules/api/names.yaml` names. Does not know: what a
//! name stands for, or which version a project has.

use std::sync::OnceLock;

use serde::Deserialize;

use super::schema::NamesFile;

/// What `build.rs` makes of the names.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/names.json"));

/// How alike a name has to be to be taken for a misspelt one, from 0 to 1.
const ALIKE: f64 = 0.75;

/// Where a name is looked for that another module lacks, what people look for most first.
const LOOKED_FOR_IN: [&str; 8] = [
    "temporalio.exceptions",
    "temporalio.common",
    "temporalio.workflow",
    "temporalio.activity",
    "temporalio.client",
    "temporalio.worker",
    "temporalio.converter",
    "temporalio.testing",
];

/// What workflow code takes from `asyncio`, and people look for in `temporalio.workflow`, whose `wait` and `as_completed` stand
/// in for two of its functions.
const OF_ASYNCIO: [&str; 12] = [
    "create_task",
    "ensure_future",
    "gather",
    "shield",
    "timeout",
    "wait_for",
    "Event",
    "Future",
    "Lock",
    "Queue",
    "Semaphore",
    "TaskGroup",
];

#[derive(Deserialize)]
struct Embedded {
    names: NamesFile,
}

fn names() -> &'static NamesFile {
    static NAMES: OnceLock<Embedded> = OnceLock::new();
    &NAMES.get_or_init(|| serde_json::from_str(EMBEDDED).expect("build.rs checks what it embeds")).names
}

/// Whether a module of the SDK has a name in any version; `None` for a module whose names are not known.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
#[must_use]
pub fn sdk_module_has(module: &str, name: &str) -> Option<bool> {
    let known = names().get(module)?;
    Some(name.starts_with("__") || known.contains_key(name))
}

/// The last version of the SDK in which a module has a name that the newest version does not have.
///
/// # Panics
///
/// Never, as [`sdk_module_has`].
#[must_use]
pub fn sdk_name_until(module: &str, name: &str) -> Option<&'static str> {
    names().get(module)?.get(name)?.as_deref()
}

/// What may be meant by a name that a module of the SDK does not have, qualified: the same name in another module, or one
/// like it in this module.
///
/// # Panics
///
/// Never, as [`sdk_module_has`].
#[must_use]
pub fn sdk_name_like(module: &str, name: &str) -> Option<String> {
    let is_public = |name: &str| !name.starts_with('_');
    let has = |module: &&str| names().get(*module).is_some_and(|known| known.contains_key(name));
    // What most modules have they only import themselves.
    let is_own = is_public(name) && LOOKED_FOR_IN.iter().filter(|module| has(module)).count() <= 3;
    let elsewhere = LOOKED_FOR_IN.into_iter().find(|other| is_own && *other != module && has(other));
    if let Some(other) = elsewhere {
        return Some(format!("{other}.{name}"));
    }
    if module == "temporalio.workflow" && OF_ASYNCIO.contains(&name) {
        return Some(format!("asyncio.{name}"));
    }
    let own = names().get(module)?.keys().filter(|known| is_public(known));
    let written = name.to_lowercase();
    own.map(|known| (strsim::normalized_damerau_levenshtein(&written, &known.to_lowercase()), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        // The first of equally good ones, so that the answer does not depend on the order of comparison.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, known)| format!("{module}.{known}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_their_names_and_no_others() {
        assert_eq!(sdk_module_has("temporalio.workflow", "execute_activity"), Some(true));
        assert_eq!(
            sdk_module_has("temporalio.workflow", "timedelta"),
            Some(true),
            "what a module imports is its name, too"
        );
        assert_eq!(sdk_module_has("temporalio.workflow", "__name__"), Some(true));
        assert_eq!(sdk_module_has("temporalio.workflow", "ApplicationError"), Some(false));
        assert_eq!(sdk_module_has("temporalio.contrib.pydantic", "anything"), None);
    }

    #[test]
    fn what_may_be_meant_is_found_elsewhere_or_is_spelt_alike() {
        let like = |module, name| sdk_name_like(module, name).unwrap_or_default();
        assert_eq!(like("temporalio.workflow", "ApplicationError"), "temporalio.exceptions.ApplicationError");
        assert_eq!(like("temporalio.workflow", "RetryPolicy"), "temporalio.common.RetryPolicy");
        assert_eq!(like("temporalio.workflow", "wait_conditon"), "temporalio.workflow.wait_condition");
        assert_eq!(like("temporalio.workflow", "get_version"), "");
    }
}
