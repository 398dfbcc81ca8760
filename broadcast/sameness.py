"""Whether the texts of a broadcast say the same in every language: numbers, dates, times, phone numbers, links, blanks.

Compared as sets, so order and repetition are no difference; every language with the one that agrees best with all. What
can be meant by the other text is no difference either: "29 November" and "29/11", "3" and "three", a number with and
without the code of its country. A warning too many teaches people to pass over warnings.

Not looked at: signs (-5), weekdays, units and currencies, the same value said of something else, fractions of an hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from broadcast import values, written
from broadcast.values import ANY, PHONE_DIGITS, Sort, Value

MOST = 6  # findings of one language: more of them are another text


@dataclass(frozen=True, slots=True)
class Difference:
    """`locale` says `piece` where `other` says `there`; one of the two is empty where nothing stands for it."""

    sort: Sort
    locale: str
    other: str
    piece: str
    there: str


@dataclass(frozen=True, slots=True)
class _Said:
    """One text, read."""

    locale: str
    text: str
    values: Sequence[Value]


def differences(texts: Mapping[str, str], *, zone: str) -> list[Difference]:
    """What is not the same in the texts (locale -> text), language by language; `zone` is where they are read."""
    said = [_Said(locale, text, values.read(text, locale, zone)) for locale, text in texts.items()]
    apart = {(one.locale, other.locale): _left(one, other) for one, other in combinations(said, 2)}
    if not any(one or other for one, other in apart.values()):
        return []
    apart |= {(second, first): (other, one) for (first, second), (one, other) in apart.items()}
    best = min(
        said,
        key=lambda one: sum(len(left) + len(more) for (mine, _), (left, more) in apart.items() if mine == one.locale),
    )
    return [
        found
        for each in said
        if each is not best
        for found in _paired(each.locale, best.locale, *apart[each.locale, best.locale])[:MOST]
    ]


def _paired(locale: str, other: str, mine: Sequence[Value], theirs: Sequence[Value]) -> list[Difference]:
    """What only one of the two says, side by side by kind: of what looks most alike one stands for the other."""
    found = []
    for sort in Sort:
        pieces, left = ([value.piece for value in some if value.sort is sort] for some in (mine, theirs))
        for piece in pieces:
            there = max(left, key=lambda each: SequenceMatcher(None, piece, each).ratio(), default="")
            found.append(Difference(sort, locale, other, piece, there))
            left = [each for each in left if each != there]
        found += [Difference(sort, locale, other, "", there) for there in left]
    return found


def _left(one: _Said, other: _Said) -> tuple[list[Value], list[Value]]:
    """What the one says and the other does not, and the other way round."""
    mine, theirs = _without(one.values, other.values), _without(other.values, one.values)
    for alike in (_is_day, _is_hour, _is_line):
        for value in list(mine):
            meant = next((each for each in theirs if alike(value, each) or alike(each, value)), None)
            if meant is not None:
                mine.remove(value)
                theirs.remove(meant)
                _drop_month(mine, meant)
                _drop_month(theirs, value)
    return _unsaid(mine, other), _unsaid(theirs, one)


def _without(some: Sequence[Value], others: Sequence[Value]) -> list[Value]:
    """One of each that the others have not."""
    known = {_name(value) for value in others}
    first = {_name(value): value for value in reversed(some)}
    return [value for name, value in reversed(first.items()) if name not in known]


def _name(value: Value) -> tuple[str, str]:
    """What is equal in two texts; a long number may be written like one to call."""
    return ("number" if value.sort is Sort.PHONE else value.sort.value), value.key


def _is_day(one: Value, other: Value) -> bool:
    """The same date with and without its year, or its day alone."""
    if one.sort is not Sort.DATE:
        return False
    year, *day = one.key.split("-")
    if other.sort is Sort.DATE:
        there, *that = other.key.split("-")
        return day == that and ANY in (year, there)
    return other.sort is Sort.NUMBER and other.key == day[1]


def _drop_month(left: list[Value], matched: Value) -> None:
    """Of 29/11 the 11 goes with the 29."""
    if matched.sort is Sort.DATE:
        month = matched.key.split("-")[1]
        for each in [each for each in left if each.sort is Sort.NUMBER and each.key == month][:1]:
            left.remove(each)


def _is_hour(one: Value, other: Value) -> bool:
    """A time, and the number that says it: 15, 15.30 or 1530; of one without a part of the day 3 as well."""
    if one.sort is not Sort.TIME or other.sort is not Sort.NUMBER:
        return False
    hour, minute = divmod(int(one.key), written.HOUR)
    plain = {str(hour)} if minute == 0 else {f"{hour}.{minute:02}".rstrip("0")}
    return other.key in plain | {str(hour * 100 + minute)}


def _is_line(one: Value, other: Value) -> bool:
    """A phone number with and without the code of its country."""
    keys = sorted((one.key, other.key), key=len)
    are_numbers = {one.sort, other.sort} <= {Sort.PHONE, Sort.NUMBER}
    return are_numbers and len(keys[0]) >= PHONE_DIGITS and keys[1].endswith(keys[0])


def _unsaid(left: Sequence[Value], other: _Said) -> list[Value]:
    """Without what the other says in words."""
    return [value for value in left if not _is_in_words(value, other)]


def _is_in_words(value: Value, other: _Said) -> bool:
    word = None
    if value.sort is Sort.NUMBER and value.key.isdecimal():
        word = written.has_word(other.locale, int(value.key))
    if value.sort is Sort.TIME:
        word = written.has_hour(other.locale, int(value.key))
    return word is not None and word.search(other.text) is not None
