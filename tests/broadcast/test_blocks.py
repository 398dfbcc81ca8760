"""A frozen audience lies in blocks: everybody in one, in an order that is another for each broadcast and then stays."""

import pytest
from sqlalchemy.orm import Session

from broadcast import audience, blocks
from broadcast.audience import Rule
from broadcast.blocks import Block
from tests.broadcast.places import NOW, Place, ready, rest_of, settle, subscriber


def settled(session: Session, *, people: int, without: int = 0) -> tuple[Place, Rule, list[int]]:
    """So many people who hold the topic; before each of them so many who do not."""
    place, ids = settle(session), []
    for _ in range(people):
        for _ in range(without):
            subscriber(session, place, at=[place.free], cadence=None)
        ids.append(subscriber(session, place, at=[place.free]).id)
    return place, audience.rule_of(session, ready(session, place), now=NOW), ids


def surveyed(session: Session, rule: Rule, *, size: int, seed: int = 1) -> list[Block]:
    whole = blocks.bounds(session, rule)
    assert whole is not None
    opened = blocks.opening(session, rule, whole, seed=seed, size=size)
    return [opened, *rest_of(session, rule, whole, opened, seed=seed, size=size)]


def inside(ids: list[int], block: Block) -> list[int]:
    return [id for id in ids if block[0] <= id <= block[1]]


def test_an_audience_of_nobody_has_no_bounds(session: Session) -> None:
    _, rule, _ = settled(session, people=0)
    assert blocks.bounds(session, rule) is None


def test_whoever_comes_after_the_launch_is_not_in_a_frozen_audience(session: Session) -> None:
    place, rule, ids = settled(session, people=5)
    found = blocks.bounds(session, rule)
    subscriber(session, place, at=[place.free])
    assert found == (ids[0], ids[-1])


@pytest.mark.parametrize("without", [0, 3])
@pytest.mark.parametrize("people", [1, 7, 8, 9, 40])
def test_everybody_is_in_exactly_one_block_and_no_block_holds_too_many(
    session: Session, people: int, without: int
) -> None:
    _, rule, ids = settled(session, people=people, without=without)
    for seed in range(12):
        found = surveyed(session, rule, size=8, seed=seed)
        assert sorted(id for block in found for id in inside(ids, block)) == ids
        assert all(1 <= len(inside(ids, block)) <= 8 for block in found)
        assert all(first <= last for first, last in found)


def test_the_first_block_is_another_for_each_broadcast_and_full(session: Session) -> None:
    _, rule, ids = settled(session, people=40)
    openings = [surveyed(session, rule, size=8, seed=seed)[0] for seed in range(50)]
    assert len(set(openings)) > 15
    assert {len(inside(ids, opened)) for opened in openings} == {8}
    assert set(ids) == {id for opened in openings for id in inside(ids, opened)}


def test_who_all_fit_into_the_first_block_leave_at_once(session: Session) -> None:
    _, rule, ids = settled(session, people=8, without=2)
    assert surveyed(session, rule, size=8) == [(ids[0], ids[-1])]


def test_the_order_of_blocks_is_another_for_each_broadcast_and_always_the_same_for_one(session: Session) -> None:
    _, rule, ids = settled(session, people=60)
    orders = {tuple(surveyed(session, rule, size=6, seed=seed)) for seed in range(30)}
    assert len(orders) == 30
    assert surveyed(session, rule, size=6, seed=3) == surveyed(session, rule, size=6, seed=3)
    lasts = {id for order in orders for id in inside(ids, order[-1])}
    assert len(lasts) > 40


@pytest.mark.parametrize("size", [8, blocks.SIZE])
def test_inside_a_block_people_are_shuffled_and_a_second_look_finds_the_same_order(session: Session, size: int) -> None:
    place, rule, ids = settled(session, people=40)

    def looked(seed: int) -> dict[int, list[int]]:
        found = blocks.people(session, rule, (ids[0], ids[-1]), seed=seed, size=size)
        return {sender: list(some) for sender, some in found.items()}

    assert sorted(looked(1)[place.free.id]) == ids
    assert looked(1)[place.free.id] != ids
    assert looked(1) == looked(1)
    assert looked(1) != looked(2)
