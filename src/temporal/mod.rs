//! What a program means to Temporal: which classes are workflows, which functions are activities, where their code
//! runs, and what calls do there.
//!
//! Knows: the SDK's decorators, guards and contexts, and the tables of what symbols outside the project do. Does not
//! know: which of it is a finding.
//!
//! ```python
//! @workflow.defn                      # Workflow
//! class Order:
//!     @workflow.run                   # EntryPoint, Role::Run
//!     async def run(self) -> str:
//!         return stamp()              # reached from it: runs in Context::Workflow
//! ```

mod activity_misuse;
mod agreement;
mod ahead;
mod already_done;
mod analysis;
mod application_errors;
mod applied;
mod argument_types;
mod awaiting;
mod broad_payloads;
mod by_name;
mod callers;
mod causes;
mod chains;
mod clients;
mod code;
mod collected;
mod commands;
mod conditions;
mod constants;
mod contradictions;
mod converters;
mod counted;
mod definitions;
mod determinism;
mod doubled;
mod effects;
mod elements;
mod elsewhere;
mod ends;
mod exceptions;
mod factories;
mod fates;
mod file_use;
mod finally_exits;
mod following;
mod handler_waits;
mod heartbeats;
mod held;
mod import_order;
mod import_ways;
mod in_turn;
mod inline_calls;
mod inspected;
mod known;
mod late_imports;
pub mod libraries;
mod lifetimes;
mod lists;
mod logger_calls;
mod loop_starts;
mod lost_children;
mod made_true;
mod making;
pub mod map;
mod messages;
mod misplaced;
mod missing;
mod mocks;
mod naive_times;
mod nexus_services;
mod order_use;
mod overlaps;
pub mod payloads;
mod plain_models;
mod plain_objects;
mod queues;
mod recorded;
mod registration;
pub mod repair;
mod replaced;
mod replay_branches;
mod restricted_bases;
mod routing;
mod runners;
mod sandbox_settings;
mod sandboxed;
mod sdk_calls;
mod sdk_names;
mod seeds;
pub mod sent;
mod set_up;
mod settings;
mod settled;
mod shared_state;
mod signatures;
pub mod skeleton;
mod spread;
mod state;
mod stated;
mod stdlib;
mod surroundings;
mod symbol;
mod targets;
mod tasks;
mod telling;
mod timed_loops;
mod types;
mod unawaited;
mod unfinished;
mod ungiven;
mod unlooked;
mod unread;
mod untyped;
mod value_use;
mod versions;
mod warmed;
mod wire_names;
mod wiring;
mod world;
mod wrappers;
mod zone_questions;
mod zones;

pub use crate::python::{Edge, Event, Given, MODULE, NodeId, OrderUse, Reach};
pub use crate::semantic::ParameterKind;
pub use activity_misuse::{ActivityMisuse, MisusedInActivity, misused_in, never_asking};
pub use agreement::{
    Difference, MissingName, RawValues, Registration, Undecorated, difference, is_named_in, may_add_members,
    missing_names, needs_hint, raw_values, registrations, undecorated_registrations, unnamed_activities,
};
pub use ahead::Ahead;
pub use already_done::waits_for_what_is_done;
pub use analysis::{Analysis, Context, ReachedCode, Worlds, analyse};
pub use application_errors::{ErrorFault, FaultyError, faulty_errors};
pub use argument_types::{Outcome, UnlikeArgument, called_function, unlike_arguments};
pub use broad_payloads::{BroadFault, BroadPayload, broad_payloads, sends_protos};
pub use callers::Caller;
pub use causes::{CauseFault, IdleQuestion, idle_questions};
pub use chains::{BrokenChain, ChainKind, broken_chains};
pub use clients::{Lack, UnfitClient, unfit_clients};
pub use conditions::{ConditionFault, FaultyCondition, faulty_conditions};
pub use constants::Constant;
pub use contradictions::{Contradiction, ContradictionKind, start_contradictions, worker_contradictions};
pub use converters::{Encoding, is_pydantic_everywhere};
pub use definitions::{Activity, Definitions, EntryPoint, Role, Workflow, is_test_path};
pub use determinism::{
    Identity, ImportTimeValue, SetOrder, identities, import_time_values, is_seen_at_import, modules_imported_late,
    naive_timestamps, set_orders,
};
pub use doubled::{MisplacedItem, PlacementFault, misplaced_items};
pub use effects::{Reached, blocking_of, effect_of, effect_of_owner, holds, is_restricted, sandbox_at_import};
pub use elements::{Duplicate, DuplicateKind, Fault, WrongElement, duplicates, wrong_elements};
pub use elsewhere::{Elsewhere, Start};
pub use ends::{Behind, End, WRONG_ARGUMENTS, refused_calls, unknown_names_in};
pub use exceptions::{
    ByHand, Catch, CatchKind, Catching, Conversion, DoneByHand, Escape, EscapeCondition, FailingGroup, Guarded,
    LostContinuation, LostIn, Matters, Mismatch, Missed, REFUSED_BY_THE_LOOP, REFUSED_BY_THE_SANDBOX, RaisedAt, Raiser,
    Refusals, SignalFailure, Taken, conversions, done_by_hand, escapes, failing_groups, is_never_interrupted,
    mismatched_cancellations, mismatches, signal_failures,
};
pub use file_use::{FileUse, file_use, has_guard, is_given_memory, is_memory_database};
pub use finally_exits::{FinallyExit, finally_exits};
pub use handler_waits::{HandlerWait, handler_waits};
pub use heartbeats::{HeartbeatMismatch, Mismatch as UnfitHeartbeat, heartbeat_mismatches};
pub use in_turn::{InTurn, OwnInTurn, in_turn, own_in_turn};
pub use inline_calls::{InlineCall, Inlined, inline_calls};
pub use inspected::Factories;
pub use known::Known;
pub use late_imports::{LateImport, late_imports};
pub use lifetimes::{Lifetime, LifetimeKind, lifetimes};
pub use lists::{Item, Listed};
pub use logger_calls::{RefusedLogCall, refused_log_calls};
pub use loop_starts::{LoopStart, loop_starts};
pub use lost_children::{ChildFate, LostChild, lost_children};
pub use messages::{Unhandled, unhandled};
pub use misplaced::{ApiGroup, Misplaced, Side as MisplacedIn, misplaced};
pub use mocks::{IdleMock, MockFault, idle_mocks};
pub use naive_times::MixedTimes;
pub use order_use::OrderReaches;
pub use overlaps::{Overlap, overlaps};
pub(crate) use plain_objects::{file_of_own_class, is_on_plain_object};
pub use queues::Queue;
pub use recorded::is_recorded_text;
pub use registration::{MissingExecutor, Unversioned, missing_executors, unversioned};
pub use replaced::{Hides, Replaced, replaced};
pub use replay_branches::{Done, ReplayBranch};
pub use restricted_bases::{Raises, RestrictedBase, restricted_bases};
pub use routing::{Kind, Misnamed, StartCall, Unregistered, Unserved, misnamed, start_calls, unregistered, unserved};
pub use runners::Sandbox;
pub use sandbox_settings::{Misuse, MisusedSetting, is_in_passing_block, misused_settings};
pub use sdk_calls::{Presence, ResultUse, SdkArgument, SdkCall, Shape};
pub use sdk_names::{UnknownName, meant_by_use};
pub use seeds::{Mention, Offer, Provided, applies_decorators, mentions, takes};
pub use set_up::{SetUp, set_up_at_import};
pub use settings::is_written_down;
pub use shared_state::{Shared, SharedState, read_of_activities, replaced_at_import, shared_states};
pub use signatures::{
    ClassDefinition, Decorator, DecoratorCall, DecoratorKind, FunctionDefinition, Nesting, Parameter, Sdk, Signature,
    Told, WireName, class_of, members, with_bases,
};
pub use state::{Access, AccessKind, Assigned, Cleared, LoopKind, Reset, State, UnsetRead, WaitingLoop};
pub use stated::Stated;
pub use surroundings::{
    InSandbox, Sides, in_sandbox, in_sandbox_for, only_workflow, role_of, serves_old_histories, unit_of, while_loading,
};
pub use targets::{Arity, Target};
pub use tasks::{LostTask, lost_tasks};
pub use telling::{ToldToPeople, told};
pub use types::{Annotation, ClassShape, Field, Trail, Type, Types, Walk};
pub use unawaited::{CoroutineUse, Maker, Unawaited, unawaited};
pub use unfinished::{UnfinishedEnd, unfinished_ends};
pub use ungiven::runs_otherwise_only;
pub use unlooked::{DroppedResults, IdlePatch, PatchUse, Uncalled, dropped_results, idle_patches, uncalled};
pub use untyped::{UntypedResult, untyped_results};
pub use value_use::{ValueUse, use_at, use_of, use_of_made};
pub use versions::{OtherVersion, VersionFault, Versions};
pub use warmed::is_kept_since_start;
pub use wiring::{FailureTypes, Worker, WorkerKind};
pub use world::{Side, TemporalWorld};
pub use wrappers::calls_of_wrappers;
pub use zones::{RefusedZone, refused_zones};
