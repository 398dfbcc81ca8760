"""The language of segments: a text becomes a tree, or an error that names the place. Pure, but for the catalogs.

    either   = both ("or" both)*
    both     = negation ("and" negation)*
    negation = "not" negation | "(" either ")" | term
    term     = field (":" | "=") value ("," value)*  |  field ("<" | "<=" | ">" | ">=") day

Words may be those of any language that has a catalog; signs, brackets and commas may be full-width. Written by hand
and not with a library: docs/adr/0019-segments.md.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from subscribers.segments import vocabulary
from subscribers.segments.flaws import BadSegment, Flaw
from subscribers.segments.names import Known, Unknown
from subscribers.segments.tree import (
    DATED,
    DEEPEST,
    LONGEST,
    MOST_TERMS,
    MOST_VALUES,
    Field,
    Not,
    Sign,
    Term,
    Tree,
    both,
    either,
)
from subscribers.segments.vocabulary import Joint

TOKEN = re.compile(
    r"""(?P<open>[(（]) | (?P<close>[)）]) | (?P<comma>[,，、]) | (?P<sign>[<>＜＞][=＝]|[:：=＝<>＜＞≤≥])
    | (?P<quoted>"(?:[^"]|"")*"|[“”„][^"“”„]*[“”„]) | (?P<word>[^\s()（），,、:：=＝<>＜＞≤≥"“”„]+)""",
    re.VERBOSE,
)
SIGNS = {"=": ":", "≤": "<=", "≥": ">="}
DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: its kind (a group of TOKEN, or "end"), what it says, where it begins."""

    kind: str
    said: str
    at: int


def read(text: str, known: Known | None = None) -> Tree:
    """The tree of a text. With `known`, names become the agency's keys; without, they are taken as they stand, which
    is for texts that were read before. Raises BadSegment.
    """
    if len(text) > LONGEST:
        raise BadSegment(Flaw.TOO_LONG, LONGEST)
    reader = _Reader(_tokens(text), known)
    if reader.here.kind == "end":
        raise BadSegment(Flaw.EMPTY, 0)
    tree = reader.either(0)
    if reader.here.kind != "end":
        raise BadSegment(Flaw.NO_JOINT, reader.here.at, reader.here.said)
    return tree


def _tokens(text: str) -> list[Token]:
    found, at = list[Token](), 0
    while (rest := text[at:].lstrip()) != "":
        at = len(text) - len(rest)
        token = TOKEN.match(text, at)
        if token is None:
            raise BadSegment(Flaw.NO_END, at, text[at])
        found.append(Token(str(token.lastgroup), token[0], at))
        at = token.end()
    return [*found, Token("end", "", len(text))]


class _Reader:
    """Goes over the tokens once; one method for each line of the grammar."""

    def __init__(self, tokens: Sequence[Token], known: Known | None) -> None:
        self._tokens, self._known = tokens, known
        self._place, self._terms, self._values = 0, 0, 0

    @property
    def here(self) -> Token:
        return self._tokens[self._place]

    def either(self, depth: int) -> Tree:
        parts = [self._both(depth)]
        while self._takes(Joint.OR):
            parts.append(self._both(depth))
        return either(parts)

    def _both(self, depth: int) -> Tree:
        parts = [self._negation(depth)]
        while self._takes(Joint.AND):
            parts.append(self._negation(depth))
        return both(parts)

    def _negation(self, depth: int) -> Tree:
        opened = self.here
        if depth > DEEPEST:
            raise BadSegment(Flaw.TOO_DEEP, opened.at, opened.said)
        if self._takes(Joint.NOT):
            return Not(self._negation(depth + 1))
        if opened.kind != "open":
            return self._term()
        self._place += 1
        inner = self.either(depth + 1)
        if self.here.kind == "close":
            self._place += 1
            return inner
        if self.here.kind == "end":
            raise BadSegment(Flaw.NO_END, opened.at, opened.said)
        raise BadSegment(Flaw.NO_JOINT, self.here.at, self.here.said)

    def _term(self) -> Tree:
        named = self._next("word", Flaw.NO_TERM)
        field = vocabulary.field(named.said)
        if field is None and vocabulary.joint(named.said) is not None:
            raise BadSegment(Flaw.NO_TERM, named.at, named.said)
        if field is None:
            raise BadSegment(Flaw.NO_FIELD, named.at, named.said, [*Field], vocabulary.near(named.said))
        signed = self._next("sign", Flaw.NO_SIGN)
        plain = unicodedata.normalize("NFKC", signed.said)
        sign = Sign(SIGNS.get(plain, plain))
        self._terms += 1
        if self._terms > MOST_TERMS:
            raise BadSegment(Flaw.TOO_MANY, named.at, named.said)
        is_list = sign is Sign.IS
        if is_list is (field in DATED):
            raise BadSegment(
                Flaw.WRONG_SIGN, signed.at, f"{named.said}{signed.said}", [*Sign][1:] if is_list else [":"]
            )
        return Term(field, Sign.IS, self._list(field)) if is_list else Term(field, sign, (self._day(),))

    def _list(self, field: Field) -> tuple[str, ...]:
        values = [self._value(field)]
        while self.here.kind == "comma":
            self._place += 1
            values.append(self._value(field))
        return tuple(dict.fromkeys(values))

    def _value(self, field: Field) -> str:
        token = self.here if self.here.kind == "quoted" else None
        token = self._next("quoted" if token else "word", Flaw.NO_VALUE)
        said = token.said[1:-1].replace('""', '"') if token.kind == "quoted" else token.said
        self._values += 1
        if self._values > MOST_VALUES:
            raise BadSegment(Flaw.TOO_MANY, token.at, said)
        if self._known is None:
            return said
        try:
            return self._known.key(field, said)
        except Unknown as unknown:
            flaw = Flaw.AMBIGUOUS if unknown.is_ambiguous else Flaw.UNKNOWN
            bad = BadSegment(flaw, token.at, said, unknown.possible, unknown.meant)
            bad.field = field
            raise bad from unknown

    def _day(self) -> str:
        token = self._next("word", Flaw.NO_DAY)
        if DAY.fullmatch(token.said) is None:
            raise BadSegment(Flaw.NO_DAY, token.at, token.said)
        try:
            return date.fromisoformat(token.said).isoformat()
        except ValueError as error:
            raise BadSegment(Flaw.NO_DAY, token.at, token.said) from error

    def _next(self, kind: str, flaw: Flaw) -> Token:
        token = self.here
        if token.kind != kind:
            raise BadSegment(flaw, token.at, token.said)
        self._place += 1
        return token

    def _takes(self, joint: Joint) -> bool:
        is_here = self.here.kind == "word" and vocabulary.joint(self.here.said) is joint
        self._place += is_here
        return is_here
