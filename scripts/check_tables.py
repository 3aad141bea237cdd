"""Checks the tables below `rules/api` against the running interpreter and the installed SDK.

    python scripts/check_tables.py
    python scripts/check_tables.py --installed --sandbox

Needs `temporalio` and `pyyaml`. Held here: the shape of the files; that a symbol stands once and that a narrow entry
says all that it overrides; that symbols of the standard library and of `temporalio` exist; that everything which the
sandbox restricts has an effect; that the workflow event loop implements none of what is called unsupported; that
nothing which is safe in a workflow is matched; that behaviour.yaml names what exists, and that the mixin methods run what
it says.

With `--installed` also: every symbol of a third-party package that is installed exists, and what is said to block is no
coroutine function. Make a virtual environment, install into it `temporalio`, `pyyaml` and as many as you like of the
packages that the tables name, and run this with its interpreter. With `--sandbox` each installed library of `libraries`
is imported in the SDK's sandbox, a process each: it fails or not as the table says.

Not held: symbols of packages that are not installed; members that an instance alone has (`boto3` clients).
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import importlib
import inspect
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import temporalio.client
import yaml
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

ROOT = Path(__file__).resolve().parent.parent
API = ROOT / "rules" / "api"

EFFECTS = {
    "clock", "random", "uuid", "environment", "time-zone", "identity", "asyncio-wait", "file", "network", "process",
    "thread", "event-loop", "restricted", "sleep", "client", "logging", "metrics", "code", "none",
}  # fmt: skip
BLOCKS = {"call", "sleep", "file", "process", "wait", "none"}
GROUP_KEYS = {
    "effect", "blocks", "read", "when", "otherwise", "asks-loop", "use", "async", "fix", "fix-async", "confidence", "weight", "settings",
    "symbols",
}  # fmt: skip

# Symbols that exist on some versions or systems only, with the reason.
ELSEWHERE = {
    "from Python 3.12": """
        asyncio.EventLoop os.listdrives os.listmounts os.listvolumes os.path.isjunction os.process_cpu_count os.setns
        os.unshare pathlib.Path.from_uri pathlib.Path.is_junction pathlib.Path.walk pathlib.Path.with_segments
        random.binomialvariate calendar.Month""",
    "from Python 3.13": """
        builtins.PythonFinalizationError dbm.sqlite3.open glob.translate os.path.isdevdrive pathlib._local.*
        queue.ShutDown random.main typing.ReadOnly""",
    "from Python 3.14": """
        concurrent.futures.InterpreterPoolExecutor pathlib.Path.copy pathlib.Path.copy_into pathlib.Path.move
        pathlib.Path.move_into pathlib._abc.* uuid.uuid6 uuid.uuid7 uuid.uuid8""",
    "from Python 3.11": """
        asyncio.Barrier asyncio.BrokenBarrierError asyncio.Runner asyncio.Runner.get_loop asyncio.Runner.run
        asyncio.TaskGroup.create_task asyncio.Timeout asyncio.taskgroups.* asyncio.timeout asyncio.timeout_at
        asyncio.timeouts.* asyncio.AbstractEventLoop.sock_recvfrom asyncio.AbstractEventLoop.sock_recvfrom_into
        asyncio.AbstractEventLoop.sock_sendto builtins.BaseExceptionGroup builtins.EncodingWarning
        builtins.ExceptionGroup tomllib.TOMLDecodeError locale.getencoding""",
    "up to Python 3.12": """
        crypt.mksalt nntplib.NNTP nntplib.NNTP.* ssl.RAND_pseudo_bytes telnetlib.Telnet telnetlib.Telnet.*
        importlib.resources.contents importlib.resources.is_resource ssl.wrap_socket glob.glob0 glob.glob1
        pathlib.Path.link_to ssl.CertificateError os.lchmod tarfile.AbsoluteLinkError""",
    "in the SDK's table, but no member of the class": "pathlib.Path.read_link",
    "on Windows": """
        asyncio.ProactorEventLoop builtins.WindowsError nt.* os.startfile sys.getwindowsversion os._exit""",
    "on macOS": "os.lchmod pathlib.Path.lchmod",
    "on some Linux systems": """
        dbm.gnu.open dbm.ndbm.open os.copy_file_range os.eventfd os.getrandom os.getresgid os.getresuid os.getxattr
        os.listxattr os.memfd_create os.pipe2 os.posix_fadvise os.posix_fallocate os.removexattr
        os.sched_getaffinity os.sched_setaffinity os.sched_yield os.setxattr os.splice os.pidfd_open
        signal.pidfd_send_signal signal.sigtimedwait signal.sigwaitinfo select.epoll select.epoll.poll os.preadv
        os.pwritev curses.napms""",
}

# What is safe in a workflow: nothing of it may have an effect.
SAFE = """
    asyncio.sleep asyncio.gather asyncio.wait_for asyncio.shield asyncio.Lock asyncio.Event asyncio.Queue
    asyncio.Semaphore asyncio.Condition asyncio.timeout asyncio.create_task asyncio.current_task asyncio.all_tasks
    asyncio.ensure_future asyncio.get_event_loop asyncio.get_running_loop asyncio.TaskGroup asyncio.Queue.get
    asyncio.Event.wait asyncio.Lock.acquire asyncio.Future.result asyncio.AbstractEventLoop.time
    asyncio.AbstractEventLoop.create_task asyncio.AbstractEventLoop.call_later uuid.uuid3 uuid.uuid5 uuid.UUID
    random.Random.random random.Random.choice hashlib.sha256 hashlib.md5 secrets.compare_digest datetime.datetime
    datetime.datetime.fromisoformat datetime.datetime.strptime datetime.datetime.combine
    datetime.datetime.utcfromtimestamp datetime.datetime.timestamp datetime.timedelta datetime.date time.struct_time
    time.strptime calendar.timegm json.dumps json.loads copy.deepcopy urllib.parse.urlparse urllib.parse.quote
    pathlib.PurePath pathlib.Path pathlib.Path.joinpath pathlib.Path.with_suffix pathlib.Path.relative_to
    contextvars.ContextVar.get io.StringIO io.BytesIO re.compile decimal.Decimal collections.deque logging.getLogger
    temporalio.workflow.now temporalio.workflow.time temporalio.workflow.uuid4 temporalio.workflow.random
    temporalio.workflow.sleep temporalio.workflow.wait temporalio.workflow.as_completed
    temporalio.workflow.execute_activity temporalio.workflow.logger.info temporalio.workflow.in_workflow
    temporalio.activity.in_activity requests.exceptions.RequestException
    requests.Session httpx.Timeout httpx.Limits httpx.Client httpx.AsyncClient sqlalchemy.select sqlalchemy.Column
    sqlalchemy.func.now boto3.session.Config boto3.client().get_paginator redis.Redis.from_url openai.OpenAI
    openai.OpenAI.with_options stripe.StripeError google.cloud.storage.Blob zoneinfo.ZoneInfo pydantic.BaseModel
""".split()

# What never blocks the event loop.
NEVER_BLOCKS = """
    aiohttp.ClientSession.get httpx.AsyncClient.get asyncpg.connect redis.asyncio.Redis.get aiofiles.open
    psycopg.AsyncConnection.execute sqlalchemy.ext.asyncio.AsyncSession.execute
    openai.AsyncOpenAI.chat.completions.create anthropic.AsyncAnthropic.messages.create
    motor.motor_asyncio.AsyncIOMotorClient.db.users.find_one
    litellm.acompletion asyncio.sleep asyncio.Queue.get asyncio.Lock.acquire asyncio.Future.result asyncio.to_thread
    requests.Session httpx.Client redis.Redis openai.OpenAI sqlalchemy.create_engine sqlalchemy.orm.Session
    temporalio.client.Client.connect temporalio.activity.heartbeat temporalio.activity.wait_for_cancelled os.getenv
    os.environ.get os.path.join json.dumps time.time uuid.uuid4
""".split()

# Third-party packages that are looked at where they are installed.
OPTIONAL = {"requests", "httpx"}

problems: list[str] = []


def problem(text: str) -> None:
    """Notes something wrong; the run goes on."""
    problems.append(text)


def load(name: str) -> Any:
    """A table by the name of its file."""
    with (API / name).open(encoding="utf-8") as file:
        return yaml.load(file, Loader=UniqueKeys)


class UniqueKeys(yaml.SafeLoader):
    """A loader that reports a key which stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Builds a mapping."""
        keys = Counter(self.construct_object(key) for key, _ in node.value)
        for key, count in keys.items():
            if count > 1:
                problem(f"line {node.start_mark.line + 1}: {key} stands {count} times")
        return super().construct_mapping(node, deep)


class Effects:
    """Looks symbols up as the linter does: the exact entry, then the longest pattern."""

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        """Indexes the groups by symbol; one may say its effect, another how it blocks."""
        self.by_symbol: dict[str, dict[str, Any]] = {}
        for group in groups:
            for symbol in group["symbols"]:
                self.by_symbol[symbol] = {**self.by_symbol.get(symbol, {}), **group}

    def wider(self, symbol: str) -> dict[str, Any] | None:
        """The entry of the longest pattern above a symbol, leaving out an exact entry."""
        parts = symbol.removesuffix(".*").split(".")
        for end in range(len(parts) - 1, 0, -1):
            group = self.by_symbol.get(".".join(parts[:end]) + ".*")
            if group is not None:
                return group
        return None

    def of(self, symbol: str) -> dict[str, Any]:
        """The entry of a symbol; empty where there is none."""
        return self.by_symbol.get(symbol) or self.wider(symbol) or {}


def check_groups(groups: list[dict[str, Any]]) -> None:
    """The shape of `effects.yaml`."""
    given = [(symbol, side) for group in groups for side in ("effect", "blocks") if side in group for symbol in group["symbols"]]
    for (symbol, side), count in Counter(given).items():
        if count > 1:
            problem(f"effects.yaml: {symbol} has `{side}` in {count} groups")
    for group in groups:
        where = f"effects.yaml: group of {group['symbols'][:1]}"
        if not group["symbols"]:
            problem("effects.yaml: a group without symbols")
        if group.keys() - GROUP_KEYS:
            problem(f"{where}: unknown keys {sorted(group.keys() - GROUP_KEYS)}")
        # What asks the event loop for a connection does not block it.
        if group.get("asks-loop") and (group.get("effect") != "network" or "blocks" in group):
            problem(f"{where}: `asks-loop` is for asyncio clients")
        if group.get("effect", "none") not in EFFECTS or group.get("blocks", "none") not in BLOCKS:
            problem(f"{where}: unknown effect or blocks")
        if "effect" not in group and "blocks" not in group:
            problem(f"{where}: neither effect nor blocks")
        if group.get("confidence", "low") not in {"medium", "low"}:
            problem(f"{where}: unknown confidence")
        if "when" in group:
            check_when(where, group["when"])
        if "otherwise" in group and ("when" not in group or "effect" not in group["otherwise"]):
            problem(f"{where}: malformed `otherwise`")


def check_when(where: str, when: Any) -> None:
    """The shape of a condition."""
    shapes = {"missing": {"name", "position"}, "equals": {"position", "value"}}
    if when in ("no-arguments", "result-used"):
        return
    if not isinstance(when, dict) or len(when) != 1:
        problem(f"{where}: malformed `when`")
        return
    (kind, fields), *_ = when.items()
    if kind not in shapes or set(fields) != shapes[kind]:
        problem(f"{where}: malformed `when`")


def check_overrides(effects: Effects, sandbox: dict[str, Any]) -> None:
    """A narrow entry says both fields where the wider one does, and differs from it."""
    members = {member["symbol"] for member in sandbox["members"]}
    for symbol, group in effects.by_symbol.items():
        wider = effects.wider(symbol)
        for field in ("effect", "blocks") if wider else ():
            if field in wider and field not in group:
                problem(f"effects.yaml: {symbol} does not say `{field}`, which {wider['symbols'][0]} … does")
        given = covered(symbol, members) or (wider is not None and "effect" in wider)
        if group.get("effect") == "none" and not given:
            problem(f"effects.yaml: {symbol} takes an effect out that no wider entry gives")
        if group.get("blocks") == "none" and (wider is None or "blocks" not in wider):
            problem(f"effects.yaml: {symbol} takes a `blocks` out that no wider entry gives")


def check_reachable(effects: Effects, returns: dict[str, str]) -> None:
    """No entry starts with the result of a call whose class is known: the linter would name it by that class."""
    for symbol in effects.by_symbol:
        ends = [end for end in range(len(symbol)) if symbol.startswith("()", end)]
        for end in ends:
            if symbol[:end] in returns:
                problem(f"effects.yaml: {symbol} is never looked up: {symbol[:end]} gives {returns[symbol[:end]]}")


def known_elsewhere() -> set[str]:
    """The symbols that need not exist here."""
    return {symbol for symbols in ELSEWHERE.values() for symbol in symbols.split()}


def exists(symbol: str) -> bool:
    """Whether a dotted name can be reached by importing and taking attributes."""
    parts = symbol.removesuffix(".*").split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for name in parts[end:]:
            annotated = getattr(value, "__annotations__", {})
            if not hasattr(value, name) and name in annotated:
                return True
            if not hasattr(value, name):
                return False
            value = getattr(value, name)
        return True
    return False


def checkable(symbol: str) -> bool:
    """Whether a symbol is of the standard library or of an installed package that is looked at."""
    top = symbol.split(".")[0]
    # What calls give, and operators by their operands, have no names in Python.
    if "()" in symbol or ".__op__." in symbol:
        return False
    return top in sys.stdlib_module_names or top in {"temporalio", "nexusrpc"} or (top in OPTIONAL and exists(top))


def instance_attributes() -> set[str]:
    """Symbols that only instances have, and types of built-in objects that no module names."""
    return set(
        """subprocess.Popen.stdin subprocess.Popen.stdout subprocess.Popen.stderr threading.Lock.acquire
        threading.Condition.acquire threading.RLock.acquire multiprocessing.Lock.acquire multiprocessing.RLock.acquire
        multiprocessing.Semaphore.acquire multiprocessing.Event.wait multiprocessing.Condition.wait
        multiprocessing.Condition.wait_for multiprocessing.Barrier.wait multiprocessing.Queue.get
        multiprocessing.JoinableQueue.get multiprocessing.JoinableQueue.join multiprocessing.SimpleQueue.get
        multiprocessing.Pool.map multiprocessing.Pool.starmap multiprocessing.Pool.apply multiprocessing.Pool.join
        multiprocessing.Pool.imap multiprocessing.Pool.imap_unordered typing.NamedTuple._make
        typing.NamedTuple._replace multiprocessing.Pool.apply_async multiprocessing.Pool.map_async multiprocessing.Pool.starmap_async
        select.poll.poll sys.stdin.read sys.stdin.readline sys.stdin.readlines
        temporalio.testing.WorkflowEnvironment.client temporalio.worker.Worker.client builtins.dict_keys
        builtins.dict_items builtins.dict_values builtins.coroutine multiprocessing.Queue.get_nowait""".split()
    )


def check_existence(symbols: set[str]) -> None:
    """Symbols of the standard library and of `temporalio` exist, or are known to exist elsewhere."""
    excepted = known_elsewhere() | instance_attributes()
    for symbol in sorted(symbols):
        if checkable(symbol) and symbol not in excepted and not exists(symbol):
            problem(f"{symbol} does not exist on this interpreter")


def check_sandbox(effects: Effects, sandbox: dict[str, Any], canonical: dict[str, str]) -> None:
    """All that the sandbox restricts has an effect, under the name that the tables use."""
    version = sandbox["sdk"]
    listed = (ROOT / "fixtures" / f"sandbox-members-{version}.txt").read_text(encoding="utf-8").splitlines()
    members = {member["symbol"] for member in sandbox["members"]}
    for line in listed:
        name, at = line.split("\t")
        named = canonical_name(name, canonical)
        group = effects.of(named)
        if group.get("effect") == "none" or "when" in group:
            problem(f"{name} is restricted, but has no effect of its own or only under a condition")
        if "effect" not in group and not covered(named, members) and at != "warn":
            problem(f"{name} is restricted, but neither effects.yaml nor sandbox.yaml names {named}")
    for symbol in sandbox["excluded"]:
        if symbol in members:
            problem(f"sandbox.yaml: {symbol} is restricted and excluded")


def covered(symbol: str, members: set[str]) -> bool:
    """Whether a symbol or a pattern above it is among the members."""
    parts = symbol.split(".")
    return symbol in members or any(".".join(parts[:end]) + ".*" in members for end in range(1, len(parts)))


def canonical_name(symbol: str, canonical: dict[str, str]) -> str:
    """The name that the tables use for a symbol."""
    if symbol in canonical:
        return canonical[symbol]
    parts = symbol.split(".")
    for end in range(len(parts) - 1, 0, -1):
        target = canonical.get(".".join(parts[:end]) + ".*")
        if target is not None:
            return ".".join([target.removesuffix(".*"), *parts[end:]])
    return symbol


def check_canonical(canonical: dict[str, str], used: set[str]) -> None:
    """Targets are final, and no other table uses a spelling that is mapped away."""
    for spelling, target in canonical.items():
        if spelling.endswith(".*") != target.endswith(".*"):
            problem(f"types.yaml: {spelling} → {target}: one of the two is a pattern")
        if canonical_name(target, canonical) != target:
            problem(f"types.yaml: {spelling} → {target}, which is itself mapped")
    for symbol in sorted(used):
        if canonical_name(symbol, canonical) != symbol:
            problem(f"{symbol} stands in a table, but is mapped to {canonical_name(symbol, canonical)}")


def check_bases(bases: dict[str, str], canonical: dict[str, str]) -> None:
    """Chains end, and are true where both classes can be had."""
    for name in bases:
        seen, at = {name}, bases[name]
        while at in bases and at not in seen:
            seen.add(at)
            at = bases[at]
        if at in bases:
            problem(f"types.yaml: the bases of {name} go round")
    for name, base in bases.items():
        cls, parent = obtained(name), obtained(base)
        if name == "concurrent.futures.TimeoutError" and sys.version_info < (3, 11):
            continue  # The same class as the builtin from 3.11 on, its own before.
        if inspect.isclass(cls) and inspect.isclass(parent) and not issubclass(cls, parent):
            problem(f"types.yaml: {name} is no subclass of {base}")
        if canonical_name(name, canonical) != name:
            problem(f"types.yaml: bases: {name} is mapped to {canonical_name(name, canonical)}")


def obtained(symbol: str) -> Any:
    """The object that a name stands for, if it is checkable and here."""
    if not checkable(symbol) or not exists(symbol):
        return None
    parts = symbol.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for name in parts[end:]:
            value = getattr(value, name, None)
        return value
    return None


def check_event_loop(effects: Effects) -> None:
    """What `event-loop` names on the loop is what the workflow's loop leaves unimplemented."""
    loop = asyncio.AbstractEventLoop
    for name in sorted(n for n in dir(loop) if not n.startswith("_")):
        implemented = getattr(_WorkflowInstanceImpl, name) is not getattr(loop, name)
        named = effects.of(f"asyncio.AbstractEventLoop.{name}").get("effect") == "event-loop"
        if implemented == named:
            problem(f"asyncio.AbstractEventLoop.{name}: implemented is {implemented}, named is {named}")


def check_client(effects: Effects) -> None:
    """Every coroutine method of the client and its handles is named."""
    for name in dir(temporalio.client):
        cls = getattr(temporalio.client, name)
        if not inspect.isclass(cls) or not (name.endswith("Handle") or name in {"Client", "NexusClient"}):
            continue
        for method, _ in inspect.getmembers(cls, inspect.iscoroutinefunction):
            symbol = f"temporalio.client.{name}.{method}"
            if not method.startswith("_") and effects.of(symbol).get("effect") != "client":
                problem(f"{symbol} is not named")


def check_safe(effects: Effects, sandbox: dict[str, Any]) -> None:
    """Nothing that is safe is matched; nothing asynchronous is said to block."""
    members = {member["symbol"] for member in sandbox["members"]}
    for symbol in SAFE:
        effect = effects.of(symbol).get("effect", "none")
        if effect != "none" or covered(symbol, members):
            problem(f"{symbol} is safe in a workflow, but has the effect {effect}")
    for symbol in NEVER_BLOCKS:
        blocks = effects.of(symbol).get("blocks", "none")
        if blocks != "none":
            problem(f"{symbol} does not block, but is said to ({blocks})")


# Symbols of third-party packages that the newest version does not have, or that each subclass gets, with the reason.
OLDER = {
    "Pydantic 1": "pydantic.BaseSettings pydantic.parse_raw_as pydantic.tools.parse_raw_as",
    "SQLAlchemy 1": "sqlalchemy.engine.Engine.execute",
    "LangChain 0": "langchain_openai.ChatOpenAI.predict",
    "the distribution ulid-py": "ulid.default.new ulid.from_timestamp ulid.microsecond.new ulid.monotonic.new ulid.new",
    "given by the metaclass": "django.db.models.Model.objects django.db.models.Model._default_manager",
    "mistralai 0 and 1": """mistralai.Mistral mistralai.Mistral.chat.complete mistralai.Mistral.chat.complete_async
        mistralai.Mistral.chat.stream mistralai.Mistral.chat.stream_async mistralai.Mistral.embeddings.create
        mistralai.Mistral.embeddings.create_async mistralai.Mistral.ocr.process mistralai.client.MistralClient.*""",
}
# Libraries that fail in the sandbox where another one is installed, which they use if they can.
CONDITIONAL = {"pymysql"}


class Missing(Exception):
    """A name that is not there."""


def resolve(symbol: str) -> Any:
    """The object that a dotted name stands for; `None` where it is only annotated. Raises where it is not there."""
    parts = symbol.removesuffix(".*").split(".")
    for end in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        except Exception as error:  # A module may raise what it likes while it is loaded.
            raise Missing(f"cannot be imported: {error!r}") from error
        for name in parts[end:]:
            # Properties and `__getattr__` tell only an instance what is there.
            if isinstance(value, (property, functools.cached_property)):
                return None
            try:
                there = hasattr(value, name)
            except Exception as error:  # A module's own `__getattr__` may raise what it likes.
                raise Missing(f"asking for it raises: {str(error).splitlines()[0]}") from error
            if not there and inspect.isclass(value) and only_instances_have(value, name):
                return None
            if not there:
                raise Missing(f"{getattr(value, '__name__', value)} has no {name}")
            value = getattr(value, name)
        return value
    raise Missing("no module of that name")


def only_instances_have(cls: type, name: str) -> bool:
    """Whether an attribute may be annotated, set by a constructor, or made up when it is asked for."""
    annotated = any(name in getattr(base, "__annotations__", {}) for base in cls.__mro__)
    return annotated or hasattr(cls, "__getattr__") or any(f"self.{name} " in source_of(base) for base in cls.__mro__)


def source_of(cls: type) -> str:
    """The text of a class, where it can be had."""
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):
        return ""


def is_installed(symbol: str) -> bool:
    """Whether the package of a symbol, a distribution's part of a namespace included, can be imported."""
    parts = symbol.removesuffix(".*").split(".")
    try:
        importlib.import_module(".".join(parts[: depth_of(parts)]))
    except Exception:  # noqa: BLE001 (a module may raise what it likes while it is loaded)
        return False
    return True


def depth_of(parts: list[str]) -> int:
    """How many components name what is installed: parts of a namespace package are installed one by one."""
    return 3 if parts[0] in {"google", "azure"} else 1


def check_installed(effects: Effects, named: set[str]) -> None:
    """Symbols of installed packages exist, and none that blocks is a coroutine function."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # Else importing it asks the network.
    configure_django()
    packages: dict[str, bool] = {}
    older = {symbol for symbols in OLDER.values() for symbol in symbols.split()}
    checked = 0
    for symbol in sorted(set(effects.by_symbol) | named):
        parts = symbol.split(".")
        top = ".".join(parts[: depth_of(parts)])
        own = parts[0] in sys.stdlib_module_names or parts[0] in {"temporalio", "nexusrpc"}
        if own or "()" in symbol or symbol in older:
            continue
        if top not in packages:
            packages[top] = is_installed(symbol)
        if not packages[top]:
            continue
        checked += 1
        try:
            value = resolve(symbol)
        except Missing as reason:
            problem(f"{symbol}: {reason}")
            continue
        blocks = effects.of(symbol).get("blocks", "none") != "none"
        asynchronous = inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)
        if asynchronous and blocks:
            problem(f"{symbol} is asynchronous, and said to block")
        if asynchronous and not blocks and symbol.endswith(".*"):
            problem(f"{symbol} is a pattern below a function")
    print(f"{checked} symbols of {sum(packages.values())} installed packages looked at")


def configure_django() -> None:
    """Django's models can be imported once there are settings."""
    try:
        from django.conf import settings
    except ImportError:
        return
    settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    importlib.import_module("django").setup()


# Prepares a workflow, whose module imports a library, as a worker does. What the probe does not give is a running loop.
PROBE = """
import sys, warnings
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[1])
import probed
from temporalio import workflow
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
try:
    SandboxedWorkflowRunner().prepare_workflow(workflow._Definition.must_from_class(probed.Probed))
except BaseException as error:
    if "no running event loop" not in str(error):
        print(f"FAILS {type(error).__name__}: {error}"[:120])
"""
PROBED = """
from temporalio import workflow
import {module}

@workflow.defn(name="Probed")
class Probed:
    @workflow.run
    async def run(self) -> None: ...
"""


def check_libraries(libraries: list[dict[str, Any]]) -> None:
    """Installed libraries fail in the sandbox where the table says so."""
    for group in libraries:
        for module in group["packages"]:
            if module in CONDITIONAL or not is_installed(module):
                continue
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "probed.py").write_text(PROBED.format(module=module), encoding="utf-8")
                command = [sys.executable, "-c", PROBE, folder]
                run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
            fails = "FAILS" in run.stdout
            if run.returncode:
                print(f"{module} cannot be tried: {run.stderr.strip().splitlines()[-1:]}")
            elif fails != group.get("fails-in-sandbox", False):
                problem(f"libraries: {module}: the table and the sandbox differ: {run.stdout.strip() or 'it loads'}")


def behaviour_symbols(node: Any) -> set[str]:
    """All that stands in lists called `symbols`, and single `symbol`s and `class`es."""
    if isinstance(node, dict):
        lists = [value for key, value in node.items() if key in {"symbols", "keeps", "partials", "true-objects"}]
        found = {symbol for symbols in lists for symbol in symbols if isinstance(symbol, str)}
        found |= {value for key, value in node.items() if key in {"symbol", "class"}}
        return found.union(*(behaviour_symbols(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(behaviour_symbols(value) for value in node))
    return set()


def check_mixins(mixins: list[dict[str, Any]]) -> None:
    """Each mixin method is run on an object that notes what its class's own methods are asked; nothing else is."""
    backing = {"Mapping": {1: 1, 2: 2}, "MutableMapping": {1: 1, 2: 2}, "Sequence": [1, 2], "MutableSequence": [1, 2],
               "Set": {1, 2}, "MutableSet": {1, 2}}  # fmt: skip
    given = {"get": (1,), "__contains__": (2,), "pop": (), "setdefault": (9, 0), "update": ({5: 6},), "index": (2,), "count": (1,),
             "append": (1,), "extend": ([3],), "remove": (1,), "__iadd__": ([1],), "isdisjoint": ({8},)}  # fmt: skip
    for entry in mixins:
        base = obtained(entry["class"])
        kind = entry["class"].rsplit(".", 1)[-1]
        for method, expected in entry["methods"].items() if kind in backing else ():
            noted: list[str] = []
            arguments = given.get(method, ({1: 1, 2: 2},) if method == "__eq__" and "Mapping" in kind else ({2, 3},))
            if method in {"keys", "items", "values", "clear", "popitem", "reverse", "__iter__", "__reversed__"}:
                arguments = ()
            if kind == "MutableMapping" and method == "pop":
                arguments = (1,)
            held = noting(base, backing[kind], noted)
            result = getattr(held, method)(*arguments)
            if result is not held and hasattr(result, "__iter__"):
                list(result)
            if not set(noted) <= set(expected) | {"__len__"}:
                problem(f"behaviour.yaml: {entry['class']}.{method} runs {sorted(set(noted))}, not only {expected}")
            if kind not in {"Set", "MutableSet"} and not set(expected) - {"__iter__", "__len__"} <= set(noted):
                problem(f"behaviour.yaml: {entry['class']}.{method} runs {sorted(set(noted))} alone, not {expected}")


def noting(base: Any, data: Any, noted: list[str]) -> Any:
    """An object of an abstract class over a copy of `data`, whose own methods write down that they were asked."""
    held = type(data)(data)

    def method(name: str) -> Any:
        def asked(self: Any, *arguments: Any) -> Any:
            noted.append(name)
            return getattr(held, name)(*arguments)

        return asked

    made = type("Noting", (base,), {name: method(name) for name in base.__abstractmethods__})
    made._from_iterable = classmethod(lambda cls, items: set(items))  # type: ignore[attr-defined]
    return made()


def check_behaviour(behaviour: dict[str, Any], canonical: dict[str, str]) -> set[str]:
    """Symbols exist and stand under the names that the tables use; mixins run what is said."""
    symbols = behaviour_symbols(behaviour)
    for symbol in sorted(symbols):
        if canonical_name(symbol, canonical) != symbol:
            problem(f"behaviour.yaml: {symbol} is mapped to {canonical_name(symbol, canonical)}")
    check_existence(symbols - NEWER)
    check_mixins(behaviour["mixins"])
    return symbols


# Symbols of behaviour.yaml that not every supported interpreter has.
NEWER = {"itertools.batched", "typing.override", "copy.replace", "typing.assert_never", "typing.assert_type",
         "typing.reveal_type", "builtins.exit", "builtins.quit", "operator.call", "enum.member", "enum.nonmember"}  # fmt: skip


def main() -> None:
    """Runs all checks; exit code 1 where something is wrong."""
    warnings.simplefilter("ignore")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--installed", action="store_true", help="look at the third-party packages that are installed")
    options.add_argument("--sandbox", action="store_true", help="import the installed libraries in the SDK's sandbox")
    asked = options.parse_args()
    table = load("effects.yaml")
    groups = table["effects"]
    sandbox, types = load("sandbox.yaml"), load("types.yaml")
    effects = Effects(groups)
    check_groups(groups)
    check_overrides(effects, sandbox)
    symbols = set(effects.by_symbol)
    named = {*types["returns"], *types["returns"].values(), *types["attributes"], *types["attributes"].values()}
    check_reachable(effects, types["returns"])
    check_canonical(types["canonical"], symbols | named)
    check_existence(symbols | named | set(types["canonical"].values()) | {*types["bases"], *types["bases"].values()})
    check_bases(types["bases"], types["canonical"])
    check_sandbox(effects, sandbox, types["canonical"])
    check_event_loop(effects)
    check_client(effects)
    check_safe(effects, sandbox)
    behaving = check_behaviour(load("behaviour.yaml"), types["canonical"])
    if asked.installed:
        check_installed(effects, named | behaving | set(types["canonical"].values()) | set(types["bases"]))
    if asked.sandbox:
        check_libraries(table["libraries"])
    for text in problems:
        print(text)
    facts = sum(len(table) for table in types.values())
    print(f"{len(symbols)} symbols with effects, {facts} facts about types, {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
