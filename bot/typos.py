"""A stop with one letter wrong, told from an ordinary word that only looks like it. Pure.

What a slip looks like depends on the script: a Latin letter is missed, doubled, swapped or hit beside; in Chinese a
character is taken that sounds the same; in Tamil letters of one sound are confused. Only a whole short text counts,
with one slip in it.
"""

from collections.abc import Iterable, Iterator
from enum import Enum

from bot import mistypings, wordbook
from bot.wordbook import Wordbook

SHORT = 40  # characters, and at most so many words
WORDS = 6


class Slip(Enum):
    """What a text with a slip in it is."""

    STOP = "stop"
    DOUBTFUL = "doubtful"  # a stop, or the ordinary word that it spells: we ask


def meant(said: str) -> Slip | None:
    """What a normalised text means once the one slip in it is taken back; None where that makes it no stop."""
    if len(said) > SHORT or said in mistypings.ORDINARY:
        return None
    book = wordbook.present()
    return _in_latin(said, book) or _in_sounds(said, book)


def is_one_off(word: str, target: str) -> bool:
    """Whether one letter missed, doubled, changed or swapped with its neighbour lies between two words."""
    if word == target or abs(len(word) - len(target)) > 1:
        return False
    if len(word) == len(target):
        wrong = [place for place in range(len(word)) if word[place] != target[place]]
        return len(wrong) == 1 or (
            len(wrong) == 2 and wrong[1] == wrong[0] + 1 and word[wrong[0]] + word[wrong[1]] == _swapped(target, wrong)
        )
    short, long = sorted((word, target), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


def _swapped(target: str, places: list[int]) -> str:
    return target[places[1]] + target[places[0]]


def _in_latin(said: str, book: Wordbook) -> Slip | None:
    words = said.split()
    if len(words) > WORDS:
        return None
    if "".join(words) in book.targets or any(_makes(book, _put(words, split)) for split in _splits(words, book)):
        return Slip.STOP
    unknown = [place for place, word in enumerate(words) if word not in book.known]
    if len(unknown) != 1 or len(words[unknown[0]]) < 3:
        return None
    return _of_a_word(words, unknown[0], book)


def _of_a_word(words: list[str], place: int, book: Wordbook) -> Slip | None:
    word = words[place]
    if word in mistypings.ORDINARY:
        return None
    found = [target for target in _near(word, book) if _makes(book, _put(words, (place, target)))]
    if not found:
        return None
    is_doubtful = word in mistypings.DOUBTFUL or word[-1].isdigit() or not set(found) - book.own_targets
    return Slip.DOUBTFUL if is_doubtful else Slip.STOP


def _near(word: str, book: Wordbook) -> Iterator[str]:
    """The words one letter away: Latin ones of the vocabulary, and whatever a catalog brought."""
    targets: Iterable[str] = (each for each in book.targets if each.isascii()) if word.isascii() else ()
    yield from (target for target in (*targets, *book.own_targets) if is_one_off(word, target))
    if word.isascii():
        yield from (noun for noun in mistypings.LONG_NOUNS if is_one_off(word, noun))


def _splits(words: list[str], book: Wordbook) -> Iterator[tuple[int, str]]:
    """ "stopmessages": one word cut in two."""
    for place, word in enumerate(words):
        if word.isascii() and word not in book.known and word not in mistypings.ORDINARY:
            yield from ((place, f"{word[:cut]} {word[cut:]}") for cut in range(2, len(word) - 1))


def _in_sounds(said: str, book: Wordbook) -> Slip | None:
    variants = (*_replaced(said), *_doubled(said))
    return Slip.STOP if any(_makes(book, variant) for variant in variants) else None


def _replaced(said: str) -> Iterator[str]:
    """One Chinese or Tamil character as it may have been meant."""
    for place, letter in enumerate(said):
        for right in mistypings.NEAR.get(letter, ""):
            yield said[:place] + right + said[place + 1 :]


def _doubled(said: str) -> Iterator[str]:
    """One Tamil consonant written once that stands twice: நிறுது for நிறுத்து."""
    for place, letter in enumerate(said):
        if letter in mistypings.DOUBLING and said[place + 1 : place + 2] != mistypings.PULLI:
            yield f"{said[:place]}{letter}{mistypings.PULLI}{said[place:]}"
            if said[place + 1 : place + 2] == letter:
                yield f"{said[: place + 1]}{mistypings.PULLI}{said[place + 1 :]}"


def _put(words: list[str], change: tuple[int, str]) -> str:
    place, word = change
    return " ".join([*words[:place], word, *words[place + 1 :]])


def _makes(book: Wordbook, said: str) -> bool:
    return book.clear.makes(said) and not book.negated.is_in(said)
