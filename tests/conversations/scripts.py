"""The conversations: each a title, what it shows, and what is said. The order is that of the documents."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.conversations.stage import Phone, Stage

Play = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation; `name` is its file's."""

    name: str
    title: str
    shows: str
    play: Play


def subscribed(stage: Stage, name: str, *, channel: str = "telegram", topics: str = "1 2") -> Phone:
    """Somebody who is in already; how they came is not shown."""
    phone = stage.phone(name, channel)
    for words in ("hi", "English", topics, "done", "yes"):
        phone.says(words)
    stage.lines.clear()
    return phone


def arriving(stage: Stage) -> None:
    """The way in, by tapping."""
    kavitha = stage.phone("Kavitha", hint="ta")
    kavitha.says("/start")
    kavitha.taps("தமிழ்")
    kavitha.taps("வெள்ள எச்சரிக்கை")
    kavitha.taps(kavitha.seen[-1].choices[-1].label)
    kavitha.taps(kavitha.seen[-1].choices[0].label)


def arriving_by_typing(stage: Stage) -> None:
    """The way in, with words and numbers alone."""
    wei = stage.phone("Wei", "whatsapp", hint="zh-hans")
    for words in ("你好", "中文", "1 3", "完成", "同意"):
        wei.says(words)


def stopping(stage: Stage) -> None:
    """Out, in one's own words, and back."""
    john = subscribed(stage, "John", channel="whatsapp")
    john.says("pls stop sending me messages 🙏")
    john.says("stop")
    john.says("start")
    john.says("yes")


def speaking_of_stops(stage: Stage) -> None:
    """What only sounds like a stop."""
    siti = subscribed(stage, "Siti")
    siti.says("does bus 12 stop at the council?")
    siti.says("don't stop!")


def asking(stage: Stage) -> None:
    """A question that nobody had prepared, and its answer by an officer."""
    officer = stage.phone("Officer Aisyah")
    officer.says(f"/start o-{stage.cast.invitation}")  # not shown: `subscribed` clears the page
    ravi = subscribed(stage, "Ravi")
    ravi.says("When is the drain in Jalan Besar repaired?")
    ravi.taps("Yes, pass it on")
    stage.tell("Every officer of the agency has a card of it. One of them answers.")
    officer.says("/inbox")
    officer.taps("1")
    officer.taps("Reply")
    officer.says("Good day! The drain is repaired on Friday, weather permitting.")
    ravi.receives()


SCRIPTS = (
    Script("arriving", "Arriving", "Telegram, in Tamil: language, topics, and the question of consent.", arriving),
    Script(
        "arriving-by-typing", "Arriving without a tap", "WhatsApp, in Chinese, with words alone.", arriving_by_typing
    ),
    Script("stopping", "Stop, and back", "Effective before the answer leaves; only a clear yes leads back.", stopping),
    Script("speaking-of-stops", "What only sounds like a stop", "Then we ask.", speaking_of_stops),
    Script("asking", "A question of one's own", "To the officers' inbox and back.", asking),
)
