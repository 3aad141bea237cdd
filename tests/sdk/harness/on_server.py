"""Runs one side of a proof of kind `server`: against a real server, in a namespace of its own. It judges nothing."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle
from temporalio.worker import Worker

DEADLINE_SECONDS = 5
CONNECT_SECONDS = 15
POLL_SECONDS = 0.1
WORKFLOW_ID = "example"

ENDS: dict[int, str] = {
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED: "completed",
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED: "failed",
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED: "cancelled",
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED: "terminated",
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT: "timed-out",
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW: "continued-as-new",
}

Seen = dict[str, Any]


async def first_client(address: str) -> Client:
    """A client of a server that takes connections, and may not be ready to answer yet."""
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        try:
            return await Client.connect(address)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)


async def connected(address: str) -> Client:
    """A client in a new namespace, so that no proof sees another's queues and ids. From here on `Client.connect` of
    the example leads there, whatever address it names."""
    connect: Callable[..., Any] = Client.connect
    client = await first_client(address)
    namespace = f"proof-{uuid.uuid4()}"
    day = Duration(seconds=86400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=day)
    )

    async def redirected(_target: str, **options: Any) -> Client:
        return await connect(address, **{**options, "namespace": namespace})

    Client.connect = staticmethod(redirected)  # type: ignore[method-assign,assignment]
    return await redirected(address)


async def run(spec: Mapping[str, Any]) -> Seen:
    """Runs the function that `call` names, or the workflow."""
    from harness.child import raised

    try:
        module = importlib.import_module(spec["module"])
    except Exception as error:
        return {"outcome": "import-failed", "exception": raised(error)}
    client = await connected(spec["address"])
    seconds = spec["with"].get("deadline", DEADLINE_SECONDS)
    if "call" in spec["with"]:
        return await run_function(function(module, spec["with"]["call"]), client, seconds)
    return await run_workflow(spec, module, client, seconds)


def function(module: Any, path: str) -> Callable[..., Any]:
    """A function of the example, or of another file by `module.function`."""
    if "." in path:
        name, path = path.rsplit(".", 1)
        module = importlib.import_module(name)
    return getattr(module, path)  # type: ignore[no-any-return]


async def run_function(chosen: Callable[..., Any], client: Client, seconds: float) -> Seen:
    """Calls it, with a client if it takes something, and gives up after a while."""
    from harness.child import plain, raised

    async def call() -> Any:
        result = chosen(client) if inspect.signature(chosen).parameters else chosen()
        return await result if inspect.isawaitable(result) else result

    running = asyncio.create_task(call())
    await asyncio.wait([running], timeout=seconds)
    if not running.done():
        return {"outcome": "running"}
    # What the SDK panics with is no `Exception`.
    error = asyncio.CancelledError() if running.cancelled() else running.exception()
    if error is not None:
        return {"outcome": "raised", "exception": raised(error)}
    return {"outcome": "returned", "value": plain(running.result())}


async def run_workflow(spec: Mapping[str, Any], module: Any, client: Client, seconds: float) -> Seen:
    """Starts the workflow, does to it what `with` asks for, and waits for its end."""
    from temporalio import workflow

    from harness.child import arguments, calls, named, raised, workflow_classes

    options = spec["with"]
    chosen = named({item.__name__: item for item in workflow_classes(module)}, options.get("workflow"), "workflow")
    name = workflow._Definition.must_from_class(chosen).name or chosen.__name__
    try:
        workers = made(module, options.get("worker"), client)
    except Exception as error:
        return {"outcome": "rejected", "exception": raised(error)}
    running = [asyncio.create_task(worker.run()) for worker in workers]
    handle = await client.start_workflow(
        name, args=arguments(options, spec["dir"], ""), id=WORKFLOW_ID, task_queue=workers[0].task_queue
    )
    for signal in calls(options.get("signals", [])):
        await handle.signal(signal["name"], args=signal.get("args", []))
    if options.get("cancel"):
        await handle.cancel()
    deadline = time.monotonic() + seconds
    while True:
        described = await handle.describe()
        status = described.raw_description.workflow_execution_info.status
        if status in ENDS:
            return await ended(handle, ENDS[status])
        if any(task.done() for task in running) or time.monotonic() > deadline:
            return await stuck(handle, described)
        await asyncio.sleep(POLL_SECONDS)


def made(module: Any, worker: Any, client: Client) -> list[Worker]:
    """The workers that a function of the example makes, else one with all that the example defines."""
    from harness.child import activities, workflow_classes

    if isinstance(worker, str):
        workers = getattr(module, worker)(client)
        return list(workers) if isinstance(workers, (list, tuple)) else [workers]
    return [
        Worker(
            client,
            task_queue="example",
            workflows=workflow_classes(module),
            activities=list(activities(module).values()),
            activity_executor=ThreadPoolExecutor(2),
            **(worker if isinstance(worker, Mapping) else {}),
        )
    ]


async def ended(handle: WorkflowHandle[Any, Any], outcome: str) -> Seen:
    """How the workflow ended."""
    from harness.child import plain, raised

    try:
        return {"outcome": outcome, "value": plain(await handle.result(follow_runs=False))}
    except Exception as error:
        return {"outcome": outcome, "exception": raised(error.__cause__ or error)}


async def stuck(handle: WorkflowHandle[Any, Any], described: WorkflowExecutionDescription) -> Seen:
    """What the server says of a workflow that has not ended: its task fails, its activity does, or it waits."""
    failure = None
    async for event in handle.fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            failure = event.workflow_task_failed_event_attributes.failure
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            failure = None
    if failure is not None:
        return {"outcome": "task-failed", "exception": told(failure)}
    for activity in described.raw_description.pending_activities:
        if activity.HasField("last_failure"):
            return {"outcome": "retried", "exception": told(activity.last_failure)}
    return {"outcome": "running"}


def told(failure: Any) -> dict[str, str]:
    """A failure, as `raised` tells an exception."""
    return {"type": failure.application_failure_info.type or "Failure", "message": failure.message}
