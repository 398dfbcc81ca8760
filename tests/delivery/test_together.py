"""Asking one by one, being done at once: the order, the size of groups, and whose error is whose."""

import asyncio
from collections.abc import Sequence

import pytest

from delivery.together import Together


class Register:
    """Doubles numbers, and remembers in which groups it was asked. What is in `broken` raises."""

    def __init__(self, *broken: int, error: type[Exception] = ValueError) -> None:
        self.groups: list[list[int]] = []
        self.broken = set(broken)
        self.error = error

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.groups.append(list(numbers))
        await asyncio.sleep(0)
        if self.broken & set(numbers):
            raise self.error(f"among {list(numbers)}")
        return [2 * number for number in numbers]


def test_who_asks_alone_waits_for_nobody_and_who_comes_meanwhile_is_the_next_group() -> None:
    register, together = Register(), Together[int, int](3)

    async def asked() -> list[int]:
        return await asyncio.gather(*(together.ask(number, register.double) for number in range(8)))

    assert asyncio.run(asked()) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert register.groups == [[0, 1, 2], [3, 4, 5], [6, 7]]


def test_one_who_is_at_fault_hurts_nobody_else() -> None:
    register, together = Register(2), Together[int, int](8)

    async def asked() -> list[int | BaseException]:
        asking = (together.ask(number, register.double) for number in range(4))
        return await asyncio.gather(*asking, return_exceptions=True)

    answers = asyncio.run(asked())
    assert [answers[0], answers[1], answers[3]] == [0, 2, 6]
    assert isinstance(answers[2], ValueError)


def test_an_error_that_is_everybodys_is_told_to_all_and_not_met_again() -> None:
    register, together = Register(2, error=ConnectionError), Together[int, int](8, everybodys=(ConnectionError,))

    async def asked() -> list[int | BaseException]:
        asking = (together.ask(number, register.double) for number in range(4))
        answers = await asyncio.gather(*asking, return_exceptions=True)
        return [*answers, await together.ask(7, register.double)]

    answers = asyncio.run(asked())
    assert [type(answer) for answer in answers] == [ConnectionError] * 4 + [int]
    assert register.groups == [[0, 1, 2, 3], [7]]


def test_who_is_cancelled_while_waiting_costs_the_others_nothing() -> None:
    register, together = Register(), Together[int, int](8)

    async def asked() -> int:
        impatient = asyncio.ensure_future(together.ask(1, register.double))
        patient = asyncio.ensure_future(together.ask(2, register.double))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert asyncio.run(asked()) == 4
