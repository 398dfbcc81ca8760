"""What we hold about somebody, told to them: in short, all of it as a file in the chat, and behind a link of theirs.

The link opens once, and stands there also where the file is sent: that can fail, and the data are behind it alone.
"""

from collections.abc import Sequence

from bot import pickers, records
from bot.replies import Reply
from bot.talk import Talk
from subscribers import exporting

NAME = "mydata"
RESERVED = 600  # characters of a message for what stands around the lines


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Their person in a few lines, where the files are, and the one to read."""
    known = exporting.about(talk.session, talk.subscriber)
    lines = records.person(known, talk.locale, talk.agency.time_zone)
    values: dict[str, object] = {"lines": "\n".join(_fitting(talk, lines)), **_agency(talk)}
    file = talk.above.everything(talk.session, talk.address, talk.limits)
    enclosed = [Reply("mydata.file", _agency(talk), alternative=talk.say("mydata.no_file"), file=file)] if file else []
    if not talk.above.public_url:
        return [Reply("mydata.summary", values, pickers.menu(talk)), *enclosed]
    token = exporting.open_link(talk.session, talk.address, now=talk.now)
    values |= {"link": f"{talk.above.public_url}/mine/{token}", "length": exporting.VALID_FOR}
    return [Reply("mydata.summary_and_file" if enclosed else "mydata.summary_and_link", values), *enclosed]


def history(talk: Talk, argument: str = "") -> list[Reply]:
    """What they agreed to and took back, in plain words: the last lines of it that have room."""
    record = exporting.history(talk.session, talk.subscriber)
    if not record:
        return [Reply("history.empty", _agency(talk), pickers.menu(talk))]
    zone, longest = talk.agency.time_zone, records.LONGEST_WORDING
    lines = [f"• {line}" for line in records.history(record, talk.locale, zone, longest=longest)]
    shown = _fitting(talk, lines)
    key = "history.text" if len(shown) == len(lines) else "history.last"
    return [Reply(key, {"lines": "\n".join(shown), **_agency(talk)}, pickers.menu(talk))]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The buttons that lead here."""
    match action:
        case ["begin"]:
            return begin(talk)
        case ["history"]:
            return history(talk)
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """Nothing: this dialog is never left open."""
    return []


def _fitting(talk: Talk, lines: Sequence[str]) -> list[str]:
    return records.fitting(lines, talk.limits.text_length - RESERVED, talk.limits.measure)


def _agency(talk: Talk) -> dict[str, object]:
    return {"agency": talk.agency.name_in(talk.locale)}
