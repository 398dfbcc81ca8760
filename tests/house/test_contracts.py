"""The two import rules of our own break when they should, and only then."""

import pytest
from grimp import ImportGraph

from tests.house.contracts import Never, Only

ROOMS = {"root_packages": ["bot", "channels", "delivery"]}


def _graph(*imports: str) -> ImportGraph:
    graph = ImportGraph()
    for module in ("bot", "channels", "channels.contract", "channels.telegram", "channels.whatsapp", "delivery"):
        graph.add_module(module)
    for pair in imports:
        importer, imported = pair.split(" -> ")
        graph.add_import(importer=importer, imported=imported)
    return graph


def _found(contract: Only | Never, graph: ImportGraph) -> list[str]:
    check = contract.check(graph, verbose=False)
    found: list[str] = check.metadata["found"]
    assert check.kept is not bool(found)
    return found


def _only() -> Only:
    options = {
        "packages": ["channels.*"],
        "allowed": ["channels.contract"],
        "also": ["channels.whatsapp -> channels.x"],
    }
    return Only("channels", ROOMS, options)


@pytest.mark.parametrize(
    "fine",
    [
        "channels.telegram.channel -> channels.contract",
        "channels.telegram.channel -> channels.telegram.words",
        "channels.telegram.channel -> telegram",
        "channels.whatsapp.channel -> channels.x",
        "delivery.dispatch -> channels.contract",
    ],
)
def test_a_channel_may_import_the_contract_itself_and_its_sdk(fine: str) -> None:
    assert _found(_only(), _graph(fine)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "channels.telegram.channel -> delivery.states",
        "channels.telegram -> channels.whatsapp.words",
        "channels.telegram.channel -> channels.x",
        "channels.telegram.channel -> config",
    ],
)
def test_a_channel_may_import_nothing_else_of_ours(wrong: str) -> None:
    assert _found(_only(), _graph(wrong)) == [wrong.replace("->", "imports")]


def test_a_pure_module_may_not_reach_a_library_by_a_detour() -> None:
    graph = _graph("delivery.states -> delivery.words", "delivery.words -> sqlalchemy", "delivery.models -> sqlalchemy")
    never = Never("pure", ROOMS, {"modules": ["delivery.states", "delivery.gone"], "never": ["sqlalchemy", "flask"]})
    assert _found(never, graph) == ["delivery.states -> delivery.words -> sqlalchemy"]


def test_a_room_may_not_reach_inside_a_channel() -> None:
    never = Never("registry", ROOMS, {"modules": ["delivery", "bot"], "never": ["channels.*.*"]})
    graph = _graph("bot.conversation -> channels.telegram.words", "delivery.dispatch -> channels.contract")
    assert _found(never, graph) == ["bot.conversation -> channels.telegram.words"]
