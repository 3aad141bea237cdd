//! Writes a Python project of a given size, the same one each time.
//!
//! The mixture is that of a large service: about 7 % of the files name `temporalio`, about 9 % more are reached by
//! calls from workflows and activities, some of the rest speak of workflows without having to do with Temporal, and
//! all are of 150 to 300 lines. A few workflows and activities are at fault, directly or through the helpers.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// How many files a package has, apart from its `__init__.py`.
const FILES_PER_PACKAGE: usize = 42;

/// What a file of a package is, by its number in the package.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Init,
    Workflows,
    Activities,
    Worker,
    /// Called by workflows and activities.
    Helper,
    /// Names `workflow` and `activity` in its own sense.
    Speaks,
    Ordinary,
}

impl Kind {
    fn of(number: usize) -> Self {
        match number {
            0 => Self::Init,
            1 => Self::Workflows,
            2 => Self::Activities,
            3 => Self::Worker,
            4..=7 => Self::Helper,
            8..=9 => Self::Speaks,
            _ => Self::Ordinary,
        }
    }
}

/// Writes a project of exactly `files` Python files below `root`, which must not exist yet.
///
/// # Errors
///
/// What the file system refuses.
pub fn generate(root: &Path, files: usize) -> io::Result<()> {
    fs::create_dir(root)?;
    for index in 0..files {
        let (package, number) = (index / (FILES_PER_PACKAGE + 1), index % (FILES_PER_PACKAGE + 1));
        let folder = root.join("shop").join(format!("area_{package}"));
        if number == 0 {
            fs::create_dir_all(&folder)?;
        }
        let kind = Kind::of(number);
        let mut file = PythonFile::new(index, package, number);
        file.fill(kind);
        fs::write(folder.join(file.name(kind)), file.text)?;
    }
    Ok(())
}

struct PythonFile {
    package: usize,
    number: usize,
    random: u64,
    text: String,
}

impl PythonFile {
    fn new(index: usize, package: usize, number: usize) -> Self {
        let random = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
        Self { package, number, random, text: String::new() }
    }

    fn name(&self, kind: Kind) -> String {
        match kind {
            Kind::Init => "__init__.py".to_owned(),
            Kind::Workflows => "workflows.py".to_owned(),
            Kind::Activities => "activities.py".to_owned(),
            Kind::Worker => "worker.py".to_owned(),
            Kind::Helper => format!("helper_{}.py", self.number - 4),
            Kind::Speaks | Kind::Ordinary => format!("module_{}.py", self.number),
        }
    }

    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % bound as u64).unwrap_or(0)
    }

    fn fill(&mut self, kind: Kind) {
        match kind {
            Kind::Init => {
                let package = self.package;
                let _ = writeln!(self.text, "\"\"\"Area {package} of the shop.\"\"\"\n\nAREA = {package}");
                return;
            }
            Kind::Workflows => self.add(WORKFLOWS, 0),
            Kind::Activities => self.add(ACTIVITIES, 0),
            Kind::Worker => self.add(WORKER, 0),
            Kind::Helper => self.helper(),
            Kind::Speaks => self.add(SPEAKS, 0),
            Kind::Ordinary => self.add(IMPORTS, 0),
        }
        let length = 150 + self.below(150);
        let mut part = 0;
        while self.text.lines().count() < length {
            part += 1;
            let section = SECTIONS[self.below(SECTIONS.len())];
            self.add(section, part);
        }
    }

    /// A helper that calls the next one; the last reads the clock in every fourth package.
    fn helper(&mut self) {
        self.add(IMPORTS, 0);
        let depth = self.number - 4;
        if depth < 3 {
            let _ = writeln!(self.text, "from . import helper_{}\n", depth + 1);
            self.add(HELPER, depth);
        } else if self.package.is_multiple_of(4) {
            self.add(HELPER_WITH_CLOCK, depth);
        } else {
            self.add(LAST_HELPER, depth);
        }
    }

    /// Adds a template. `%A` is the package, `%M` another module of it, `%N` the number of the part, `%X` the number
    /// after it, `%W` a word.
    fn add(&mut self, template: &str, part: usize) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('%') {
            self.text.push_str(before);
            let (what, tail) = after.split_at(1);
            let _ = match what {
                "A" => write!(self.text, "{}", self.package),
                "M" => write!(self.text, "{}", 8 + (self.number + 1) % (FILES_PER_PACKAGE - 8)),
                "N" => write!(self.text, "{part}"),
                "X" => write!(self.text, "{}", part + 1),
                "W" => {
                    let word = WORDS[self.below(WORDS.len())];
                    write!(self.text, "{word}")
                }
                other => write!(self.text, "%{other}"),
            };
            rest = tail;
        }
        self.text.push_str(rest);
    }
}

const WORDS: &[&str] = &[
    "order", "invoice", "parcel", "customer", "refund", "price", "stock", "voucher", "basket", "address", "payment",
    "carrier", "supplier", "discount", "contract", "reminder",
];

const IMPORTS: &str = r##""""Keeps the %W of each %W and its %W."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
import logging
import os
import time
from datetime import datetime, timedelta
from typing import Any, Iterable, Optional

from . import AREA

logger = logging.getLogger(__name__)
"##;

const WORKFLOWS: &str = r##""""What happens to a %W, step by step."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Iterable, Optional
import collections
import contextlib
import dataclasses
import json
import logging
import os
import time
from datetime import datetime

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from .activities import charge, notify, reserve
    from . import helper_0
    from .helper_1 import total_1

logger = logging.getLogger(__name__)
RETRY = RetryPolicy(maximum_attempts=3)


@dataclass
class OrderInput:
    number: str
    amount: int = 0
    tags: Optional[list[str]] = None


@workflow.defn
class OrderWorkflow%A:
    def __init__(self) -> None:
        self.approved = False
        self.steps: list[str] = []

    @workflow.run
    async def run(self, order: OrderInput) -> dict[str, Any]:
        lines = helper_0.total_0([order.amount, 2, 3])
        reserved = await workflow.execute_activity(
            reserve, order.number, start_to_close_timeout=timedelta(seconds=30), retry_policy=RETRY
        )
        await workflow.wait_condition(lambda: self.approved, timeout=timedelta(days=1))
        for step in ("charge", "notify"):
            self.steps.append(step)
            await self.step(step, order)
        started = workflow.now()
        await asyncio.sleep(60)
        workflow.logger.info("done after %s", workflow.now() - started)
        return {"lines": lines, "reserved": reserved, "steps": self.steps}

    async def step(self, name: str, order: OrderInput) -> None:
        if name == "charge":
            await workflow.execute_activity(charge, order.amount, start_to_close_timeout=timedelta(minutes=1))
        elif name == "notify":
            await workflow.execute_activity(notify, order.number, start_to_close_timeout=timedelta(minutes=1))
        else:
            raise ApplicationError(f"no step {name}", non_retryable=True)

    @workflow.signal
    def approve(self, by: str) -> None:
        self.approved = bool(by)

    @workflow.query
    def progress(self) -> int:
        return total_1([len(step) for step in self.steps])


@workflow.defn
class ReminderWorkflow%A:
    @workflow.run
    async def run(self, number: str) -> int:
        sent = 0
        while sent < 5:
            await workflow.sleep(timedelta(hours=6))
            await workflow.execute_activity(notify, number, start_to_close_timeout=timedelta(minutes=1))
            sent += 1
        return sent
"##;

const ACTIVITIES: &str = r##""""Steps that reach outside."""

import asyncio
import collections
import contextlib
import dataclasses
import json
import logging
import os
import time
from datetime import datetime, timedelta
from typing import Any, Iterable, Optional

from temporalio import activity

from .helper_2 import total_2

logger = logging.getLogger(__name__)


@activity.defn
async def reserve(number: str) -> bool:
    activity.heartbeat(number)
    await asyncio.sleep(0.1)
    return total_2([len(number)]) > 0


@activity.defn
async def charge(amount: int) -> int:
    while amount > 1000:
        activity.heartbeat(amount)
        time.sleep(0.01)
        amount -= 1000
    return amount


@activity.defn
def notify(number: str) -> None:
    with open(os.path.join("/tmp", number), "a", encoding="utf-8") as log:
        log.write(json.dumps({"number": number, "at": time.time()}))
"##;

const WORKER: &str = r##""""Runs the workflows of area %A."""

import asyncio
import collections
import contextlib
import dataclasses
import json
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Iterable, Optional

from temporalio.client import Client
from temporalio.worker import Worker

from .activities import charge, notify, reserve
from .workflows import OrderInput, OrderWorkflow%A, ReminderWorkflow%A

logger = logging.getLogger(__name__)


async def main() -> None:
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"))
    with ThreadPoolExecutor(8) as executor:
        worker = Worker(
            client,
            task_queue="area-%A",
            workflows=[OrderWorkflow%A, ReminderWorkflow%A],
            activities=[charge, notify, reserve],
            activity_executor=executor,
        )
        await worker.run()


async def start(number: str) -> Any:
    client = await Client.connect("localhost:7233")
    return await client.execute_workflow(
        OrderWorkflow%A.run, OrderInput(number), id=f"order-{number}", task_queue="area-%A"
    )


if __name__ == "__main__":
    asyncio.run(main())
"##;

const SPEAKS: &str = r##""""The approval workflow of a %W, and the activity feed beside it."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import json
import logging
import os
import time
from datetime import datetime, timedelta
from typing import Any, Iterable, Optional

logger = logging.getLogger(__name__)


def next_workflow_state(workflow: dict[str, Any], activity: str) -> str:
    states = workflow.get("states", [])
    return states[min(len(states) - 1, states.index(activity) + 1)] if activity in states else "new"
"##;

const HELPER: &str = r##"
class Sum%N:
    def __init__(self, parts: Iterable[int]) -> None:
        self.parts = list(parts)

    def value(self) -> int:
        return sum(self.parts) + helper_%X.total_%X(self.parts)


def total_%N(parts: Iterable[int]) -> int:
    rounded = [round(part * 1.19) for part in parts if part]
    return Sum%N(rounded).value()
"##;

const HELPER_WITH_CLOCK: &str = r##"
def total_%N(parts: Iterable[int]) -> int:
    logger.debug("summed at %s", time.time())
    return max(parts, default=0)
"##;

const LAST_HELPER: &str = r##"
def total_%N(parts: Iterable[int]) -> int:
    return max(parts, default=0)
"##;

const SECTIONS: &[&str] = &[
    r##"

@dataclasses.dataclass(frozen=True)
class Entry%N:
    """One %W of a %W, as the %W service knows it.

    Amounts are in cents; `created` is in UTC.
    """

    number: str
    amount: int
    created: Optional[datetime] = None
    tags: tuple[str, ...] = ()
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.amount > 0 and "closed" not in self.tags

    def with_tag(self, tag: str) -> "Entry%N":
        if tag in self.tags:
            return self
        return dataclasses.replace(self, tags=(*self.tags, tag))

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> "Entry%N":
        created = raw.get("created")
        return cls(
            number=str(raw["number"]),
            amount=int(raw.get("amount", 0)),
            created=datetime.fromisoformat(created) if created else None,
            tags=tuple(sorted(raw.get("tags", ()))),
            extra={key: value for key, value in raw.items() if key.startswith("x-")},
        )
"##,
    r##"

class Store%N:
    """Keeps a %W for each %W."""

    def __init__(self, path: str, *, limit: int = 100) -> None:
        self._path = path
        self._limit = limit
        self._entries: dict[str, dict[str, Any]] = {}
        self._by_tag: dict[str, set[str]] = collections.defaultdict(set)

    def load(self) -> int:
        try:
            with open(self._path, encoding="utf-8") as source:
                for line in source:
                    line = line.strip()
                    if not line or line.startswith("#"):
                        continue
                    self.put(json.loads(line))
        except FileNotFoundError:
            logger.warning("%s does not exist yet", self._path)
        except ValueError as error:
            raise RuntimeError(f"{self._path} is damaged: {error}") from error
        return len(self._entries)

    def put(self, entry: dict[str, Any]) -> None:
        number = entry["number"]
        if len(self._entries) >= self._limit and number not in self._entries:
            oldest = min(self._entries, key=lambda key: self._entries[key].get("created", ""))
            del self._entries[oldest]
        self._entries[number] = entry
        for tag in entry.get("tags", []):
            self._by_tag[tag].add(number)

    def find(self, *tags: str) -> list[dict[str, Any]]:
        if not tags:
            return list(self._entries.values())
        numbers = set.intersection(*(self._by_tag[tag] for tag in tags))
        return [self._entries[number] for number in sorted(numbers)]
"##,
    r##"

async def fetch_%W_%N(session: Any, numbers: Iterable[str], *, attempts: int = 3) -> list[dict[str, Any]]:
    """Asks for each %W, a few at a time."""
    limit = asyncio.Semaphore(8)

    async def one(number: str) -> dict[str, Any]:
        async with limit:
            for attempt in range(attempts):
                try:
                    response = await session.get(f"/v1/%W/{number}", params={"area": AREA, "full": True})
                    if response.status == 404:
                        return {"number": number, "missing": True}
                    response.raise_for_status()
                    return await response.json()
                except (OSError, asyncio.TimeoutError) as error:
                    logger.info("attempt %d for %s: %r", attempt, number, error)
                    await asyncio.sleep(2**attempt)
        raise RuntimeError(f"no answer about {number}")

    tasks = [asyncio.create_task(one(number)) for number in numbers]
    done, pending = await asyncio.wait(tasks, timeout=60)
    for task in pending:
        task.cancel()
    return [task.result() for task in done if task.exception() is None]
"##,
    r##"

def report_%W_%N(rows: Iterable[dict[str, Any]], *, by: str = "%W") -> str:
    # One line per group, the largest first; groups of one are summed up at the end.
    groups: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for row in rows:
        key = row.get(by) or "none"
        groups[str(key).lower()].append(row)
    lines = [f"{'group':<20}{'count':>8}{'sum':>12}{'mean':>10}"]
    single = 0
    for key, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(members) == 1:
            single += members[0].get("amount", 0)
            continue
        amounts = [member.get("amount", 0) for member in members]
        lines.append(f"{key:<20}{len(members):>8}{sum(amounts):>12}{sum(amounts) / len(amounts):>10.2f}")
    if single:
        lines.append(f"{'others':<20}{'':>8}{single:>12}")
    return "\n".join(lines)
"##,
    r##"

SETTINGS_%N = {
    "name": "%W",
    "region": os.environ.get("REGION", "eu"),
    "limits": {"%W": 12, "%W-daily": 144, "burst": [1, 2, 4, 8, 16], "ratio": 0.75},
    "routes": [
        ("GET", "/v1/%W", "list_entries", {"cache": 60, "public": True}),
        ("POST", "/v1/%W", "create_entry", {"cache": 0, "public": False}),
        ("DELETE", "/v1/%W/{number}", "delete_entry", {"cache": 0, "public": False}),
    ],
    "message": "The %W of %s was changed; "
    "see the journal for what it was before.",
}


@contextlib.contextmanager
def timed_%N(what: str, *, threshold: timedelta = timedelta(seconds=1)):
    start = time.perf_counter()
    try:
        yield SETTINGS_%N["limits"]
    finally:
        took = timedelta(seconds=time.perf_counter() - start)
        if took > threshold:
            logger.warning("%s took %s", what, took)
"##,
    r##"

class %W_handler_%N:
    """Answers requests about a %W."""

    allowed = frozenset({"GET", "POST", "DELETE"})

    def __init__(self, store: Any, clock: Any = datetime.now) -> None:
        self.store = store
        self.clock = clock

    def __call__(self, method: str, path: str, body: Optional[bytes] = None) -> tuple[int, dict[str, Any]]:
        if method not in self.allowed:
            return 405, {"error": f"{method} is not allowed", "allowed": sorted(self.allowed)}
        *_, number = path.rstrip("/").split("/")
        match method:
            case "GET":
                found = [entry for entry in self.store.find() if entry["number"] == number]
                return (200, found[0]) if found else (404, {"error": "not found"})
            case "POST":
                entry = json.loads(body or b"{}")
                entry.setdefault("created", self.clock().isoformat())
                self.store.put(entry)
                return 201, entry
            case _:
                return 501, {"error": "not yet", "since": str(self.clock() - timedelta(days=1))}

    def describe(self) -> str:
        return f"{type(self).__name__}({self.store!r}) of area {AREA if 'AREA' in globals() else 0:03d}"
"##,
];
