"""Front matter, held to the strictest of its readers, and the limits on the texts. Needs no linter."""

import re
from pathlib import Path

import pytest
import yaml

import blocks

TOOLS = {
    "Agent", "Artifact", "Bash", "Edit", "EnterWorktree", "ExitWorktree", "Glob", "Grep", "LSP", "Monitor",
    "NotebookEdit", "PowerShell", "Read", "SendMessage", "Skill", "TaskStop", "TodoWrite", "ToolSearch", "WebFetch",
    "WebSearch", "Write",
}  # fmt: skip
COLOURS = {"red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"}
AGENT_FIELDS = {"name", "description", "tools", "color", "model"}
SKILL_FIELDS = {"name", "description", "license", "compatibility", "metadata", "allowed-tools"}


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is given twice, where YAML readers take one or the other."""


def mapping_once(loader: StrictLoader, node: yaml.MappingNode) -> dict:
    keys = [loader.construct_object(key) for key, _ in node.value]
    if len(set(keys)) != len(keys):
        raise yaml.constructor.ConstructorError(None, None, f"a key is given twice: {keys}", node.start_mark)
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping_once)


def fields(text: Path) -> dict:
    return yaml.load(blocks.front_matter(text)[0], StrictLoader)


def body(text: Path) -> str:
    return blocks.front_matter(text)[1]


def test_agent_fields():
    agent = fields(blocks.AGENT)
    assert set(agent) == AGENT_FIELDS
    assert agent["name"] == blocks.AGENT.stem == "temporal-python"
    assert agent["color"] == "green" and agent["color"] in COLOURS
    assert agent["model"] == "inherit"
    tools = [tool.strip() for tool in agent["tools"].split(",")]
    assert len(set(tools)) == len(tools)
    assert set(tools) <= TOOLS
    assert {"Bash", "Read", "Edit"} <= set(tools)


def test_agent_description():
    description = fields(blocks.AGENT)["description"]
    assert 100 <= len(description) <= 1000
    assert re.search(r"[Uu]se (proactively )?when", description)


def test_agent_length():
    assert 700 <= len(body(blocks.AGENT).split()) <= 1100
    assert len(body(blocks.AGENT)) <= 8000


def test_skill_fields():
    skill = fields(blocks.SKILL / "SKILL.md")
    assert set(skill) <= SKILL_FIELDS
    assert skill["name"] == blocks.SKILL.name
    assert 100 <= len(skill["description"]) <= 1024
    assert len((blocks.SKILL / "SKILL.md").read_bytes()) <= 8000


@pytest.mark.parametrize("text", blocks.TEXTS, ids=lambda text: text.stem)
def test_text_is_for_every_harness(text: Path):
    content = text.read_text(encoding="utf-8")
    assert "${" not in content, "variables are not filled in outside a plugin"
    assert not re.search(r"(?<![\w.])v?1\.\d+\.\d+\b", content), "an SDK version goes out of date"


@pytest.mark.parametrize("text", blocks.TEXTS[1:], ids=lambda text: text.stem)
def test_page_is_short_and_its_links_lead_somewhere(text: Path):
    content = text.read_text(encoding="utf-8")
    assert len(content.splitlines()) <= 200
    for target in re.findall(r"\]\(([^)#]+)\)", content):
        assert (text.parent / target).is_file(), target


def test_skill_links_every_page():
    linked = set(re.findall(r"\]\(references/([\w-]+)\.md\)", (blocks.SKILL / "SKILL.md").read_text()))
    assert linked == {page.stem for page in (blocks.SKILL / "references").glob("*.md")}
