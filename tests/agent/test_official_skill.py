"""The fixtures on errors of the official skill do on the SDK what their comments say; the linter finds what it must."""

import asyncio
import importlib
import re
import sys
import uuid
import warnings
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowFailureError
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

import blocks

FOLDER = blocks.ROOT / "fixtures" / "projects" / "official-skill-errors"
sys.path.insert(0, str(FOLDER))
MODULES = {path.stem: importlib.import_module(path.stem) for path in sorted(FOLDER.glob("*.py"))}
RUN = [
    ("durable_sleep", "DurableSleepWorkflow", [60], "slept"),
    ("first_completed", "FirstCompletedWorkflow", [], 1),
    ("as_completed", "PlainForWorkflow", [], [1, 2]),
    ("as_completed", "AsyncioWorkflow", [], [1, 2]),
]
STUCK = [
    ("sleep_for_text", "SleepForTextWorkflow", "TypeError"),
    ("first_completed", "NoSuchConstantWorkflow", "AttributeError"),
    ("as_completed", "AsyncForWorkflow", "TypeError"),
]
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client():
    workflows = [
        value
        for module in MODULES.values()
        for value in vars(module).values()
        if hasattr(value, "__temporal_workflow_definition")
    ]
    activities = [MODULES["cancelled_activity"].work, MODULES["cancelled_activity"].clean]
    async with await WorkflowEnvironment.start_time_skipping() as env:
        async with Worker(env.client, task_queue="skill", workflows=workflows, activities=activities):
            yield env.client


async def start(client, module: str, name: str, args: list, **options):
    cls = getattr(MODULES[module], name)
    return await client.start_workflow(
        cls.run,
        args=args,
        id=str(uuid.uuid4()),
        task_queue="skill",
        execution_timeout=timedelta(hours=1),
        **options,
    )


async def events(handle) -> str:
    return str((await handle.fetch_history()).events)


async def until_found(handle, text: str):
    for _ in range(200):
        if text in await events(handle):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"no {text}")


@pytest.mark.parametrize(("module", "name", "args", "result"), RUN)
async def test_right_ones_run(client, module, name, args, result):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        handle = await start(client, module, name, args)
        assert await handle.result() == result
    warned = any("asyncio.as_completed" in str(warning.message) for warning in caught)
    assert warned == (name == "AsyncioWorkflow")


@pytest.mark.parametrize(("module", "name", "error"), STUCK)
async def test_wrong_ones_fail_their_task(client, module, name, error):
    handle = await start(client, module, name, [])
    await until_found(handle, "EVENT_TYPE_WORKFLOW_TASK_FAILED")
    assert error in await events(handle)
    await handle.terminate()


async def test_activities():
    module = MODULES["async_for_enumerate"]
    with pytest.raises(TypeError):
        await ActivityEnvironment().run(module.count_wrongly, b"12345")
    assert await ActivityEnvironment().run(module.count, b"12345") == 2


async def test_modules():
    module = MODULES["no_such_module"]
    for missing in (lambda: module.wrongly("a", "1"), module.agent):
        with pytest.raises(ModuleNotFoundError):
            missing()
    assert module.rightly("a", "1").use_worker_versioning


@pytest.mark.parametrize(("name", "cleaned"), [("DeadHandlerWorkflow", False), ("LiveHandlerWorkflow", True)])
async def test_cancelled_activity(client, name, cleaned):
    handle = await start(client, "cancelled_activity", name, [])
    await until_found(handle, "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED")
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert ('name: "clean"' in await events(handle)) == cleaned


async def test_lost_signal(client):
    kept = await start(client, "lost_signal", "KeptSignalWorkflow", [], start_signal="approve")
    assert await kept.result() is True
    lost = await start(client, "lost_signal", "LostSignalWorkflow", [], start_signal="approve")
    with pytest.raises(WorkflowFailureError):
        await lost.result()


async def test_expected_findings_and_no_others(lint):
    for path in sorted(FOLDER.glob("*.py")):
        wanted = [
            (number, code)
            for number, line in enumerate(path.read_text().splitlines(), 1)
            for code in re.findall(r"# error: \[(TPY\d{3})\]", line)
        ]
        found = [(finding["location"]["row"], finding["code"]) for finding in lint(path)]
        assert found == wanted, path.name
