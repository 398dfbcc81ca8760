"""Every verb that is written to the audit anywhere has plain words for those who read it."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from bot.dialogs.auditing import DEEDS
from broadcast.states import Aftercare, Ruling
from delivery.states import Stage
from helpdesk.models import QuestionState
from locales import texts
from tests.house import tree

VERB = re.compile(r"[a-z]+\.[a-z_{}]+")
NOTES = frozenset({"note", "_note", "_note_change"})
SETTLED = frozenset(QuestionState) - {QuestionState.OPEN}
FORMED: dict[str, Iterable[str]] = {
    "broadcast.{ruling}": Ruling,
    "broadcast.{care}_begun": Aftercare,
    "question.{state}": SETTLED,
    "bulletin.{deed}": ("released", "released_without", "let_go", "lapsed"),
    "prepared.{what}": ("written", "changed", "removed", "approved", "differences_meant"),
    "command.{done}": ("launched", "paused", "resumed", "cancelled"),
    "agency.approvals_{what}": ("set", "removed", "hours"),
    "template.{there}": [stage for stage in Stage if stage not in (Stage.WRITTEN, Stage.PENDING, Stage.LEAVING)],
    "sender.paid_{'on' if is_paid else 'off'}": ("on", "off"),
}
"""Verbs put together when they are written, and what is put in."""


def _strings(node: ast.AST) -> Iterator[str]:
    """The verbs of an argument as they are written: `a.b`, or `a.{b}` of what is put together."""
    match node:
        case ast.Constant(value=str(said)):
            yield said
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else _hole(part) for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_strings(one), *_strings(other))


def _hole(part: ast.AST) -> str:
    return f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else ""


def _said(tree_of_file: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree_of_file):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in NOTES:
            for argument in (*node.args, *(each.value for each in node.keywords)):
                yield from _strings(argument)
        if isinstance(node, ast.Assign) and "verb" in ast.unparse(node.targets[0]):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            yield from (said for value in values for said in _strings(value))


def verbs() -> set[str]:
    """Every verb in the code; one put together as all that it can be."""
    files = tree.python_files(*tree.ROOMS, *tree.HALL)
    found = {said for path in files for said in _said(tree.syntax(path)) if VERB.match(said)}
    formed = {said for said in found if "{" in said}
    assert formed <= set(FORMED), f"say in FORMED what is put into {sorted(formed - set(FORMED))}"
    whole = {re.sub(r"\{.*\}", str(value), said) for said in formed & set(FORMED) for value in FORMED[said]}
    return (found - formed) | whole


def test_the_verbs_are_found_wherever_they_are_written() -> None:
    assert {"broadcast.launched", "broadcast.recall_begun", "officer.code_wrong", "sender.added"} <= verbs()
    assert {"agency.approvals_set", "command.paused", "question.closed", "answer.changed"} <= verbs()


def test_every_verb_of_the_audit_has_plain_words() -> None:
    bare = sorted(verb for verb in verbs() if verb not in DEEDS and verb.partition(".")[0] not in DEEDS)
    assert not bare, f"say in bot/dialogs/auditing.py, DEEDS, what these are in plain words: {', '.join(bare)}"


@pytest.mark.parametrize("deed", sorted(set(DEEDS.values())))
def test_each_deed_is_said_in_every_language(deed: str) -> None:
    said = {texts.say(f"audit.deed.{deed}", locale) for locale in ("en", "zh_Hans", "ms", "ta")}
    assert len(said) == 4
