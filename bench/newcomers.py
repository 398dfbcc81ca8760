"""Who comes in a surge: half of each app's people by a link, some calls made twice by the provider, some by the person.

What each of them has to hear follows from what they say, so that the sink's notes prove it one by one: every distinct
word is answered once, whoever repeats it, and the alert in force goes to who subscribed and to nobody else.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from bench import calls
from bench.house import LOCALES, TELEGRAM, WHATSAPP, House
from bench.processes import Failed
from bench.receiver import Note

APPS = {TELEGRAM: (calls.start, calls.on_telegram), WHATSAPP: (calls.hello, calls.on_whatsapp)}
WORDS = ("1", "done", "yes")  # the first language, the topics as they are, and the yes: each answered once
SUBSCRIBERS = (0, 2, 4)  # of each forty on an app; all came by the link, one repeats, of one the provider does

Answers = Counter[tuple[str, int]]
"""How many messages each gets, by the mark in them and the recipient."""


@dataclass(frozen=True, slots=True)
class Link:
    """What `loudhailer link add` made: its key, and what each app sends when somebody comes by it."""

    key: str
    words: Mapping[str, str]

    @classmethod
    def added(cls, house: House, slug: str, topic: str) -> "Link":
        """A new one with a topic, a source and a language."""
        words = ["link", "add", slug, "--topic", topic, "--source", "poster-bedok", "--locale", LOCALES[0]]
        said = house.command(*words)
        key = re.search(r"^Link (\S+) of", said, re.MULTILINE)
        found = [parse_qs(urlsplit(address).query) for address in re.findall(r"https://(?:t|wa)\.me/\S+", said)]
        asked = {name: value[0] for query in found for name, value in query.items()}
        if key is None or asked.keys() != {"start", "text"}:
            raise Failed(f"no link for both apps in: {said[-300:]}")
        return cls(key[1], {TELEGRAM: f"/start {asked['start']}", WHATSAPP: asked["text"]})

    def arrived(self, house: House, slug: str) -> int:
        """How many people came by it, as `loudhailer link list` counts them."""
        (row,) = [line for line in house.command("link", "list", slug).splitlines() if self.key in line]
        return int(re.findall(r"\d+", row)[-2])


@dataclass(frozen=True, slots=True)
class Newcomer:
    """The person with this number on one app. What they do follows from the number, the same on each app."""

    app: str
    number: int

    @property
    def is_by_link(self) -> bool:
        """Half of them."""
        return self.number % 2 == 0

    @property
    def presses(self) -> int:
        """How often they press START, or say hi: one in five does it twice."""
        return 2 if self.number % 10 in (2, 3) else 1

    @property
    def is_repeated(self) -> bool:
        """Whether the provider makes their first call twice, and the yes of who subscribes: again one in five."""
        return self.number % 10 in (0, 1)

    @property
    def subscribes(self) -> bool:
        """Whether they go on until they are subscribed."""
        return self.number % 40 in SUBSCRIBERS

    @property
    def recipient(self) -> int:
        """Where the sink meets them."""
        return APPS[self.app][1](self.number)

    def says(self, key: str, text: str | None, turn: int) -> bytes:
        """One call of theirs; None: what one says who comes without a link."""
        said = APPS[self.app][0]
        return said(key, self.number, turn=turn) if text is None else said(key, self.number, text, turn=turn)


@dataclass(frozen=True, slots=True)
class Surge:
    """So many newcomers in turn on both apps, the keys of their senders' doors, and the link half of them came by."""

    people: Sequence[Newcomer]
    keys: Mapping[str, str]
    link: Link

    @classmethod
    def of(cls, count: int, house: House, link: Link) -> "Surge":
        """`count` people, half of them on each app."""
        keys = {str(app): str(key) for app, key in house.query("SELECT channel, key FROM senders")}
        return cls([Newcomer(app, number) for number in range(1, count // 2 + 1) for app in APPS], keys, link)

    @property
    def subscribers(self) -> Sequence[Newcomer]:
        """Who goes on until they are subscribed."""
        return [each for each in self.people if each.subscribes]

    def first_calls(self) -> Iterator[bytes]:
        """Everybody's first words, and the same call or the same word again right behind it."""
        for each in self.people:
            text = self.link.words[each.app] if each.is_by_link else None
            said = [each.says(self.keys[each.app], text, turn) for turn in range(each.presses)]
            yield from said * (2 if each.is_repeated else 1)

    def next_calls(self, turn: int) -> Iterator[bytes]:
        """What the subscribers say for the n-th time after that; some say it twice, or their provider does."""
        is_last = turn == len(WORDS) - 1
        for each in self.subscribers:
            times = range(each.presses if is_last else 1)
            said = [each.says(self.keys[each.app], WORDS[turn], 10 * (turn + 1) + time) for time in times]
            yield from said * (2 if each.is_repeated and is_last else 1)

    def answers(self, alert: str) -> Answers:
        """What everybody has to have got in the end; `alert` is the mark of the alert in force."""
        due: Answers = Counter({("", each.recipient): each.presses for each in self.people})
        for each in self.subscribers:
            due["", each.recipient] += len(WORDS) - 1 + each.presses
            due[alert, each.recipient] += 1
        return due


def proved(notes: Sequence[Note], due: Answers) -> None:
    """Failed unless exactly this came: nobody is missing, and nobody got more."""
    came: Answers = Counter((note.mark, note.recipient) for note in notes)
    lost, more = due - came, came - due
    if lost or more:
        some = ", ".join(f"{recipient} {mark or 'answers'}" for mark, recipient in [*lost, *more][:3])
        raise Failed(f"{lost.total()} answers were lost and {more.total()} were too many: {some}")
