"""Writes `docs/coverage.md`: the known mistakes, everything that the SDK restricts, raises or warns about, and which rule
answers for it.

    python coverage.py --write     # rewrite the page
    python coverage.py             # print it

`coverage.yaml` says what is made of each message, `mistakes.yaml` what is made of mistakes that no rule covers. What the installed SDK has and nothing here knows is a complaint of
`test_coverage.py`.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from harness import restricted, sdk_errors
from harness.agreement import MEMBERS
from harness.observed import SDK
from harness.rules import ROOT, Rule, load_all

PAGE = ROOT / "docs" / "coverage.md"
MAP = Path(__file__).with_name("coverage.yaml")
MISTAKES = Path(__file__).with_name("mistakes.yaml")


@dataclasses.dataclass(frozen=True)
class Answer:
    """What is made of one message."""

    rule: str | None
    """The code of the rule that answers it, or the category that is to."""
    reason: str

    @property
    def cell(self) -> str:
        """The message's cell in the page's table."""
        if not self.rule:
            return f"left out: {self.reason}"
        return self.rule if not self.reason else f"not yet ({self.rule}, {self.reason})"


class MessageTwice(ValueError):
    """A message stands in the map more than once."""


def read_map() -> dict[str, Answer]:
    """Message → answer; `MessageTwice` where one has two."""
    document = yaml.safe_load(MAP.read_text())
    rows: list[tuple[str, Answer]] = []
    for code, messages in document["answered"].items():
        rows += [(message, Answer(code, "")) for message in messages]
    for group in document["not-yet"]:
        rows += [(message, Answer(group["category"], group["reason"])) for message in group["messages"]]
    for group in document["left-out"]:
        rows += [(message, Answer(None, group["reason"])) for message in group["messages"]]
    found: dict[str, Answer] = {}
    for message, answer in rows:
        if message in found:
            raise MessageTwice(message)
        found[message] = answer
    return found


def members() -> dict[str, str]:
    """Restricted member → when it is refused."""
    lines = (line for line in MEMBERS.read_text().splitlines() if line and not line.startswith("#"))
    return dict(line.split("\t") for line in lines)


def page() -> str:
    """The whole page."""
    rules = load_all()
    return "\n".join([*head(), *mistake_part(rules), *member_part(rules), *error_part(), ""])


def head() -> list[str]:
    """The title and what the page is."""
    return [
        "# What is known to go wrong, and which rule says so first",
        "",
        "<!-- Written by `tests/sdk/run --coverage`; not to be edited by hand. -->",
        "",
        "What people do wrong with the SDK, as far as it is known, and what is made of each;",
        f"and, read off temporalio {SDK}, what the workflow sandbox restricts, and every error and warning in its source.",
        "A test fails when there is something that is neither answered by a rule nor left out for a reason.",
        "",
    ]


class MistakeUnanswered(ValueError):
    """A mistake has no answer, or more than one kind of answer."""


def read_mistakes(rules: Iterable[Rule]) -> dict[str, tuple[str, str]]:
    """Number → name and answer of each known mistake; `MistakeUnanswered` where one has none, or two."""
    document = yaml.safe_load(MISTAKES.read_text())
    covered: dict[str, list[str]] = {}
    for rule in rules:
        for number in rule.covers:
            covered.setdefault(number, []).append(f"{rule.code} {rule.name}")
    answers = {number: ", ".join(found) for number, found in covered.items()}
    rest = [(f"to come: {rule}", numbers) for rule, numbers in document["later"].items()]
    rest += [(f"left out: {group['reason']}", group["rows"]) for group in document["left-out"]]
    for answer, numbers in rest:
        for number in numbers:
            if number in answers:
                raise MistakeUnanswered(f"{number}: {answers[number]}; {answer}")
            answers[number] = answer
    names: dict[str, str] = document["names"]
    if unmatched := sorted(names.keys() ^ answers.keys()):
        raise MistakeUnanswered(", ".join(unmatched))
    return {number: (name, answers[number]) for number, name in names.items()}


def mistake_part(rules: Iterable[Rule]) -> list[str]:
    """The known mistakes, in the order of their numbers."""
    mistakes = read_mistakes(rules)
    answers = [answer for _name, answer in mistakes.values()]
    later = sum(answer.startswith("to come") for answer in answers)
    left_out = sum(answer.startswith("left out") for answer in answers)
    return [
        "## Known mistakes",
        "",
        f"{len(mistakes)} mistakes: {len(mistakes) - later - left_out} answered by a rule, {later} to come,"
        f" {left_out} left out.",
        "",
        "| mistake | answer |",
        "|---|---|",
        *(f"| {number} {name} | {escaped(answer)} |" for number, (name, answer) in mistakes.items()),
        "",
    ]


def member_part(rules: Iterable[Rule]) -> list[str]:
    """The sandbox's members, by rule and module."""
    names = {rule.code: rule.name for rule in rules}
    known = members()
    answered = restricted.answers(known)
    by_rule: dict[str, list[str]] = {}
    for member, code in answered.items():
        by_rule.setdefault(code or "", []).append(member)
    lines = [
        "## Restricted by the sandbox",
        "",
        f"{len(known)} functions, methods and classes whose call the default sandbox refuses in a workflow;",
        f"{sum(code is not None for code in answered.values())} of them are answered by a rule.",
        "",
        "| rule | members | of |",
        "|---|---|---|",
    ]
    for code, found in sorted(by_rule.items(), key=lambda item: item[0] or "~"):
        label = f"{code} {names[code]}" if code else "none"
        lines.append(f"| {label} | {len(found)} | {', '.join(f'`{name}`' for name in sorted(modules(found)))} |")
    for code, found in sorted(by_rule.items(), key=lambda item: item[0] or "~"):
        lines += ["", f"### {code} {names[code]}" if code else "### No rule", ""]
        for module, inside in sorted(modules(found).items()):
            lines.append(f"- `{module}`: {', '.join(sorted(inside))}")
    return [*lines, ""]


def modules(found: Iterable[str]) -> Mapping[str, list[str]]:
    """Module → the members in it."""
    grouped: dict[str, list[str]] = {}
    for member in found:
        parts = member.split(".")
        # Methods stand with their class, which has a capital; `datetime.date.today` stands under `datetime.date`.
        split = next((n for n in range(1, len(parts)) if parts[n][0].isupper()), len(parts) - 1)
        grouped.setdefault(".".join(parts[:split]), []).append(".".join(parts[split:]))
    return grouped


def error_part() -> list[str]:
    """The errors and warnings, by file."""
    answers = read_map()
    sites = sdk_errors.scan()
    by_key: dict[str, list[sdk_errors.Site]] = {}
    for site in sites:
        by_key.setdefault(site.key, []).append(site)
    known = [answers[key] for key in by_key if key in answers]
    counts = {
        "answered by a rule": sum(answer.rule is not None and not answer.reason for answer in known),
        "not yet": sum(answer.rule is not None and bool(answer.reason) for answer in known),
        "left out": sum(answer.rule is None for answer in known),
    }
    lines = [
        "## Errors and warnings",
        "",
        f"{len(by_key)} messages: {', '.join(f'{number} {what}' for what, number in counts.items())}.",
        "`{…}` stands for what is known at run time only.",
        "",
        "| error or warning | where | answer |",
        "|---|---|---|",
    ]
    for key, found in sorted(by_key.items()):
        where = ", ".join(f"`{module}`" for module in sorted({site.module for site in found}))
        answer = answers[key].cell if key in answers else "unknown"
        lines.append(f"| {escaped(key)} | {where} | {escaped(answer)} |")
    return lines


def escaped(text: str) -> str:
    """The text as a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main() -> None:
    """Prints the page or writes it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    if parser.parse_args().write:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page())
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
