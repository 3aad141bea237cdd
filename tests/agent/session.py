"""One session of the real client with a stand-in for the model: do the hooks fire, and do their answers arrive?

The stand-in is a server on this machine that plays a fixed part: write a file, edit it, start the subagent, which
edits and ends. A stand-in for `temporal-py-lint` keeps each event and answers it in the hook's protocol. No account, no
network.

    session.py CLIENT PLUGIN [--record FOLDER]    (--record keeps the events as `tests/agent/events/*.json` has them)
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

AGENT = "temporal-python:temporal-python"
FIRST, SECOND, THIRD = "import temporalio\n", "import temporalio.workflow\n", "import temporalio.activity\n"
LINTER = """#!/usr/bin/env python3
import json, sys
event = json.load(sys.stdin)
with open({events!r}, "a") as out:
    out.write(json.dumps(event) + "\\n")
name = event["hook_event_name"]
answer = {{"decision": "block", "reason": f"answer to {{name}} of {{event.get('tool_name')}}"}}
if event.get("tool_name") == "Edit":
    context = f"context for Edit in {{event.get('agent_type')}}"
    answer = {{"hookSpecificOutput": {{"hookEventName": name, "additionalContext": context}}}}
if not event.get("stop_hook_active"):
    print(json.dumps(answer))
"""


def use(name: str, **arguments) -> dict:
    return {"type": "tool_use", "name": name, "input": arguments}


def say(text: str) -> dict:
    return {"type": "text", "text": text}


class Model:
    """Plays its part: what comes next depends only on how many tools the conversation has used."""

    def __init__(self, project: Path):
        file = str(project / "orders.py")
        self.main = [
            use("Write", file_path=file, content=FIRST),
            use("Edit", file_path=file, old_string=FIRST, new_string=SECOND, replace_all=False),
            use("Agent", description="check", prompt="check", subagent_type=AGENT, run_in_background=False),
            say("done"),
        ]
        self.agent = [
            use("Read", file_path=file),
            use("Edit", file_path=file, old_string=SECOND, new_string=THIRD, replace_all=False),
            say("agent done"),
        ]
        self.requests: list[str] = []

    def answer(self, request: dict) -> dict:
        conversation = json.dumps(request["messages"])
        self.requests.append(conversation)
        part = self.agent if "Python code on the Temporal SDK" in json.dumps(request.get("system", "")) else self.main
        return part[min(conversation.count('"tool_use_id"'), len(part) - 1)]


def stream(block: dict, number: int) -> bytes:
    """The answer as the client's API streams it."""
    if block["type"] == "text":
        start, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        start = {**block, "id": f"toolu_{number}", "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    reason = "end_turn" if block["type"] == "text" else "tool_use"
    message = {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": "stand-in",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    events = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": start},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 1},
        },
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def serve(model: Any) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_): ...

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = stream(model.answer(request), len(model.requests))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            self.wfile.write(answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def converse(model: Any, command: list[str], project: Path, home: Path, **environment: str) -> None:
    """Lets the client speak with a stand-in for the model in a project, until the stand-in has said that it is done."""
    server = serve(model)
    done = subprocess.run(
        [*command, "-p", "begin"],
        cwd=project,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_port}",
            "ANTHROPIC_API_KEY": "stand-in",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_TELEMETRY": "1",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    server.shutdown()
    assert done.returncode == 0 and done.stdout.strip() == "done", done.stdout + done.stderr


def run(client: str, plugin: str, work: Path) -> tuple[Model, list[dict]]:
    """The session's requests to the model, and the events that the linter got."""
    project, home, events, linter = work / "project", work / "home", work / "events", work / "temporal-py-lint"
    project.mkdir()
    home.mkdir()
    linter.write_text(LINTER.format(events=str(events)))
    linter.chmod(0o755)
    model = Model(project)
    command = [client, "--plugin-dir", plugin, "--permission-mode", "acceptEdits", "--allowedTools", "Write,Edit,Agent"]
    converse(model, command, project, home, TEMPORAL_PY_LINT=str(linter))
    assert (project / "orders.py").read_text() == THIRD
    return model, [json.loads(line) for line in events.read_text().splitlines()]


def check(model: Model, events: list[dict]) -> None:
    got = [(e["hook_event_name"], e.get("tool_name"), e.get("agent_type"), e.get("stop_hook_active")) for e in events]
    assert got == [
        ("PostToolUse", "Write", None, None),
        ("PostToolUse", "Edit", None, None),
        ("PostToolUse", "Edit", AGENT, None),
        ("SubagentStop", None, AGENT, False),
        ("SubagentStop", None, AGENT, True),
    ], got
    for text in (
        "answer to PostToolUse of Write",
        "context for Edit in None",
        f"context for Edit in {AGENT}",
        "answer to SubagentStop of None",
    ):
        assert any(text in request for request in model.requests), f"the model was not told: {text}"


def record(events: list[dict], work: Path, folder: Path) -> None:
    """The events with the paths of an ordinary project, as data for tests of the hook."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["write", "edit", "edit-in-agent", "agent-stops", "agent-stops-again"]
    for name, event in zip(names, events, strict=True):
        text = json.dumps(event, indent=2)
        for old, new in ((str(work / "project"), "/home/ada/shop"), (str(work / "home"), "/home/ada")):
            text = text.replace(old, new).replace(old.replace("/", "-"), new.replace("/", "-"))
        (folder / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        part, seen = run(sys.argv[1], sys.argv[2], folder)
        check(part, seen)
        if "--record" in sys.argv:
            record(seen, folder, Path(sys.argv[sys.argv.index("--record") + 1]))
