"""What a replay compares, as TPY101 to TPY105 and TPY114 say it: each history is replayed in another process with another value."""

import asyncio
import os
import sys
import uuid
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

FACTS = Path(__file__).parent / "facts"
sys.path.insert(0, str(FACTS))
import consequences  # noqa: E402 (after its folder is on the path)

pytestmark = pytest.mark.asyncio
QUEUE = "consequences"


@pytest_asyncio.fixture
async def client():
    async with await WorkflowEnvironment.start_local() as env:
        known = {"workflows": consequences.WORKFLOWS, "activities": consequences.ACTIVITIES}
        async with Worker(env.client, task_queue=QUEUE, **known):
            yield env.client


async def said_on_replay(client, folder: Path, workflow: type, value: int) -> str:
    """What the Replayer raises in a process in which the value is `value`."""
    handle = await client.start_workflow(workflow.run, id=f"{workflow.__name__}-{uuid.uuid4()}", task_queue=QUEUE)
    await handle.result()
    file = folder / f"{handle.id}.json"
    file.write_text((await handle.fetch_history()).to_json(), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(FACTS / "consequences.py"),
        workflow.__name__,
        str(file),
        env={**os.environ, "DIFFERING_VALUE": str(value)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


async def test_what_a_replay_compares(client, tmp_path):
    for workflow in consequences.COMPARED:
        assert await said_on_replay(client, tmp_path, workflow, 1) == "", workflow
        assert "TMPRL1100" in await said_on_replay(client, tmp_path, workflow, 2), workflow
    for workflow in consequences.NOT_COMPARED:
        assert await said_on_replay(client, tmp_path, workflow, 2) == "", workflow
