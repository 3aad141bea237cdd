"""Everything that the installed SDK restricts, raises or warns about is known here."""

from __future__ import annotations

import pytest

import coverage
from harness import restricted, sdk_errors
from harness.observed import SDK, is_newest
from harness.rules import load_all

only_newest = pytest.mark.skipif(not is_newest(), reason="the tables describe the newest SDK")
"""Newer ones than the tables know are tested too: that is how their news are noticed."""


@only_newest
def test_every_restricted_pattern_is_in_the_table() -> None:
    _effects, known, _excluded = restricted.tables()
    new = sorted({member["symbol"] for member in restricted.patterns_of_the_sdk()["members"]} - known)
    assert not new, f"temporalio {SDK} restricts what rules/api/sandbox.yaml does not know: {', '.join(new)}"


@only_newest
def test_every_restricted_member_is_answered_by_a_rule() -> None:
    silent = sorted(member for member, code in restricted.answers(restricted.of_the_sdk()).items() if code is None)
    assert not silent, f"temporalio {SDK} restricts what no rule reports: {', '.join(silent)}"


@only_newest
def test_every_message_is_known() -> None:
    known = coverage.read_map()
    new = sorted({site.key for site in sdk_errors.scan()} - set(known))
    assert not new, f"temporalio {SDK} says what coverage.yaml does not know:\n" + "\n".join(new)


@only_newest
def test_no_message_is_outdated() -> None:
    gone = sorted(set(coverage.read_map()) - {site.key for site in sdk_errors.scan()})
    assert not gone, f"coverage.yaml has messages that temporalio {SDK} does not:\n" + "\n".join(gone)


def test_answers_name_rules_that_are() -> None:
    codes = {rule.code for rule in load_all()}
    named = {answer.rule for answer in coverage.read_map().values() if answer.rule and not answer.reason}
    assert named <= codes, f"no such rules: {', '.join(sorted(named - codes))}"


def test_every_known_mistake_has_one_answer() -> None:
    assert len(coverage.read_mistakes(load_all())) > 500


def test_rules_that_are_to_come_are_not_there_or_have_more_to_do() -> None:
    codes = {rule.code: rule.name for rule in load_all()}
    for rule in coverage.yaml.safe_load(coverage.MISTAKES.read_text())["later"]:
        code, name = rule.split()
        assert codes.get(code, name) == name, f"{code} is called {codes[code]}"


@only_newest
def test_page_is_current() -> None:
    written = coverage.PAGE.read_text() if coverage.PAGE.exists() else ""
    assert written == coverage.page(), "docs/coverage.md is not current: tests/sdk/run --coverage"
