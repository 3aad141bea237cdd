"""The table of types in `references/data-conversion.md`, with the SDK's default converter. Needs no linter."""

import enum
import pathlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple, TypedDict

import pytest
from temporalio.converter import DataConverter


class Plain(enum.Enum):
    A = 1


class Integer(enum.IntEnum):
    A = 1


class Text(enum.StrEnum):
    A = "a"


class Pair(NamedTuple):
    a: int


class Entry(TypedDict):
    a: int


@dataclass
class Base:
    a: int


@dataclass
class Sub(Base):
    b: int


@dataclass
class Bytes:
    data: bytes


MOMENT = datetime(2024, 1, 1, tzinfo=timezone.utc)
SOME_ID = uuid.uuid5(uuid.NAMESPACE_DNS, "a")
TRAVELS = [
    ("a", str, "a"),
    ({"a": [1, None, True, 1.5]}, dict, {"a": [1, None, True, 1.5]}),
    (Base(1), Base, Base(1)),
    (Base(1), None, {"a": 1}),
    ([Base(1)], list[Base], [Base(1)]),
    ([Base(1)], list, [{"a": 1}]),
    (Entry(a=1), Entry, {"a": 1}),
    (MOMENT, datetime, MOMENT),
    (MOMENT, None, "2024-01-01T00:00:00+00:00"),
    (SOME_ID, uuid.UUID, SOME_ID),
    (Integer.A, Integer, Integer.A),
    (Text.A, Text, Text.A),
    ((1, "a"), tuple[int, str], (1, "a")),
    ((1, "a"), None, [1, "a"]),
    ({1}, set[int], {1}),
    ({1}, None, [1]),
    (Pair(1), Pair, [1]),
    (b"a", bytes, b"a"),
    (Bytes(b"a"), None, {"data": [97]}),
    (Sub(1, 2), Base, Base(1)),
]


async def travel(value, hint):
    payloads = await DataConverter.default.encode([value])
    return (await DataConverter.default.decode(payloads, [hint] if hint else None))[0]


@pytest.mark.asyncio
@pytest.mark.parametrize(("value", "hint", "arrives"), TRAVELS, ids=str)
async def test_travels(value, hint, arrives):
    result = await travel(value, hint)
    assert result == arrives
    assert type(result) is type(arrives)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "value",
    [Plain.A, date(2024, 1, 1), time(1), timedelta(1), Decimal(1), pathlib.Path("a"), ValueError("a"), object()],
    ids=lambda value: type(value).__name__,
)
async def test_does_not_travel(value):
    with pytest.raises(TypeError):
        await travel(value, type(value))
