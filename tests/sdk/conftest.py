"""Options of the run, and the proofs of the chosen rules, run two at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import observed, proof, rules
from harness.server import SERVER


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rule", action="append", default=[], help="code or name of a rule; may be repeated")
    parser.addoption("--update", action="store_true", help="rewrite what was observed")


def chosen(config: pytest.Config) -> list[rules.Rule]:
    """The rules that the command line asks for; all where it names none."""
    wanted = set(config.getoption("--rule"))
    found = rules.load_all()
    unknown = wanted - {rule.code for rule in found} - {rule.name for rule in found}
    if unknown:
        raise pytest.UsageError(f"no such rule: {', '.join(sorted(unknown))}")
    return [rule for rule in found if not wanted or {rule.code, rule.name} & wanted]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rule" in metafunc.fixturenames:
        found = chosen(metafunc.config)
        metafunc.parametrize("rule", found, ids=[f"{rule.code}-{rule.name}" for rule in found])


class Proofs:
    """The verdicts, as they come in."""

    def __init__(self, config: pytest.Config, pool: ThreadPoolExecutor) -> None:
        self.update = bool(config.getoption("--update"))
        self.all = not config.getoption("--rule")
        self._verdicts: dict[str, Future[proof.Verdict]] = {
            rule.code: pool.submit(proof.check, rule) for rule in chosen(config)
        }
        self.known = observed.read()

    def verdict(self, rule: rules.Rule) -> proof.Verdict:
        """Waits for the verdict on a rule."""
        return self._verdicts[rule.code].result()

    def summary(self) -> str:
        """How many rules are shown to hold, and by which kinds."""
        counts: dict[str, int] = {}
        for verdict in (future.result() for future in self._verdicts.values()):
            kind = "wrong" if verdict.complaints else "skipped" if "skipped" in verdict.entry else verdict.entry["kind"]
            counts[kind] = counts.get(kind, 0) + 1
        shown = sum(number for kind, number in counts.items() if kind not in ("wrong", "skipped", "none"))
        listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        return f"temporalio {observed.SDK}: {shown} of {len(self._verdicts)} rules are shown to hold ({listed})"

    def save(self) -> None:
        """Writes down what was seen; rules that are no more are dropped by a run of all."""
        entries = {} if self.all else dict(self.known)
        verdicts = {code: future.result() for code, future in self._verdicts.items()}
        kept = {code: self.known[code] for code, verdict in verdicts.items() if verdict.missing and code in self.known}
        entries.update({code: verdict.entry for code, verdict in verdicts.items() if not verdict.missing} | kept)
        observed.write(entries)


PROOFS = pytest.StashKey[Proofs]()


def pytest_unconfigure() -> None:
    SERVER.stop()


@pytest.fixture(scope="session")
def proofs(request: pytest.FixtureRequest) -> Iterator[Proofs]:
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        running = request.config.stash[PROOFS] = Proofs(request.config, pool)
        yield running
        if running.update:
            running.save()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    running = config.stash.get(PROOFS, None)
    if running:
        terminalreporter.write_line(running.summary())
