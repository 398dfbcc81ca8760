"""Finding phrases in a normalised text, whatever the script. Pure."""

from collections.abc import Iterable, Set


class Lexicon:
    """Phrases, found quickly: heads that carry a meaning, and others that may stand around them."""

    def __init__(self, heads: Set[str], others: Set[str] = frozenset()) -> None:
        self._steps: dict[str, list[tuple[str, bool]]] = {" ": [(" ", False)]}
        for phrase in sorted(heads | others):
            self._steps.setdefault(phrase[0], []).append((phrase, phrase in heads))

    def makes(self, said: str) -> bool:
        """Whether a text is made of these phrases and nothing else, at least one of them a head."""
        reached: dict[int, bool] = {0: False}
        for start in range(len(said)):
            if start in reached:
                for phrase, is_head in self._at(said, start):
                    end = start + len(phrase)
                    reached[end] = reached.get(end, False) or reached[start] or is_head
        return reached.get(len(said), False)

    def is_in(self, said: str) -> bool:
        """Whether one of the phrases stands anywhere in a text."""
        return any(phrase != " " for start in range(len(said)) for phrase, _ in self._at(said, start))

    def _at(self, said: str, start: int) -> Iterable[tuple[str, bool]]:
        for phrase, is_head in self._steps.get(said[start], ()):
            if said.startswith(phrase, start) and _is_whole(said, start, phrase):
                yield phrase, is_head


def _is_whole(said: str, start: int, phrase: str) -> bool:
    """Words stand between spaces; Chinese words stand where they like."""
    if phrase == " " or "\u3400" <= phrase[0] <= "\u9fff":
        return True
    end = start + len(phrase)
    return (start == 0 or said[start - 1] == " ") and (end == len(said) or said[end] == " ")
