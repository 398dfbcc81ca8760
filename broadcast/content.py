"""What a broadcast says: how it looks when it leaves, and what must be put right before it may. Pure.

A message is a heading (topic or agency, the short code, when it was sent), the text, and how to stop. Outside a
reply window some channels send approved wording instead, with heading and text as its variables {{1}} and {{2}}.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from broadcast import characters, sameness, values
from broadcast.sameness import Difference
from channels.contract import Limits, MediaKind

PURPOSE = "announcement"  # of the approved wordings that carry a broadcast
SIGNS = {MediaKind.PHOTO: "🖼", MediaKind.DOCUMENT: "📎", MediaKind.LOCATION: "📍"}
KILOBYTE = 1024
SENTENCE_ENDS = ".!?:;,。！？：；，…-–—•"


class Flaw(StrEnum):
    """What can be wrong with a broadcast that is not ready. The officers' text for it is "problem.<value>"."""

    NO_TEXT = "no_text"  # in no language at all
    EMPTY = "empty"
    MISSING = "missing"  # a caution: an enabled language without a text, and no fallback: its readers get nothing
    BAD_FALLBACK = "bad_fallback"  # the fallback language has no text itself
    UNREADABLE = "unreadable"  # control characters, or marks that turn the direction of reading
    TOO_LONG = "too_long"
    TEMPLATE_TOO_LONG = "template_too_long"
    NO_TEMPLATE = "no_template"  # a caution: who is outside the reply window is not reached
    NO_SENDER = "no_sender"
    BLANK = "blank"  # a blank like {area} that nobody filled in
    DIFFERS = "differs"  # a caution: a number, a date, a link ... is another one than in the other language
    NOT_SAID = "not_said"  # a caution: another language says it, this one does not
    SAID_ALONE = "said_alone"  # a caution: only this language says it
    WRONG_SCRIPT = "wrong_script"  # a caution: in another script than its language's, as when two texts are swapped
    MEDIA_TOO_LARGE = "media_too_large"  # for a channel
    MEDIA_GONE = "media_gone"  # the draft is so old that we have let go of it
    MEDIA_NOT_SHOWN = "media_not_shown"  # a caution: a channel does not show such, so its people read the alternative
    MEDIA_WINDOW = "media_window"  # a caution: approved wording carries none, so those outside the window read it too
    TWO_MESSAGES = "two_messages"  # a caution: the text and its picture do not fit into one
    NO_ALTERNATIVE = "no_alternative"  # a caution: nobody said in a language what the picture shows


CAUTIONS = frozenset(
    {Flaw.NO_TEMPLATE, Flaw.MISSING, Flaw.WRONG_SCRIPT, Flaw.DIFFERS, Flaw.NOT_SAID, Flaw.SAID_ALONE}
    | {Flaw.MEDIA_NOT_SHOWN, Flaw.MEDIA_WINDOW, Flaw.TWO_MESSAGES, Flaw.NO_ALTERNATIVE}
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where, and for lengths what is allowed and what it is, as the channel counts.

    `piece` is the place in the text, `there` what stands for it in the language `other`.
    """

    flaw: Flaw
    locale: str | None = None
    channel: str | None = None
    limit: int | None = None
    actual: int | None = None
    piece: str = ""
    other: str | None = None
    there: str = ""

    @property
    def key(self) -> str:
        """The key of the sentence for the officer."""
        return f"problem.{self.flaw}"

    @property
    def is_caution(self) -> bool:
        """Whether it may leave all the same."""
        return self.flaw in CAUTIONS


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a text in one locale; `closing` ends a drill, also where approved wording leaves instead.

    `sent_at` is the line that says when it was sent, `longest` the longest it may yet become: what is measured. Neither
    is confirmed by anybody, so the fingerprint leaves them out.
    """

    heading: str
    footer: str
    sent_at: str = ""
    longest: str = ""
    closing: str = ""

    @property
    def top(self) -> str:
        """All that stands above the text."""
        return "\n".join(part for part in (self.heading, self.sent_at) if part)

    @property
    def widened(self) -> "Frame":
        """The frame at its longest."""
        return replace(self, sent_at=self.longest or self.sent_at)


@dataclass(frozen=True, slots=True)
class Way:
    """One channel a broadcast may leave by; `templates` is locale -> approved wording with {{1}} and {{2}}."""

    channel: str
    limits: Limits
    templates: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beside:
    """The picture, document or location beside the text, and locale -> what it shows in words. `link` is a map's."""

    kind: MediaKind
    key: str
    mime_type: str = ""
    size: int = 0
    title: str = ""
    link: str = ""
    alternatives: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False

    def words(self, locale: str) -> str:
        """What stands for it in a language; of a location at least its name."""
        return self.alternatives.get(locale, "") or self.title

    def added(self, locale: str, text: str) -> str:
        """A text for whoever does not see it."""
        words = " ".join(part for part in (self.words(locale), self.link) if part)
        return f"{text}\n\n{SIGNS[self.kind]} {words}" if words else text


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that is said: locale -> text, locale -> frame, the locales to be served and what the others get."""

    texts: Mapping[str, str]
    frames: Mapping[str, Frame]
    locales: Sequence[str]
    fallback: str | None
    beside: Beside | None = None
    has_preview: bool = True

    def source_of(self, locale: str) -> str | None:
        """The locale whose text people of `locale` read; None: they get nothing."""
        if locale in self.texts:
            return locale
        return self.fallback if self.fallback in self.texts else None


def rendered(frame: Frame, text: str) -> str:
    """The message as it leaves."""
    return "\n\n".join(part for part in (frame.top, text, frame.closing, frame.footer) if part)


def flattened(text: str) -> str:
    """The text on one line, as a template's variable must be.

    No line break, tab or run of blanks may stand in a variable (Twilio 63013). A break after a finished sentence or a
    dash becomes a blank, any other a middle dot, so that lists stay lists.
    """
    parts = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    joined = "".join(part + (" " if part[-1] in SENTENCE_ENDS else " · ") for part in parts[:-1])
    return joined + (parts[-1] if parts else "")


def variables(frame: Frame, text: str) -> dict[str, str]:
    """The values of an announcement template's variables."""
    return {"1": flattened(frame.top), "2": flattened("\n".join(part for part in (text, frame.closing) if part))}


def filled(body: str, values: Mapping[str, str]) -> str:
    """An approved wording with its variables filled in, as the person sees it."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], ""), body)


def check(script: Script, ways: Sequence[Way]) -> list[Problem]:
    """All that must be put right before this may leave by these ways, and what deserves caution. Empty: ready."""
    if not script.texts:
        return [Problem(Flaw.NO_TEXT), *_illustrated(script, ways)]
    found = list(_gaps(script))
    for locale, text in script.texts.items():
        found += check_text(script.frames[locale], locale, text, ways, beside=script.beside)
    found += _illustrated(script, ways)
    return found if ways else [*found, Problem(Flaw.NO_SENDER)]


def differences(texts: Mapping[str, str], *, zone: str) -> list[Problem]:
    """What is not the same in texts (locale -> text) that are read in a time zone, each with its language and place."""
    found = sameness.differences(texts, zone=zone)
    return [Problem(_flaw(each), each.locale, piece=each.piece, other=each.other, there=each.there) for each in found]


def check_text(
    frame: Frame, locale: str, text: str, ways: Sequence[Way], *, beside: Beside | None = None
) -> list[Problem]:
    """What is wrong with one text by itself; of several limits it is over, the tightest.

    It has to leave room for the words that stand for its media.
    """
    found = list(_faults(locale, text))
    whole = beside.added(locale, text) if beside else text
    measured = [problem for way in ways for problem in _measured(way, frame, locale, text, whole)]
    over = [problem for problem in measured if problem.limit is not None]
    found += sorted(over, key=lambda problem: problem.limit or 0)[:1]
    return found + list(dict.fromkeys(problem for problem in measured if problem.limit is None))


def fits(frame: Frame, locale: str, text: str, ways: Sequence[Way]) -> bool:
    """Whether this text would be short enough in this locale for every way."""
    return all(problem.limit is None for way in ways for problem in _measured(way, frame, locale, text, text))


def fingerprint(script: Script, **rule: str | int | bool | Sequence[str] | None) -> str:
    """A hash (hex, 64 characters) of everything that will be sent and the rule who gets it: any edit changes it."""
    said = {"texts": dict(script.texts), "fallback": script.fallback, "locales": sorted(script.locales)}
    framed = {locale: _around(script.frames[locale]) for locale in script.texts}
    shown = [script.beside.key, dict(script.beside.alternatives)] if script.beside else None
    canonical = json.dumps(
        [said, framed, shown, script.has_preview, rule], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _around(frame: Frame) -> list[str]:
    return [part for part in (frame.heading, frame.closing) if part] + [frame.footer]


def _flaw(found: Difference) -> Flaw:
    if not found.piece:
        return Flaw.NOT_SAID
    return Flaw.DIFFERS if found.there else Flaw.SAID_ALONE


def _gaps(script: Script) -> Iterator[Problem]:
    if script.fallback is not None and script.fallback not in script.texts:
        yield Problem(Flaw.BAD_FALLBACK, script.fallback)
    for locale in script.locales:
        if script.fallback is None and locale not in script.texts:
            yield Problem(Flaw.MISSING, locale)


def _illustrated(script: Script, ways: Sequence[Way]) -> Iterator[Problem]:
    """What the officer should know of the media: where they cannot be shown, and whether words stand for them."""
    beside = script.beside
    if beside is None:
        return
    if beside.is_gone:
        yield Problem(Flaw.MEDIA_GONE)
    for way in {way.channel: way for way in ways}.values():
        largest = way.limits.largest(beside.kind)
        if not way.limits.shows(beside.kind, beside.mime_type):
            yield Problem(Flaw.MEDIA_NOT_SHOWN, channel=way.channel)
            continue
        if largest is not None and beside.size > largest:
            yield Problem(Flaw.MEDIA_TOO_LARGE, None, way.channel, largest // KILOBYTE, -(-beside.size // KILOBYTE))
        if way.limits.needs_template:
            yield Problem(Flaw.MEDIA_WINDOW, channel=way.channel)
        if any(messages(script, locale, way.limits) > 1 for locale in script.texts):
            yield Problem(Flaw.TWO_MESSAGES, channel=way.channel)
    yield from (Problem(Flaw.NO_ALTERNATIVE, locale) for locale in script.texts if not beside.words(locale))


def messages(script: Script, locale: str, limits: Limits) -> int:
    """In how many messages a channel sends what people of `locale` read."""
    beside, source = script.beside, script.source_of(locale)
    if beside is None or source is None or not limits.shows(beside.kind, beside.mime_type):
        return 1
    return limits.messages(beside.kind, rendered(script.frames[source], script.texts[source]))


def _faults(locale: str, text: str) -> Iterable[Problem]:
    if not text.strip():
        yield Problem(Flaw.EMPTY, locale)
    if not characters.is_readable(text):
        yield Problem(Flaw.UNREADABLE, locale)
    for blank in values.BLANK.finditer(text):
        yield Problem(Flaw.BLANK, locale, piece=blank[0])
    if not characters.looks_like(locale, text):
        yield Problem(Flaw.WRONG_SCRIPT, locale)


def _measured(way: Way, frame: Frame, locale: str, text: str, said: str) -> Iterator[Problem]:
    """`said` is the text with the words for its media."""
    limits, frame = way.limits, frame.widened
    yield from _overrun(Flaw.TOO_LONG, way, locale, text, rendered(frame, said), limits.text_length)
    if not limits.needs_template:
        return
    body = way.templates.get(locale)
    if body is None:
        yield Problem(Flaw.NO_TEMPLATE, locale, way.channel)
        return
    whole = filled(body, variables(frame, said))
    yield from _overrun(Flaw.TEMPLATE_TOO_LONG, way, locale, text, whole, limits.template_length)


def _overrun(flaw: Flaw, way: Way, locale: str, text: str, whole: str, allowed: int) -> Iterator[Problem]:
    # The officer counts the text, not what we put around it: so both numbers are of the text.
    length, own = way.limits.measure(whole), way.limits.measure(text)
    if length > allowed:
        yield Problem(flaw, locale, way.channel, max(0, allowed - (length - own)), own)
