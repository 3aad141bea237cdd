use crate::diagnostic::{Annotation, Diagnostic};
use crate::registry::schema::Fact;
use crate::rules::context::{Finding, RuleContext};
use crate::temporal::{Lack, unfit_clients};

/// A client, test environment or replayer that converts what it sends in another way than the other side.
pub(crate) fn check(context: &RuleContext<'_, '_, '_>, out: &mut Vec<Diagnostic>) {
    for unfit in unfit_clients(context.analysis) {
        let mut words = vec![("call", unfit.made_by)];
        let (fact, place, label) = match unfit.lack {
            Lack::Model { model, sent_as, declared } => {
                words.extend([("name", model), ("what", sent_as)]);
                (Fact::Default, declared, "the model is sent as this")
            }
            Lack::Other { shared, other } => {
                words.push(("name", shared));
                (Fact::Unlike, other, "this client has a converter of its own")
            }
        };
        let finding = Finding {
            range: unfit.span.range,
            words,
            facts: vec![fact],
            secondary: vec![Annotation { span: place, label: label.to_owned() }],
            ..Finding::default()
        };
        context.report_plain(unfit.span, finding, out);
    }
}
