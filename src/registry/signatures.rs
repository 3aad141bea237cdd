//! What the SDK's callables take and give, and what its classes have.
//!
//! Knows: `rules/api/signatures.yaml`, by qualified name. Does not know: which version of the SDK a project has.

use std::sync::OnceLock;

use serde::Deserialize;

use super::schema::{MeantFile, SdkClass, SdkParameter, SdkParameterKind, Signature, SignaturesFile};

/// What `build.rs` makes of the signatures.
const EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/signatures.json"));

/// How alike a name has to be to be taken for a misspelt one, from 0 to 1.
const ALIKE: f64 = 0.6;

#[derive(Deserialize)]
struct Embedded {
    signatures: SignaturesFile,
    meant: MeantFile,
}

fn embedded() -> &'static Embedded {
    static READ: OnceLock<Embedded> = OnceLock::new();
    READ.get_or_init(|| serde_json::from_str(EMBEDDED).expect("build.rs checks what it embeds"))
}

fn signatures() -> &'static SignaturesFile {
    &embedded().signatures
}

/// The parameter that another SDK calls by a name.
fn meant_elsewhere(callee: &str, name: &str) -> Option<&'static str> {
    embedded().meant.get(callee)?.get(name).map(String::as_str)
}

/// The versions of the SDK that the signatures were read from, oldest first.
///
/// # Panics
///
/// Never: `build.rs` has read the same text against the same types.
#[must_use]
pub fn sdk_versions() -> &'static [String] {
    &signatures().sdk
}

/// What a function, method or class of the SDK takes and gives, by its qualified name.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
#[must_use]
pub fn sdk_signature(name: &str) -> Option<&'static Signature> {
    signatures().functions.get(name)
}

/// The qualified names of all functions, methods and constructors.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
pub fn sdk_functions() -> impl Iterator<Item = &'static str> {
    signatures().functions.keys().map(String::as_str)
}

/// A class of the SDK, by its qualified name.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
#[must_use]
pub fn sdk_class(name: &str) -> Option<&'static SdkClass> {
    signatures().classes.get(name)
}

/// Whether objects of a class of the SDK only keep what they are made with: each parameter is an attribute.
#[must_use]
pub fn sdk_record(name: &str) -> bool {
    let (Some(class), Some(made)) = (sdk_class(name), sdk_signature(name)) else { return false };
    let is_kept = |parameter: &SdkParameter| class.members.contains(&parameter.name);
    !made.parameters.is_empty() && made.parameters.iter().all(is_kept)
}

/// Whether every version of the SDK has a class, a function or a module.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
#[must_use]
pub fn sdk_always_has(name: &str) -> bool {
    let always = |since: &Option<String>, until: &Option<String>| since.is_none() && until.is_none();
    let (functions, inside) = (&signatures().functions, format!("{name}."));
    match (sdk_class(name), sdk_signature(name)) {
        (Some(class), _) => always(&class.since, &class.until),
        (None, Some(signature)) => always(&signature.since, &signature.until),
        (None, None) => {
            let functions = functions.range(inside.clone()..).take_while(|(function, _)| function.starts_with(&inside));
            functions.into_iter().any(|(_, signature)| always(&signature.since, &signature.until))
        }
    }
}

/// The class of a property or field of a class of the SDK.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
#[must_use]
pub fn sdk_attribute(name: &str) -> Option<&'static str> {
    signatures().attributes.get(name).map(String::as_str)
}

/// The class of an object that a module of the SDK offers.
///
/// # Panics
///
/// Never, as [`sdk_versions`].
#[must_use]
pub fn sdk_object(name: &str) -> Option<&'static str> {
    signatures().objects.get(name).map(String::as_str)
}

/// The enumeration and the member that a qualified name stands for, where it stands for a member of an enumeration.
#[must_use]
pub fn enumeration_member(name: &str) -> Option<(&str, &str)> {
    let (class, member) = name.rsplit_once('.')?;
    sdk_class(class)?.values.contains_key(member).then_some((class, member))
}

/// The parameter that may be meant by a name that a callable does not have, among those that a call does not give: what
/// another SDK calls so, else one that is alike.
#[must_use]
pub fn sdk_parameter_like(callee: &str, name: &str, is_free: &dyn Fn(&str) -> bool) -> Option<&'static str> {
    let signature = sdk_signature(callee)?;
    if let Some(meant) = meant_elsewhere(callee, name).filter(|meant| is_free(meant)) {
        return Some(meant);
    }
    let names = || signature.parameters.iter().map(|parameter| parameter.name.as_str()).filter(|known| is_free(known));
    // `workflow_id` for `id`; but `max_concurrent_workflows` is nearer to `max_concurrent_workflow_tasks` than to `workflows`.
    let is_end = |known: &&str| name.strip_suffix(known).is_some_and(|before| before.ends_with('_'));
    let stem = name.trim_end_matches('s');
    let is_begun = |known: &str| known.strip_prefix(stem).is_some_and(|after| after.starts_with('_'));
    if let Some(end) = names().filter(is_end).max_by_key(|known| known.len())
        && !names().any(is_begun)
    {
        return Some(end);
    }
    let joined = |name: &str| name.replace('_', "");
    let written = joined(name);
    names()
        .map(|known| (strsim::normalized_damerau_levenshtein(&written, &joined(known)), known))
        .filter(|(alike, _)| *alike >= ALIKE)
        // The first of equally good ones, so that the answer does not depend on the order of comparison.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, known)| known)
}

impl Signature {
    /// The parameter of a name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&SdkParameter> {
        let is_it = |parameter: &&SdkParameter| {
            parameter.name == name && !matches!(parameter.kind, SdkParameterKind::Rest | SdkParameterKind::Names)
        };
        self.parameters.iter().find(is_it)
    }

    /// The parameters that can be given by position, in order.
    pub fn by_position(&self) -> impl Iterator<Item = &SdkParameter> {
        self.parameters
            .iter()
            .filter(|parameter| matches!(parameter.kind, SdkParameterKind::Either | SdkParameterKind::Positional))
    }

    /// Whether it takes any number of arguments by position.
    #[must_use]
    pub fn takes_rest(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.kind == SdkParameterKind::Rest)
    }

    /// Whether it takes arguments of any name.
    #[must_use]
    pub fn takes_names(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.kind == SdkParameterKind::Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_say_what_a_call_takes() {
        let call = sdk_signature("temporalio.workflow.execute_activity").expect("known");
        assert!(call.is_async);
        assert_eq!(call.by_position().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["activity", "arg"]);
        let timeout = call.parameter("start_to_close_timeout").expect("known");
        assert_eq!(timeout.class.as_deref(), Some("datetime.timedelta"));
        assert!(call.parameter("timeout").is_none());
        assert!(sdk_signature("temporalio.exceptions.ApplicationError").expect("known").takes_rest());
    }

    #[test]
    fn what_all_versions_have_is_told_from_what_came_later() {
        for name in ["temporalio.workflow", "temporalio.workflow.unsafe", "temporalio.workflow.execute_activity"] {
            assert!(sdk_always_has(name), "{name}");
        }
        for name in ["temporalio.workflow.new_random", "temporalio.work", "temporalio.absent", "dataclasses.field"] {
            assert!(!sdk_always_has(name), "{name}");
        }
    }

    #[test]
    fn what_came_later_says_since_when() {
        let call = sdk_signature("temporalio.client.Client.execute_activity").expect("known");
        assert!(call.since.as_deref().is_some_and(|since| since > "1.18.0"), "{:?}", call.since);
        assert!(sdk_signature("temporalio.workflow.execute_activity").expect("known").since.is_none());
    }

    #[test]
    fn a_parameter_is_known_by_a_name_like_its_own() {
        let like = |call: &str, name: &str| sdk_parameter_like(call, name, &|_| true);
        for name in ["time_zone", "timezone", "timezone_name"] {
            assert_eq!(like("temporalio.client.ScheduleSpec", name), Some("time_zone_name"), "{name}");
        }
        assert_eq!(like("temporalio.client.Client.start_workflow", "workflow_id"), Some("id"));
        assert_eq!(like("temporalio.client.Client.start_workflow", "colour"), None);
        let worker = "temporalio.worker.Worker";
        assert_eq!(like(worker, "max_concurrent_workflows"), Some("max_concurrent_workflow_tasks"));
        for name in ["max_concurrent_activity_task_executions", "max_concurrent_activity_execution_size"] {
            assert_eq!(like(worker, name), Some("max_concurrent_activities"), "{name} is what other SDKs call it");
        }
        let is_free = |name: &str| name != "workflows";
        assert_eq!(sdk_parameter_like(worker, "workflow", &|_| true), Some("workflows"));
        assert_eq!(sdk_parameter_like(worker, "workflow", &is_free), None, "what is given already is not meant");
    }

    #[test]
    fn what_other_sdks_call_otherwise_is_a_parameter_here_under_the_name_given() {
        for (callee, names) in &embedded().meant {
            let signature = sdk_signature(callee).expect("it is a callable of the SDK");
            for (name, meant) in names {
                assert!(signature.parameter(name).is_none(), "{callee}: {name} is one already");
                assert!(signature.parameter(meant).is_some(), "{callee}: {meant} is none");
            }
        }
    }

    #[test]
    fn objects_of_modules_have_classes_that_are_known() {
        for (object, class) in &signatures().objects {
            assert!(sdk_class(class).is_some_and(|class| !class.members.is_empty()), "{object}");
        }
        assert_eq!(sdk_object("temporalio.workflow.logger"), Some("temporalio.workflow.LoggerAdapter"));
        assert_eq!(sdk_object("temporalio.workflow.info"), None);
    }

    #[test]
    fn records_keep_what_they_are_made_with() {
        assert!(sdk_record("temporalio.common.RetryPolicy"));
        assert!(sdk_record("temporalio.client.ScheduleIntervalSpec"));
        assert!(!sdk_record("temporalio.worker.Worker"), "it works with its options when it is made");
        assert!(!sdk_record("temporalio.workflow.execute_activity"), "it is no class");
    }

    #[test]
    fn members_of_enumerations_are_known() {
        let known = enumeration_member("temporalio.common.WorkflowIDReusePolicy.REJECT_DUPLICATE");
        assert_eq!(known, Some(("temporalio.common.WorkflowIDReusePolicy", "REJECT_DUPLICATE")));
        assert_eq!(enumeration_member("temporalio.common.WorkflowIDReusePolicy.SOMETHING"), None);
    }
}
