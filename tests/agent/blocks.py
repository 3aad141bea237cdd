"""The Python examples in the agent's texts, with the promise that each makes.

Knows the markers that stand before a fenced block:

    <!-- right -->                      a whole module that imports and lints clean
    <!-- right: module NAME -->         the same, under a name that other examples of the page import
    <!-- right: activity f(1); … -->    and these activities run, with these arguments
    <!-- wrong: TPY101, TPY102 -->      a whole module; the linter reports exactly these codes
    <!-- fragment: right -->            not a module; it parses

Does not know what is done with them.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AGENT = ROOT / "agents" / "temporal-python.md"
SKILL = ROOT / "agents" / "skills" / "temporal-python"
TEXTS = [AGENT, SKILL / "SKILL.md", *sorted((SKILL / "references").glob("*.md"))]

FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)
MARKER = re.compile(r"<!-- *(right|wrong|fragment)(?:: *(.*?))? *-->\s*\Z")
CODE = re.compile(r"TPY\d{3}")


@dataclass
class Block:
    """One example; `line` is that of its first line of code in `text`."""

    text: Path
    line: int
    source: str
    kind: str
    codes: frozenset[str] = frozenset()
    module: str = ""
    activities: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.text.stem}:{self.line}"


def parse(text: Path) -> list[Block]:
    """The Python blocks of `text`. Raises ValueError for a marker that is missing or not understood."""
    content = text.read_text(encoding="utf-8")
    blocks = []
    for fence in FENCE.finditer(content):
        language, source = fence.group(1), fence.group(2)
        if language not in ("python", "py"):
            continue
        line = content.count("\n", 0, fence.start()) + 2
        marker = MARKER.search(content[: fence.start()])
        if marker is None:
            raise ValueError(f"{text}:{line}: a Python block without a marker")
        blocks.append(block_of(text, line, source, marker.group(1), marker.group(2) or ""))
    return blocks


def block_of(text: Path, line: int, source: str, kind: str, rest: str) -> Block:
    block = Block(text, line, source, kind, module=f"example_{text.stem.lower().replace('-', '_')}_{line}")
    if kind == "wrong":
        codes = [code.strip() for code in rest.split(",")]
        if not all(CODE.fullmatch(code) for code in codes):
            raise ValueError(f"{text}:{line}: `wrong` needs codes, not {rest!r}")
        block.codes = frozenset(codes)
    elif kind == "fragment":
        if rest != "right":
            raise ValueError(f"{text}:{line}: a fragment is `fragment: right`, not {rest!r}")
    else:
        for item in filter(None, (item.strip() for item in rest.split(";"))):
            word, _, value = item.partition(" ")
            if word == "module" and value.isidentifier():
                block.module = value
            elif word == "activity" and value.endswith(")"):
                block.activities.append(value)
            else:
                raise ValueError(f"{text}:{line}: not understood: {item!r}")
    return block


def front_matter(text: Path) -> tuple[str, str]:
    """The front matter's YAML and the body. Raises ValueError where there is none."""
    match = re.match(r"---\n(.*?\n)---\n(.*)\Z", text.read_text(encoding="utf-8"), re.DOTALL)
    if match is None:
        raise ValueError(f"{text}: no front matter")
    return match.group(1), match.group(2)
