"""Everything a reader may meet is written down: states, refusals, settings, commands, and who may call which route."""

import ast
import re

import pytest

from tests.house import tree

GLOSSARY = "docs/glossary.md"
STATES = ("broadcast/states.py", "delivery/states.py")
CONTRACT = "channels/contract.py"


@pytest.mark.parametrize("file", STATES)
def test_every_state_stands_in_the_glossary(file: str) -> None:
    words = [word for enum in _classes(file, "StrEnum") for word in _members(enum)]
    assert words, f"{file} holds no StrEnum: has it moved?"
    _assert_written(words, GLOSSARY)


def test_every_refusal_stands_in_the_glossary() -> None:
    refusals = [node.name for node in _classes(CONTRACT, "Refusal", "Exception")]
    assert {"Throttled", "Unavailable", "Rejected", "Unreachable", "Misconfigured"} <= set(refusals)
    _assert_written(refusals, GLOSSARY)


def test_every_setting_is_explained_to_operators() -> None:
    import config

    for file in (".env.example", "docs/operations.md"):
        _assert_written(config.names(), file)


def test_the_example_of_settings_names_nothing_that_is_not_one() -> None:
    import config

    known = set(config.names())
    named = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", tree.text_of(".env.example"), re.MULTILINE))
    assert named <= known, f"remove {sorted(named - known)} from .env.example, or add it to config.py"


def _classes(file: str, *bases: str) -> list[ast.ClassDef]:
    nodes = tree.syntax(tree.ROOT / file).body
    return [n for n in nodes if isinstance(n, ast.ClassDef) and {ast.unparse(base) for base in n.bases} & {*bases}]


def _members(enum: ast.ClassDef) -> list[str]:
    values = [node.value for node in enum.body if isinstance(node, ast.Assign)]
    return [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]


def _assert_written(words: list[str], *files: str) -> None:
    text = tree.text_of(*files)
    missing = [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE)]
    assert not missing, f"write a line about each of these into {' or '.join(files)}: {', '.join(missing)}"
