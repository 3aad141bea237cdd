"""Histories that a program writes on a server, and their replay on changed versions of it. It judges nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml
from temporalio.api.enums.v1 import EventType, IndexedValueType, PendingActivityState
from temporalio.api.nexus.v1 import EndpointSpec, EndpointTarget
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, CreateNexusEndpointRequest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from harness.on_server import first_client

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures" / "replay"
DEADLINE_SECONDS = 30
QUEUE = "replaying"


@dataclass(frozen=True)
class Program:
    """A program with its executions and the changes of it."""

    name: str
    text: str
    workflow: str
    executions: Sequence[dict[str, Any]]
    pairs: Sequence[dict[str, Any]]
    nexus: dict[str, str]
    """The endpoint that leads to the program's queue, and the class that handles what comes; or nothing."""
    attributes: dict[str, str]
    """Search attributes, and of which kind."""

    def after(self, pair: dict[str, Any]) -> str:
        """The program after a change."""
        text = self.text
        for edit in pair.get("edits", []):
            assert text.count(edit["from"]) == 1, f"{pair['name']}: {edit['from']!r} stands there once"
            text = text.replace(edit["from"], edit["to"])
        return text


def mended(program: Program, pair: dict[str, Any], linter: Path) -> str:
    """The program after a change, with the patches that the linter offers."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        for version, text in ((before, program.text), (after, program.after(pair))):
            version.mkdir()
            (version / "workflows.py").write_text(text)
        command = [str(linter), "replay-check", "--isolated", "--against", str(before), str(after), "--fix", "--unsafe-fixes"]
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert ended.returncode == 0 and "0 findings are left" in ended.stderr, ended.stdout + ended.stderr
        return (after / "workflows.py").read_text()


def programs() -> list[Program]:
    """All programs."""
    found = []
    for folder in sorted(path for path in FIXTURES.iterdir() if path.is_dir()):
        told = yaml.safe_load((folder / "pairs.yaml").read_text())
        text = (folder / "workflows.py").read_text()
        needs = (told.get("nexus", {}), told.get("attributes", {}))
        found.append(Program(folder.name, text, told["workflow"], told["executions"], told["pairs"], *needs))
    return found


def load(text: str) -> ModuleType:
    """A module of this text."""
    name = f"version_{uuid.uuid4().hex}"
    path = Path(tempfile.mkdtemp()) / f"{name}.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def defined(module: ModuleType, mark: str) -> list[Any]:
    """What the module marks as a workflow or an activity."""
    own = [item for item in vars(module).values() if getattr(item, "__module__", None) == module.__name__]
    return [item for item in own if hasattr(item, mark)]


async def recorded(program: Program, address: str) -> list[WorkflowHistory]:
    """The histories of the program's executions, and of those that they lead to."""
    module = load(program.text)
    client = await first_client(address)
    activities = defined(module, "__temporal_activity_definition")
    workflows = defined(module, "__temporal_workflow_definition")
    queue = f"{QUEUE}-{uuid.uuid4()}"
    await prepare(client, program, queue)
    with ThreadPoolExecutor(4) as pool:

        def worker(queue: str) -> Worker:
            return Worker(
                client,
                task_queue=queue,
                workflows=workflows,
                activities=activities,
                activity_executor=pool,
                nexus_service_handlers=[getattr(module, program.nexus["handler"])()] if program.nexus else [],
                workflow_runner=UnsandboxedWorkflowRunner(),
            )

        found: list[WorkflowHistory] = []
        async with worker(queue):
            for execution in program.executions:
                if "early" not in execution:
                    handle = await begun(client, program, execution, queue)
                    found.extend(await ran(client, handle, execution))
        for execution in program.executions:
            if "early" in execution:
                alone = f"{queue}-{uuid.uuid4()}"
                handle = await begun(client, program, execution, alone)
                async with worker(alone):
                    found.extend(await ran(client, handle, execution))
        return found


async def prepare(client: Client, program: Program, queue: str) -> None:
    """Tells the server what the program takes for there: search attributes, an endpoint that leads to the queue."""
    if program.attributes:
        kinds = {name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for name, kind in program.attributes.items()}
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
        await client.operator_service.add_search_attributes(request)
    if program.nexus:
        worker = EndpointTarget.Worker(namespace=client.namespace, task_queue=queue)
        spec = EndpointSpec(name=program.nexus["endpoint"], target=EndpointTarget(worker=worker))
        await client.operator_service.create_nexus_endpoint(CreateNexusEndpointRequest(spec=spec))


async def begun(client: Client, program: Program, execution: dict[str, Any], queue: str) -> WorkflowHandle[Any, Any]:
    """Starts an execution, with what comes early: before a worker asks, so that all of it is in the first task."""
    workflow = execution.get("workflow", program.workflow)
    workflow_id = f"{program.name}-{uuid.uuid4()}"
    handle = await client.start_workflow(workflow, args=execution.get("args", []), id=workflow_id, task_queue=queue)
    for step in execution.get("early", []):
        await handle.signal(step["signal"], args=step.get("args", []))
    return handle


async def ran(client: Client, handle: WorkflowHandle[Any, Any], execution: dict[str, Any]) -> list[WorkflowHistory]:
    """Runs an execution to its end."""
    for step in execution.get("steps", []):
        if "while" in step:
            await runs(client, handle.id, step["while"])
        await asyncio.sleep(step.get("after", 0))
        match step:
            case {"signal": name}:
                await handle.signal(name, args=step.get("args", []))
            case {"update": name}:
                await handle.execute_update(name, args=step.get("args", []))
            case {"cancel": True}:
                await handle.cancel()
    try:
        await asyncio.wait_for(handle.result(), DEADLINE_SECONDS)
    except WorkflowFailureError:
        pass
    return await histories(client, handle.id, handle.first_execution_run_id)


async def runs(client: Client, workflow: str, activity: str) -> None:
    """Waits until an attempt of this activity runs, of the execution or of one of its children.

    What comes after so many seconds comes elsewhere on a slow machine; what comes while an activity runs does not.
    """
    until = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < until:
        if activity in await running(client, workflow):
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(f"{workflow}: {activity} does not run")


async def running(client: Client, workflow: str) -> set[str]:
    """The activities of which an attempt runs, of an execution and of its children."""
    try:
        described = (await client.get_workflow_handle(workflow).describe()).raw_description
    except RPCError as error:
        # A child that is only about to be started.
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return set()
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    names = {pending.activity_type.name for pending in described.pending_activities if pending.state == started}
    for child in described.pending_children:
        names |= await running(client, child.workflow_id)
    return names


async def histories(client: Client, workflow: str, run: str | None) -> list[WorkflowHistory]:
    """The history of a run, of those that continue it, and of its children."""
    handle: WorkflowHandle[Any, Any] = client.get_workflow_handle(workflow, run_id=run)
    events = [event async for event in handle.fetch_history_events()]
    found = [WorkflowHistory(workflow, events)]
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
            child = event.child_workflow_execution_started_event_attributes.workflow_execution
            found.extend(await histories(client, child.workflow_id, child.run_id))
    last = events[-1]
    if last.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        following = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
        found.extend(await histories(client, workflow, following))
    return found


def beginnings(history: WorkflowHistory) -> list[WorkflowHistory]:
    """What the history was whenever a worker took the execution up, while it ran."""
    events = list(history.events)
    started = EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED
    ends = [position + 1 for position, event in enumerate(events) if event.event_type == started]
    return [WorkflowHistory(history.workflow_id, events[:end]) for end in ends if end > 3]


@dataclass(frozen=True)
class Replayed:
    """Whether a replay fails of an execution that runs, or else of one that is closed, and what it says."""

    running: bool
    closed: bool
    says: str


async def replayed(text: str, histories: Sequence[WorkflowHistory]) -> Replayed:
    """Replays histories and all their beginnings on a version, until one fails that runs."""
    logging.disable(logging.CRITICAL)
    workflows = defined(load(text), "__temporal_workflow_definition")
    replayer = Replayer(workflows=workflows, workflow_runner=UnsandboxedWorkflowRunner())
    said: list[str] = []

    async def fails(history: WorkflowHistory) -> bool:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        if result.replay_failure is not None:
            said.append(f"{type(result.replay_failure).__name__}: {result.replay_failure}")
        return result.replay_failure is not None

    closed = False
    for history in histories:
        for beginning in beginnings(history):
            if await fails(beginning):
                return Replayed(True, True, said[-1])
        closed = await fails(history) or closed
    return Replayed(False, closed, said[0] if said else "")
