"""One session of the real client with a stand-in for the model: does the client start the language server that the plugin
declares, and does the model get what it finds?

    lsp_session.py CLIENT PLUGIN BINARY
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from session import converse, say, use

FLOW = """\
from datetime import datetime

from temporalio import workflow


@workflow.defn
class Order:
    @workflow.run
    async def run(self) -> str:
        return str(datetime.now())
"""
# Diagnostics are not waited for: they arrive with the next request once they are there.
PAUSE = 3


class Model:
    """Writes a workflow, looks at it a few times, and ends."""

    def __init__(self, project: Path):
        file = str(project / "flow.py")
        edit = use("Edit", file_path=file, old_string="class Order", new_string="class Order1", replace_all=False)
        self.main = [use("Write", file_path=file, content=FLOW), edit, use("Read", file_path=file), say("done")]
        self.requests: list[str] = []

    def answer(self, request: dict) -> dict:
        conversation = str(request["messages"])
        self.requests.append(conversation)
        used = conversation.count("tool_use_id")
        if used:
            time.sleep(PAUSE)
        return self.main[min(used, len(self.main) - 1)]


def run(client: str, plugin: str, binary: str, work: Path) -> Model:
    project, home, programs = work / "project", work / "home", work / "bin"
    for folder in (project, home, programs):
        folder.mkdir()
    (programs / "temporal-py-lint").symlink_to(Path(binary).resolve())
    model = Model(project)
    log = work / "debug.log"
    options = ["--debug-file", str(log), "--plugin-dir", plugin, "--permission-mode", "acceptEdits"]
    command = [client, *options, "--allowedTools", "Write,Edit,Read"]
    converse(model, command, project, home, PATH=f"{programs}:{os.environ['PATH']}")
    if not any("TPY101" in request for request in model.requests):
        told = [line for line in log.read_text().splitlines() if "lsp" in line.lower()]
        sys.exit("the model was not told of TPY101\n" + "\n".join(told[-40:]))
    return model


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        run(sys.argv[1], sys.argv[2], sys.argv[3], Path(name).resolve())
