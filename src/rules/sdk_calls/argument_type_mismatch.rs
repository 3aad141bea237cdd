use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Encoding, Outcome, Sdk, unlike_arguments};

/// An argument that the annotation of its parameter makes nothing of, or something else. A converter of the program's own
/// may know better.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    if Encoding::of(context.analysis) != Encoding::Default {
        return;
    }
    for argument in unlike_arguments(context.analysis) {
        let mut facts: Vec<Fact> = match argument.outcome {
            Outcome::Fails => Vec::new(),
            Outcome::Narrowed => vec![Fact::Narrowed],
            Outcome::ArrivesAsNone => vec![Fact::Nothing],
        };
        facts.extend(match argument.role {
            Sdk::Signal => Some(Fact::Signal),
            Sdk::Update => Some(Fact::Update),
            Sdk::Query => Some(Fact::Query),
            Sdk::Run => Some(Fact::RunMethod),
            _ => None,
        });
        let finding = Finding {
            range: argument.span.range,
            words: vec![
                ("name", argument.parameter.as_str().to_owned()),
                ("callee", argument.function),
                ("class", argument.wanted),
                ("what", argument.given),
            ],
            facts,
            secondary: vec![Annotation { span: argument.declared, label: "decoded as this".to_owned() }],
            ..Finding::default()
        };
        context.report_plain(argument.span, finding, out);
    }
}
