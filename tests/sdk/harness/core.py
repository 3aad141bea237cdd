"""A stand-in for Temporal's Core and server, for one workflow execution.

It stands where the SDK's bridge to Rust would, so that the SDK's own `Worker` runs unchanged above it: sandbox,
deadlock detection, eviction, failure conversion. It answers the commands of a workflow as a server would that has every
worker at hand. It knows nothing of rules. It does not know Nexus, retries, timeouts, nor whether a server would accept
a command.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import temporalio.bridge.proto
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
import temporalio.bridge.worker
import temporalio.client
import temporalio.converter
import temporalio.service
from google.protobuf.json_format import MessageToDict
from temporalio.api.failure.v1 import Failure

RUN_ID = "run-1"
WORKFLOW_ID = "workflow-1"
START_SECONDS = 1_704_067_200
"""2024-01-01T00:00:00Z, the workflow's clock at its start, in seconds since the epoch."""
MAX_ACTIVATIONS = 60

ENDINGS = {
    "complete_workflow_execution": "completed",
    "fail_workflow_execution": "failed",
    "cancel_workflow_execution": "cancelled",
    "continue_as_new_workflow_execution": "continued-as-new",
}


@dataclasses.dataclass
class Script:
    """What happens to the workflow from outside. The fields are those of `with`, in the README."""

    workflow_type: str
    args: Sequence[Any] = ()
    signals: Sequence[Mapping[str, Any]] = ()
    updates: Sequence[Mapping[str, Any]] = ()
    queries: Sequence[Mapping[str, Any]] = ()
    cancel: bool | str = False
    evict: bool = False
    activity_results: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    child_results: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Run:
    """What was seen of a workflow execution."""

    outcome: str = "running"
    value: Any = None
    exception: dict[str, str] | None = None
    commands: list[list[dict[str, Any]]] = dataclasses.field(default_factory=list)
    """For each activation, the commands that it led to."""
    queries: dict[str, Any] = dataclasses.field(default_factory=dict)
    updates: dict[str, Any] = dataclasses.field(default_factory=dict)
    history: list[str] = dataclasses.field(default_factory=list)
    """The activations, serialised, in hexadecimal: enough to replay the execution."""


class Core:
    """The bridge worker, as the SDK's Python side uses it."""

    def __init__(self) -> None:
        self._activations: asyncio.Queue[Any] = asyncio.Queue()
        self._completions: asyncio.Queue[Any] = asyncio.Queue()
        self._closed = asyncio.Event()

    async def validate(self) -> Any:
        """Pretends that the namespace exists."""
        info = getattr(temporalio.bridge.proto, "NamespaceInfo", None)
        return info() if info else None

    async def poll_workflow_activation(self) -> Any:
        """Hands the next activation to the SDK."""
        get = asyncio.ensure_future(self._activations.get())
        closed = asyncio.ensure_future(self._closed.wait())
        await asyncio.wait([get, closed], return_when=asyncio.FIRST_COMPLETED)
        if get.done():
            closed.cancel()
            return get.result()
        get.cancel()
        raise temporalio.bridge.worker.PollShutdownError

    async def _nothing(self) -> Any:
        await self._closed.wait()
        raise temporalio.bridge.worker.PollShutdownError

    poll_activity_task = poll_nexus_task = _nothing

    async def complete_workflow_activation(self, completion: Any) -> None:
        """Takes the SDK's answer to an activation."""
        await self._completions.put(completion)

    async def activate(
        self, activation: activation_pb.WorkflowActivation
    ) -> completion_pb.WorkflowActivationCompletion:
        """Sends one activation and waits for the answer."""
        await self._activations.put(activation)
        return await self._completions.get()

    def initiate_shutdown(self) -> None:
        """Ends the polls."""
        self._closed.set()

    async def finalize_shutdown(self) -> None:
        """Nothing is left to do."""

    def replace_client(self, client: Any) -> None:
        """No client is in use."""


def install(core: Core) -> None:
    """Lets every `Worker` that is made from now on talk to `core`."""
    temporalio.bridge.worker.Worker.create = staticmethod(lambda *_args, **_kwargs: core)  # type: ignore[method-assign]


def unconnected_client() -> temporalio.client.Client:
    """A client that a `Worker` accepts and that never connects."""
    config = temporalio.service.ConnectConfig(target_host="localhost:7233")
    service = temporalio.service._BridgeServiceClient(config)
    service._bridge_client = object()  # type: ignore[assignment]
    return temporalio.client.Client(service)


class Driver:
    """Leads one workflow execution from its start to its end."""

    def __init__(self, core: Core, script: Script) -> None:
        self._core = core
        self._script = script
        self._converter = temporalio.converter.DataConverter.default.payload_converter
        self._seconds = START_SECONDS
        self._events = 0
        self._timers: dict[int, float] = {}
        self._answers: list[activation_pb.WorkflowActivationJob] = []
        self._unanswered: dict[tuple[str, int], activation_pb.WorkflowActivationJob] = {}
        self._turns: dict[int, int] = {}
        """How often each planned sequence of results was drawn from, by the identity of its mapping."""
        self.run = Run()

    async def drive(self) -> Run:
        """Runs the workflow as a first execution."""
        for position, jobs in enumerate(self._outside()):
            if not await self._step(jobs):
                return self.run
            if position == 0:
                await self._ask(at_the_end=False)
        for _ in range(MAX_ACTIVATIONS):
            job = self._next_answer()
            if job is None:
                break
            if not await self._step([job]):
                return self.run
        await self._ask(at_the_end=True)
        return self.run

    async def replay(self, history: Sequence[str], patches: Sequence[str]) -> Run:
        """Runs the workflow once more, with the activations of an earlier execution."""
        for position, recorded in enumerate(history):
            activation = activation_pb.WorkflowActivation.FromString(bytes.fromhex(recorded))
            activation.is_replaying = True
            for job in activation.jobs:
                if job.HasField("do_update"):
                    job.do_update.run_validator = False
            if position == 0:
                for patch in patches:
                    activation.jobs.add().notify_has_patch.patch_id = patch
            if not await self._send(activation):
                break
        return self.run

    def _outside(self) -> list[list[activation_pb.WorkflowActivationJob]]:
        first = [self._start()]
        later: list[list[activation_pb.WorkflowActivationJob]] = []
        calls = [(signal, self._signal(signal)) for signal in self._script.signals]
        calls += [(update, self._update(update, number)) for number, update in enumerate(self._script.updates)]
        for call, job in calls:
            if call.get("at") == "start":
                first.append(job)
            else:
                later.append([job])
        if self._script.cancel:
            job = activation_pb.WorkflowActivationJob()
            job.cancel_workflow.SetInParent()
            if self._script.cancel == "start":
                first.append(job)
            else:
                later.append([job])
        if self._script.evict:
            job = activation_pb.WorkflowActivationJob()
            job.remove_from_cache.message = "evicted"
            later.append([job])
        return [first, *later]

    def _start(self) -> activation_pb.WorkflowActivationJob:
        job = activation_pb.WorkflowActivationJob()
        start = job.initialize_workflow
        start.workflow_type = self._script.workflow_type
        start.workflow_id = WORKFLOW_ID
        start.randomness_seed = 1
        start.attempt = 1
        start.first_execution_run_id = RUN_ID
        start.start_time.FromSeconds(START_SECONDS)
        start.workflow_task_timeout.FromSeconds(10)
        start.arguments.extend(self._converter.to_payloads(list(self._script.args)))
        return job

    def _signal(self, signal: Mapping[str, Any]) -> activation_pb.WorkflowActivationJob:
        job = activation_pb.WorkflowActivationJob()
        job.signal_workflow.signal_name = signal["name"]
        job.signal_workflow.input.extend(self._converter.to_payloads(list(signal.get("args", []))))
        return job

    def _update(self, update: Mapping[str, Any], number: int) -> activation_pb.WorkflowActivationJob:
        job = activation_pb.WorkflowActivationJob()
        name = f"{update['name']}-{number + 1}"
        job.do_update.id = job.do_update.protocol_instance_id = name
        job.do_update.name = update["name"]
        job.do_update.run_validator = True
        job.do_update.input.extend(self._converter.to_payloads(list(update.get("args", []))))
        self.run.updates[name] = "no answer"
        return job

    async def _ask(self, *, at_the_end: bool) -> None:
        for number, query in enumerate(self._script.queries):
            if (query.get("at") != "run") != at_the_end:
                continue
            job = activation_pb.WorkflowActivationJob()
            job.query_workflow.query_id = f"query-{number + 1}"
            job.query_workflow.query_type = query["name"]
            job.query_workflow.arguments.extend(self._converter.to_payloads(list(query.get("args", []))))
            outcome = self.run.outcome
            await self._step([job], is_recorded=at_the_end)
            if self.run.outcome != "task-failed":
                self.run.outcome = outcome

    def _next_answer(self) -> activation_pb.WorkflowActivationJob | None:
        if self._answers:
            return self._answers.pop(0)
        if not self._timers:
            return None
        seq = min(self._timers, key=lambda timer: (self._timers[timer], timer))
        self._seconds = max(self._seconds, self._timers.pop(seq))
        job = activation_pb.WorkflowActivationJob()
        job.fire_timer.seq = seq
        return job

    async def _step(
        self, jobs: Sequence[activation_pb.WorkflowActivationJob], *, is_recorded: bool = True
    ) -> bool:
        """Sends jobs; whether the execution goes on."""
        self._events += 4
        activation = activation_pb.WorkflowActivation(run_id=RUN_ID, history_length=self._events)
        activation.timestamp.FromNanoseconds(int(self._seconds * 1_000_000_000))
        activation.jobs.extend(jobs)
        return await self._send(activation, is_recorded=is_recorded)

    async def _send(self, activation: activation_pb.WorkflowActivation, *, is_recorded: bool = True) -> bool:
        if is_recorded:
            self.run.history.append(activation.SerializeToString().hex())
        completion = await self._core.activate(activation)
        if any(job.HasField("remove_from_cache") for job in activation.jobs):
            self.run.outcome = "evicted"
            return False
        if completion.HasField("failed"):
            self.run.outcome = "task-failed"
            self.run.exception = failure(completion.failed.failure)
            return False
        if is_recorded:
            self.run.commands.append([describe(command) for command in completion.successful.commands])
        for command in completion.successful.commands:
            self._take(command)
        return self.run.outcome == "running"

    def _take(self, command: commands_pb.WorkflowCommand) -> None:
        kind = command.WhichOneof("variant")
        body = getattr(command, kind)
        if kind in ENDINGS:
            self.run.outcome = ENDINGS[kind]
            if kind == "complete_workflow_execution" and body.HasField("result"):
                self.run.value = self._value(body.result)
            if kind == "fail_workflow_execution":
                self.run.exception = failure(body.failure)
            return
        handler = getattr(self, f"_on_{kind}", None)
        if handler:
            handler(body)

    def _value(self, payload: Any) -> Any:
        [value] = self._converter.from_payloads([payload])
        return value

    def _on_start_timer(self, body: Any) -> None:
        self._timers[body.seq] = self._seconds + body.start_to_fire_timeout.ToTimedelta().total_seconds()

    def _on_cancel_timer(self, body: Any) -> None:
        self._timers.pop(body.seq, None)

    def _on_schedule_activity(self, body: Any, local: bool = False) -> None:
        job = activation_pb.WorkflowActivationJob()
        job.resolve_activity.seq = body.seq
        job.resolve_activity.is_local = local
        planned = self._script.activity_results.get(body.activity_type)
        if self._settle(job.resolve_activity.result, planned, "activity_failure_info"):
            self._answers.append(job)
        else:
            self._unanswered["activity", body.seq] = job

    def _on_schedule_local_activity(self, body: Any) -> None:
        self._on_schedule_activity(body, local=True)

    def _on_request_cancel_activity(self, body: Any) -> None:
        pending = self._withdraw("resolve_activity", body.seq) or self._unanswered.pop(("activity", body.seq), None)
        if pending:
            cancel(pending.resolve_activity.result.cancelled.failure, "activity_failure_info")
            self._answers.append(pending)

    _on_request_cancel_local_activity = _on_request_cancel_activity

    def _on_start_child_workflow_execution(self, body: Any) -> None:
        started = activation_pb.WorkflowActivationJob()
        started.resolve_child_workflow_execution_start.seq = body.seq
        started.resolve_child_workflow_execution_start.succeeded.run_id = f"child-run-{body.seq}"
        ended = activation_pb.WorkflowActivationJob()
        ended.resolve_child_workflow_execution.seq = body.seq
        self._answers.append(started)
        planned = self._script.child_results.get(body.workflow_type)
        if self._settle(
            ended.resolve_child_workflow_execution.result, planned, "child_workflow_execution_failure_info"
        ):
            self._answers.append(ended)
        else:
            self._unanswered["child", body.seq] = ended

    def _on_cancel_child_workflow_execution(self, body: Any) -> None:
        seq = body.child_workflow_seq
        pending = self._withdraw("resolve_child_workflow_execution", seq) or self._unanswered.pop(("child", seq), None)
        if pending:
            told = pending.resolve_child_workflow_execution.result.cancelled.failure
            cancel(told, "child_workflow_execution_failure_info")
            self._answers.append(pending)

    def _on_signal_external_workflow_execution(self, body: Any) -> None:
        job = activation_pb.WorkflowActivationJob()
        job.resolve_signal_external_workflow.seq = body.seq
        self._answers.append(job)

    def _on_request_cancel_external_workflow_execution(self, body: Any) -> None:
        job = activation_pb.WorkflowActivationJob()
        job.resolve_request_cancel_external_workflow.seq = body.seq
        self._answers.append(job)

    def _on_respond_to_query(self, body: Any) -> None:
        number = int(body.query_id.rpartition("-")[2])
        name = f"{self._script.queries[number - 1]['name']}-{number}"
        if body.HasField("succeeded"):
            self.run.queries[name] = {"answer": self._value(body.succeeded.response)}
        else:
            self.run.queries[name] = {"failed": text(failure(body.failed))}

    def _on_update_response(self, body: Any) -> None:
        answer = body.WhichOneof("response")
        if answer == "accepted":
            self.run.updates[body.protocol_instance_id] = "accepted"
        elif answer == "rejected":
            self.run.updates[body.protocol_instance_id] = {"rejected": text(failure(body.rejected))}
        else:
            self.run.updates[body.protocol_instance_id] = {"completed": self._value(body.completed)}

    def _withdraw(self, kind: str, seq: int) -> activation_pb.WorkflowActivationJob | None:
        for job in self._answers:
            if job.HasField(kind) and getattr(job, kind).seq == seq:
                self._answers.remove(job)
                return job
        return None

    def _settle(self, resolution: Any, planned: Any, info: str) -> bool:
        """Fills in the result that is planned; false where none ever comes."""
        if isinstance(planned, Mapping) and set(planned) == {"each"}:
            results = planned["each"]
            turn = self._turns[id(planned)] = self._turns.get(id(planned), -1) + 1
            planned = results[min(turn, len(results) - 1)]
        if isinstance(planned, Mapping) and planned.get("never"):
            return False
        if isinstance(planned, Mapping) and "error" in planned:
            told = resolution.failed.failure
            told.message = "failed"
            getattr(told, info).SetInParent()
            told.cause.message = str(planned.get("message", ""))
            told.cause.application_failure_info.type = str(planned["error"])
            told.cause.application_failure_info.non_retryable = bool(planned.get("non_retryable", False))
            return True
        [payload] = self._converter.to_payloads([planned])
        resolution.completed.result.CopyFrom(payload)
        return True


def cancel(told: Failure, info: str) -> None:
    """Fills in the failure of something that was cancelled on request; `info` says what it was."""
    told.message = "cancelled"
    getattr(told, info).SetInParent()
    told.cause.message = "cancelled"
    told.cause.canceled_failure_info.SetInParent()


def failure(told: Failure) -> dict[str, str]:
    """The exception's type and message; the last cause, if it has one, as `cause`."""
    seen = {"type": type_of(told), "message": told.message}
    inner = told
    while inner.HasField("cause"):
        inner = inner.cause
    if inner is not told:
        seen["cause"] = f"{type_of(inner)}: {inner.message}"
    return seen


def type_of(told: Failure) -> str:
    """The name of the exception's class."""
    if told.HasField("application_failure_info"):
        return told.application_failure_info.type or "ApplicationError"
    info = told.WhichOneof("failure_info") or "failure_info"
    return {
        "canceled_failure_info": "CancelledError",
        "activity_failure_info": "ActivityError",
        "child_workflow_execution_failure_info": "ChildWorkflowError",
        "timeout_failure_info": "TimeoutError",
    }.get(info, "Failure")


def text(exception: Mapping[str, str]) -> str:
    """An exception on one line."""
    return f"{exception['type']}: {exception['message']}"


def describe(command: commands_pb.WorkflowCommand) -> dict[str, Any]:
    """A command as plain data, payloads decoded."""
    kind = command.WhichOneof("variant")
    plain = MessageToDict(getattr(command, kind), preserving_proto_field_name=True)
    return {"command": kind, **decoded(plain)}


def decoded(value: Any) -> Any:
    """The value with every payload replaced by the JSON in it."""
    if isinstance(value, dict):
        if set(value) <= {"metadata", "data"} and "metadata" in value:
            return payload_content(value)
        return {key: decoded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decoded(item) for item in value]
    return value


def payload_content(plain: Mapping[str, Any]) -> Any:
    """The content of a payload that `MessageToDict` wrote."""
    data = base64.b64decode(plain.get("data", ""))
    try:
        return json.loads(data) if data else None
    except ValueError:
        return data.hex()
