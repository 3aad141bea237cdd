"""The symptoms that the pages quote are what the SDK and a real server say. Needs no linter."""

import asyncio
import contextlib
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker
from temporalio.workflow import NondeterminismError

import blocks

sys.path.insert(0, str(Path(__file__).parent / "facts"))
import symptoms  # noqa: E402 (after its folder is on the path)
import versions  # noqa: E402

pytestmark = pytest.mark.asyncio
QUEUE = "symptoms"
TROUBLE = (blocks.SKILL / "references" / "troubleshooting.md").read_text(encoding="utf-8")


@pytest_asyncio.fixture
async def client():
    async with await WorkflowEnvironment.start_local() as env:
        workflows = [*symptoms.WORKFLOWS, versions.Recorded]
        activities = [*symptoms.ACTIVITIES, versions.first, versions.second]
        async with Worker(env.client, task_queue=QUEUE, workflows=workflows, activities=activities):
            yield env.client


async def start(client, run, *args):
    return await client.start_workflow(
        run, args=args, id=str(uuid.uuid4()), task_queue=QUEUE, execution_timeout=timedelta(seconds=60)
    )


def messages(failure) -> str:
    return "" if not failure.ByteSize() else f"{failure.message}\n{messages(failure.cause)}"


async def failure_of(handle, attribute: str) -> str:
    """The messages of the first event that has `attribute`, outermost first."""
    for _ in range(300):
        for event in (await handle.fetch_history()).events:
            if event.HasField(attribute):
                return messages(getattr(event, attribute).failure)
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {attribute}")


TASK = "workflow_task_failed_event_attributes"
WORKFLOW = "workflow_execution_failed_event_attributes"


@pytest.mark.parametrize(
    ("workflow", "args", "where", "text"),
    [
        (symptoms.ReadsClock, [], TASK, "Cannot access"),
        (symptoms.Spins, [], TASK, "[TMPRL1101] Potential deadlock detected"),
        (symptoms.WithoutTimeout, [], TASK, "Activity must have start_to_close_timeout or schedule_to_close_timeout"),
        (symptoms.TakesPoint, [5], TASK, "Failed decoding arguments"),
        (symptoms.SendsNumberForPoint, [], WORKFLOW, "Failed decoding arguments"),
        (symptoms.CallsUnregistered, [], WORKFLOW, "Activity function unregistered for workflow"),
        (symptoms.WithoutHeartbeat, [], WORKFLOW, "activity Heartbeat timeout"),
        (symptoms.AsksActivity, [], TASK, "Not in activity context"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_symptom(client, workflow, args, where, text):
    handle = await start(client, workflow.run, *args)
    assert text in await failure_of(handle, where)
    assert text.split(" unregistered")[0] in TROUBLE
    if where == TASK:
        await handle.terminate()


async def test_unregistered_workflow(client):
    handle = await start(client, "Unregistered")
    assert "Workflow class Unregistered is not registered on this worker" in await failure_of(handle, TASK)
    await handle.terminate()


async def test_application_error_in_a_signal_fails_the_workflow(client):
    handle = await start(client, symptoms.Handlers.run)
    await handle.signal(symptoms.Handlers.fail_signal)
    with pytest.raises(WorkflowFailureError):
        await handle.result()


async def test_errors_in_updates(client):
    handle = await start(client, symptoms.Handlers.run)
    with pytest.raises(WorkflowUpdateFailedError) as failure:
        await handle.execute_update(symptoms.Handlers.fail_update)
    assert isinstance(failure.value.cause, ApplicationError)
    before = len((await handle.fetch_history()).events)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(symptoms.Handlers.guarded, -1)
    assert len((await handle.fetch_history()).events) == before, "a refused update is not recorded"
    pending = asyncio.create_task(handle.execute_update(symptoms.Handlers.raise_in_update))
    assert "failed" in await failure_of(handle, TASK)
    await handle.terminate()
    with contextlib.suppress(Exception):
        await pending


async def test_unfinished_updates_get_an_error(client):
    handle = await start(client, symptoms.Handlers.run)
    pending = asyncio.create_task(handle.execute_update(symptoms.Handlers.slow))
    await asyncio.sleep(1)
    await handle.signal(symptoms.Handlers.finish)
    assert await handle.result() is True, "a method that is not called is always true"
    with pytest.raises(Exception):  # noqa: B017 (which one depends on the server)
        await pending


async def test_which_changes_break_replay(client):
    handle = await start(client, versions.Recorded.run)
    await handle.result()
    history = await handle.fetch_history()
    for workflow in versions.SAFE:
        await Replayer(workflows=[workflow]).replay_workflow(history)
    for workflow in versions.BREAKING:
        with pytest.raises(NondeterminismError, match="TMPRL1100"):
            await Replayer(workflows=[workflow]).replay_workflow(history)
