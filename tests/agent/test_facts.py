"""What the agent's texts claim about the SDK, observed on real servers. Needs no linter.

Each test stands for a row of the table in `agents/temporal-python.md`, or for a sentence of a page of the skill.
"""

import asyncio
import inspect
import sys
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio import activity, workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

sys.path.insert(0, str(Path(__file__).parent / "facts"))
import evidence  # noqa: E402 (after its folder is on the path)

pytestmark = pytest.mark.asyncio
QUEUE = "facts"


class Server:
    """A server and a worker that has all the evidence."""

    def __init__(self, env: WorkflowEnvironment):
        self.env = env

    async def start(self, cls, *args, **options):
        return await self.env.client.start_workflow(
            cls.run, args=args, id=str(uuid.uuid4()), task_queue=QUEUE, execution_timeout=timedelta(days=1), **options
        )

    async def run(self, cls, *args):
        return await (await self.start(cls, *args)).result()


async def serve(started):
    async with await started as env:
        async with Worker(env.client, task_queue=QUEUE, workflows=evidence.WORKFLOWS, activities=evidence.ACTIVITIES):
            yield Server(env)


@pytest_asyncio.fixture
async def skipping():
    async for server in serve(WorkflowEnvironment.start_time_skipping()):
        yield server


@pytest_asyncio.fixture
async def local():
    async for server in serve(WorkflowEnvironment.start_local()):
        yield server


async def events(handle) -> list[int]:
    return [event.event_type for event in (await handle.fetch_history()).events]


async def until(condition, seconds: float = 10):
    for _ in range(int(seconds * 20)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("did not happen")


async def test_both_sleeps_are_durable_timers_and_take_no_strings(skipping):
    handle = await skipping.start(evidence.Timers)
    assert await handle.result() == ["TypeError", "TypeError"]
    assert (await events(handle)).count(EventType.EVENT_TYPE_TIMER_FIRED) == 2


async def test_waiting_for_several(skipping):
    gathered, completed, done, pending, error = await skipping.run(evidence.Several)
    assert gathered == [2, 1] and completed == [1, 2]
    assert (done, pending, error) == ("list", 0, "TypeError")


async def test_clock_and_chance_are_the_same_on_replay(skipping):
    handle = await skipping.start(evidence.Values)
    values = await handle.result()
    assert values["aware"] and values["time"]
    await Replayer(workflows=[evidence.Values]).replay_workflow(await handle.fetch_history())


@pytest.mark.parametrize("what", ["time.time", "time.sleep", "uuid.uuid4", "random.random"])
async def test_the_sandbox_restricts(skipping, what):
    assert await skipping.run(evidence.Restricted, what) == "RestrictedWorkflowAccessError"


async def test_the_sandbox_does_not_see_what_is_passed_through(skipping):
    assert await skipping.run(evidence.Restricted, "passed through") == "returned"


@pytest.mark.parametrize(
    "what",
    [
        "a value computed at import", "datetime.fromtimestamp", "astimezone", "time.gmtime", "a set's order", "id",
        "hash", "random.Random", "random.SystemRandom", "sqlite3", "io.open", "sys.argv", "logging",
    ],
)  # fmt: skip
async def test_the_sandbox_does_not_see(skipping, what):
    assert await skipping.run(evidence.Unseen, what) == "returned"


async def test_threads_are_not_possible_in_a_workflow(skipping):
    assert await skipping.run(evidence.ToThread) == "NotImplementedError"
    assert await skipping.run(evidence.Restricted, "get_event_loop().run_in_executor") == "NotImplementedError"


async def test_calling_activities(skipping):
    assert await skipping.run(evidence.Calls) == ["TypeError", "ValueError", "returned", "returned"]


async def test_a_sync_activity_needs_an_executor(skipping):
    @activity.defn
    def blocking() -> None: ...

    with pytest.raises(ValueError, match="activity_executor must be present"):
        Worker(skipping.env.client, task_queue="other", activities=[blocking])


async def test_another_exception_fails_the_task_not_the_workflow(skipping):
    handle = await skipping.start(evidence.Raises, False)

    async def task_failed():
        return EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED in await events(handle)

    await until(task_failed)
    assert (await handle.describe()).status == WorkflowExecutionStatus.RUNNING
    await handle.terminate()


@pytest.mark.parametrize(("cls", "args"), [(evidence.Raises, (True,)), (evidence.RaisesListed, ())])
async def test_a_failure_fails_the_workflow(skipping, cls, args):
    with pytest.raises(WorkflowFailureError) as failure:
        await skipping.run(cls, *args)
    assert isinstance(failure.value.cause, ApplicationError)


async def test_activity_failures(skipping):
    found = await skipping.run(evidence.ActivityFailures)
    assert found == {
        "attempts": 3,
        "default attempts": 0,
        "non_retryable": "ActivityError(ApplicationError)",
        "caught": "ApplicationError of type ValueError",
        "child": "ApplicationError",
    }


@pytest.mark.parametrize(
    ("what", "error", "cause"),
    [
        ("sleep", "asyncio.exceptions.CancelledError", ""),
        ("wait_condition", "asyncio.exceptions.CancelledError", ""),
        ("activity", "temporalio.exceptions.ActivityError", "temporalio.exceptions.CancelledError"),
        ("child", "temporalio.exceptions.ChildWorkflowError", "temporalio.exceptions.CancelledError"),
    ],
)
@pytest.mark.parametrize("swallow", [False, True])
async def test_cancellation(local, what, error, cause, swallow):
    handle = await local.start(evidence.Cancelled, what, swallow)

    async def begun():
        # A child counts as begun when the workflow has been told of its start, in a second task.
        return (await events(handle)).count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED) >= (
            2 if what == "child" else 1
        )

    await until(begun)
    await handle.cancel()
    if swallow:
        assert await handle.result() == "completed"
    else:
        with pytest.raises(WorkflowFailureError):
            await handle.result()
        assert (await handle.describe()).status == WorkflowExecutionStatus.CANCELED
    assert await handle.query(evidence.Cancelled.result) == [error, cause, "True", "cleaned"]


@pytest.mark.parametrize(("heartbeat_seconds", "end"), [(2, "told"), (0, "TimeoutError")])
async def test_an_activity_is_told_of_cancellation_by_heartbeats(local, heartbeat_seconds, end):
    assert inspect.iscoroutinefunction(activity.heartbeat) is False
    assert await local.run(evidence.Heartbeats, heartbeat_seconds) == end


async def test_wait_for_around_an_activity_is_no_timeout_error(local):
    assert await local.run(evidence.WaitFor) == ["ActivityError(CancelledError)", "TimeoutError"]


async def test_workflow_modules_are_imported_anew_for_each_run(skipping):
    first = await skipping.run(evidence.ModuleState)
    second = await skipping.run(evidence.ModuleState)
    assert first[0] == second[0] == 1
    assert second[1] == first[1] + 1


async def test_a_signal_can_run_before_run(skipping):
    handle = await skipping.start(evidence.EarlySignal, start_signal="note")
    assert await handle.result() == [["init", "signal", "run"], True, False]


async def test_all_handlers_finished_waits_for_them(skipping):
    handle = await skipping.start(evidence.EarlySignal, start_signal="slow")
    assert await handle.result() == [["init", "run"], False, True]


async def test_versions():
    assert not hasattr(workflow, "get_version")
    assert callable(workflow.patched) and callable(workflow.deprecate_patch)


async def test_continue_as_new_raises(skipping):
    assert inspect.iscoroutinefunction(workflow.continue_as_new) is False
    assert await skipping.run(evidence.Again, 2) == ["last"]


async def test_hints_decide_decoding(skipping):
    assert await skipping.run(evidence.Hints) == ["dict", "Point"]
