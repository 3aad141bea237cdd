//! Schedules.
//!
//! Knows: which schedule an action belongs to, as far as it is made on the spot or by what one place makes. Does not know: when
//! a schedule runs.

use rustc_hash::FxHashMap;

use super::super::constants::Constant;
use super::super::definitions::Located;
use super::super::making::made_by;
use super::super::sdk_calls::{SdkArgument, SdkCall};
use super::{Mapper, NodeKind, Piece};
use crate::source::Span;

/// The nodes of schedules.
#[derive(Default)]
pub(super) struct Schedules {
    /// By the calls that make their actions.
    by_action: FxHashMap<Located, usize>,
    /// By the calls that make them.
    nodes: FxHashMap<Located, usize>,
}

impl Mapper<'_, '_, '_> {
    /// The schedule that a call makes.
    pub(super) fn schedule(&mut self, call: &SdkCall) -> usize {
        let at = Located { expr: call.expr, file: call.span.file };
        if let Some(known) = self.schedules.nodes.get(&at) {
            return *known;
        }
        let id = call.argument("id");
        let name = match id.and_then(|id| self.analysis.constant_of(call, id)) {
            Some(Constant::Text(id)) => (id.to_string(), true),
            _ => match id {
                Some(id) => (self.text(Span { file: call.span.file, range: id.range }), false),
                None => ("schedule".to_owned(), false),
            },
        };
        let node = self.schedule_node(name, call.span);
        if let Some(action) = self.action_of(call) {
            self.schedules.by_action.insert(action, node);
        }
        self.schedules.nodes.insert(at, node);
        node
    }

    /// The schedule that an action belongs to; one of its own where that is not known, and then whether it is new.
    pub(super) fn schedule_of_action(&mut self, call: &SdkCall) -> (usize, bool) {
        let at = Located { expr: call.expr, file: call.span.file };
        if let Some(known) = self.schedules.by_action.get(&at) {
            return (*known, false);
        }
        let function = call.function.map(|function| self.named_function(function));
        let (name, _, _) = self.named_code(call.span.file, function, call.span);
        let node = self.schedule_node((name, false), call.span);
        self.schedules.by_action.insert(at, node);
        (node, true)
    }

    /// The call that makes the action of the schedule that a call makes.
    fn action_of(&self, call: &SdkCall) -> Option<Located> {
        let schedule = self.made(call, call.argument("schedule")?)?;
        let schedule = self.analysis.sdk_call_at(schedule)?;
        self.made(schedule, schedule.argument("action")?)
    }

    fn made(&self, call: &SdkCall, argument: &SdkArgument) -> Option<Located> {
        made_by(self.analysis.evaluator, Located { expr: argument.expr?, file: call.span.file })
    }

    fn schedule_node(&mut self, (name, is_wire_name): (String, bool), span: Span) -> usize {
        let piece = Piece {
            kind: NodeKind::Schedule,
            name,
            is_wire_name,
            takes_any: false,
            code_name: None,
            spot: Some(self.spot(span)),
            range: span.range,
            in_tests: self.analysis.is_test(span.file),
            members: Vec::new(),
            is_open: (false, false),
            is_handed_on: false,
            default: None,
        };
        self.add(piece)
    }
}
