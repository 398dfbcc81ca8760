"""Everything we understand, as lexicons: the vocabulary, and what the catalogs bring along of their own ("words.stop").

A language is understood as soon as its catalog is there. Its words for stop, start and the rest stand in the catalog,
its name is what it calls itself and what the other languages call it. Pure, but for reading the catalogs once.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from bot import vocabulary as words
from bot import ways_back
from bot.lexicon import Lexicon
from bot.spelling import normalise
from locales import cldr, texts

MARK = "\ue000"  # stands for a topic's name once that was found in a text; nobody can type it
LIST = re.compile(r"[,،，、;؛\n]")


class Intent(StrEnum):
    """What somebody wants."""

    STOP = "stop"
    ASK_STOP = "ask_stop"  # they spoke of stopping; we are not sure, so we ask
    START = "start"
    LANGUAGE = "language"  # with `locale` where they named one
    TOPICS = "topics"
    SETTINGS = "settings"
    OFTEN = "often"
    PAUSE = "pause"
    QUIET = "quiet"
    AREA = "area"
    LATEST = "latest"
    VERIFY = "verify"
    HELP = "help"
    GREETING = "greeting"
    THANKS = "thanks"
    YES = "yes"
    NO = "no"
    DONE = "done"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Wordbook:
    """The lexicons. In the `measured` ones numbers may stand anywhere ("pause 7 days").

    `targets` are the words of one's own that a slip of a finger may have meant; `own_targets` are those of catalogs, of
    which we do not know what else is spelled like them.
    """

    clear: Lexicon
    weak: Lexicon
    no_more: Lexicon
    of_ours: Lexicon
    having_enough: Lexicon
    negated: Lexicon
    asking: Lexicon
    refusing: Lexicon
    only_stopping: Lexicon
    messages: Lexicon
    politely: Lexicon
    beginning: Lexicon
    simple: tuple[tuple[Intent, Lexicon], ...]
    measured: tuple[tuple[Intent, Lexicon], ...]
    span: Lexicon
    none: frozenset[str]
    latest: frozenset[str]
    verifying: Lexicon
    checking: Lexicon
    of_it: frozenset[str]
    names: Mapping[str, Lexicon]
    of_topic: Lexicon
    one_topic: Lexicon
    bare_topic: Lexicon
    about_messages: Lexicon
    kinds_of_message: frozenset[str]
    known: frozenset[str]
    targets: frozenset[str]
    own_targets: frozenset[str]
    ways_back: Mapping[str, Lexicon]

    def way_back(self, text: str) -> str | None:
        """Which of the goodbye's ways back a text chooses: "daily", "alerts" or "back"."""
        said = normalise(text)
        return next((way for way, lexicon in self.ways_back.items() if lexicon.makes(said)), None)


def present() -> Wordbook:
    """The wordbook of the catalogs there are."""
    return _book(texts.locales())


def label_of(key: str) -> frozenset[str]:
    """A label of ours in every language, normalised: whoever types it has read it somewhere."""
    if not texts.has(key):
        return frozenset()
    return frozenset(normalise(texts.say(key, locale)) for locale in texts.locales())


def own(kind: str) -> frozenset[str]:
    """What the catalogs say in a list like "words.stop", of all languages; what a command is called is its name's."""
    return _listed(kind, texts.locales())


@cache
def _listed(kind: str, locales: tuple[str, ...]) -> frozenset[str]:
    if not texts.has(f"words.{kind}"):
        return frozenset()
    lists = (texts.say(f"words.{kind}", locale) for locale in locales)
    return frozenset(normalise(phrase) for listed in lists for phrase in LIST.split(listed)) - {""}


@cache
def _book(locales: tuple[str, ...]) -> Wordbook:
    stop, polite = words.STOP | own("stop"), words.POLITE | own("polite") | own("greeting")
    nouns, fillers = words.NOUNS | own("messages"), words.FILLERS | polite
    something, heads = words.WEAK_STOP | words.REFUSING, stop | words.WEAK_STOP
    around = fillers | nouns | words.ABOUT_A_TOPIC | words.WARNINGS
    spans, of_it = words.SPANS | own("spans"), polite | words.ABOUT | own("about")
    every = stop | fillers | nouns | something
    return Wordbook(
        clear=Lexicon(stop, fillers | nouns | something),
        weak=Lexicon(words.WEAK_STOP, polite),
        no_more=Lexicon(something, fillers | nouns),
        of_ours=Lexicon(nouns, fillers | something),
        having_enough=Lexicon(words.ENOUGH | words.REFUSING, fillers | nouns | stop),
        negated=Lexicon(words.NOT_STOP | own("not_stop")),
        asking=Lexicon(words.ASK_STOP | own("stop") | own("not_stop")),
        refusing=Lexicon(heads | words.REFUSING | words.ASK_STOP),
        only_stopping=Lexicon(
            heads | words.REFUSING | words.ASK_STOP | words.ENOUGH | own("not_stop"), around | words.HOW_TO
        ),
        messages=Lexicon(nouns | words.WARNINGS),
        politely=Lexicon(polite - words.GREETINGS - own("greeting")),
        beginning=Lexicon(words.START | own("start"), fillers | nouns),
        simple=_simple(polite),
        measured=_measured(fillers, nouns, spans),
        span=Lexicon(spans | words.PAUSE | own("pause"), fillers | nouns),
        none=words.NONE | own("none"),
        latest=words.LATEST | own("latest"),
        verifying=Lexicon(words.VERIFY | own("verify"), of_it | words.CHECKING | own("code")),
        checking=Lexicon(words.CHECKING | own("code"), of_it),
        of_it=of_it,
        names=_names(locales, polite),
        of_topic=Lexicon(frozenset({MARK}), around | stop | something),
        one_topic=Lexicon(heads | words.REFUSING, around | {MARK}),
        bare_topic=Lexicon(heads, (around - nouns - words.WARNINGS - words.POINTING) | {MARK}),
        about_messages=Lexicon(nouns | words.ABOUT_A_TOPIC | words.WARNINGS, fillers | stop | something | {MARK}),
        kinds_of_message=nouns | words.WARNINGS,
        known=frozenset(word for phrase in every for word in phrase.split()),
        targets=frozenset(word for word in words.STOP if " " not in word and (len(word) >= 6 or word == "stop")),
        own_targets=frozenset(word for word in own("stop") - words.STOP if " " not in word and len(word) >= 3),
        ways_back=_ways_back(polite),
    )


def _measured(fillers: Set[str], nouns: Set[str], spans: Set[str]) -> tuple[tuple[Intent, Lexicon], ...]:
    return (
        (Intent.PAUSE, Lexicon(words.PAUSE | own("pause"), fillers | nouns | spans)),
        (Intent.QUIET, Lexicon(words.QUIET | own("quiet"), fillers | spans)),
    )


def _ways_back(polite: Set[str]) -> dict[str, Lexicon]:
    return {
        "daily": Lexicon(ways_back.DAILY_ONLY | label_of("leaving.daily.button"), polite),
        "alerts": Lexicon(ways_back.ALERTS_ONLY | label_of("leaving.alerts.button"), polite),
        "back": Lexicon(ways_back.COME_BACK | label_of("leaving.back.button"), polite),
    }


def _simple(polite: Set[str]) -> tuple[tuple[Intent, Lexicon], ...]:
    """In this order: the first that a text is made of."""
    heads = (
        (Intent.DONE, words.DONE | own("done")),
        (Intent.MORE, words.MORE | own("more")),
        (Intent.LANGUAGE, words.LANGUAGE | own("language")),
        (Intent.TOPICS, words.TOPICS | own("topics")),
        (Intent.SETTINGS, words.SETTINGS | own("settings")),
        (Intent.OFTEN, words.OFTEN | own("often")),
        (Intent.AREA, words.AREA | own("area")),
        (Intent.LATEST, words.LATEST | own("latest")),
        (Intent.VERIFY, words.VERIFY | own("verify")),
        (Intent.HELP, words.HELP | own("help")),
        (Intent.YES, words.YES | own("yes")),
        (Intent.NO, words.NO | own("no")),
        (Intent.GREETING, words.GREETINGS | own("greeting")),
        (Intent.THANKS, words.THANKS),
    )
    return tuple((intent, Lexicon(said, polite)) for intent, said in heads)


def _names(locales: tuple[str, ...], polite: Set[str]) -> dict[str, Lexicon]:
    """What each language is called: by the vocabulary, by itself, and by each of the others."""
    fillers = words.LANGUAGE_FILLERS | polite | own("language")
    return {
        locale: Lexicon(
            words.LANGUAGE_NAMES.get(locale, frozenset())
            | {normalise(texts.native_name(locale))}
            | {name for other in locales for name in _called(locale, other)},
            fillers,
        )
        for locale in locales
    }


def _called(locale: str, by: str) -> set[str]:
    """What one language is called in another, as Unicode's tables have it."""
    names = cldr.locale(by).languages
    return {normalise(name) for name in (names.get(locale), names.get(cldr.locale(locale).language)) if name}
