"""What the checks share: the linter, the two servers, the examples laid out as modules."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

import blocks

SERVERS = Path(sys.executable).parent


def find_linter() -> Path | None:
    """The binary to check: `$TEMPORAL_PY_LINT_BIN`, or the newest that cargo built."""
    named = os.environ.get("TEMPORAL_PY_LINT_BIN")
    if named:
        return Path(named)
    target = Path(os.environ.get("CARGO_TARGET_DIR", blocks.ROOT / "target"))
    built = [path for kind in ("release", "debug") if (path := target / kind / "temporal-py-lint").exists()]
    return max(built, key=lambda path: path.stat().st_mtime, default=None)


@pytest.fixture(scope="session")
def linter() -> Path:
    found = find_linter()
    if found is None or not os.access(found, os.X_OK):
        pytest.fail("temporal-py-lint is not built: run `cargo build`, or set TEMPORAL_PY_LINT_BIN", pytrace=False)
    return found


@pytest.fixture(scope="session")
def lint(linter):
    """Findings of the linter in a path, as its JSON has them. Fails where the run itself failed."""

    def run(path: Path) -> list[dict]:
        command = [linter, "check", "--isolated", "--output-format", "json", path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), f"exit status {done.returncode}: {done.stderr}"
        assert done.stdout, f"no JSON: {done.stderr}"
        return json.loads(done.stdout)

    return run


def with_server(start, option: str, server: str):
    """`start`, with the server that is installed beside Python instead of one to fetch."""
    path = shutil.which(server, path=str(SERVERS))

    async def started(*args, **kwargs):
        assert path, f"{server} is not in {SERVERS}"
        kwargs.setdefault(option, path)
        return await start(*args, **kwargs)

    return staticmethod(started)


WorkflowEnvironment.start_local = with_server(WorkflowEnvironment.start_local, "dev_server_existing_path", "temporal")
WorkflowEnvironment.start_time_skipping = with_server(
    WorkflowEnvironment.start_time_skipping, "test_server_existing_path", "temporal-test-server"
)
