"""/segments: the agency's segments, seen, written, counted and saved in chat. Officers only.

A segment is read back in words with how many it means before a name is asked for; nothing is kept before that.
"""

from collections.abc import Iterator, Sequence

from bot.dialogs import officer_numbers
from bot.dialogs.officer_desk import read_only, writer
from bot.pickers import id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import segmented
from channels.contract import Choice
from locales import texts
from staff import audit
from subscribers.models import Segment
from subscribers.segments import in_words, language, saved, tree
from subscribers.segments.counted import Meant
from subscribers.segments.flaws import BadSegment
from subscribers.segments.saved import BadName
from subscribers.segments.tree import Tree

NAME = "segments"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The list, a page of it; or what was typed after the command, read back."""
    if writer(talk) is None:
        return read_only(talk)
    return _read(talk, argument) if argument else [_list(talk, page=0)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The list's and a segment's buttons."""
    if writer(talk) is None:
        return []
    match action:
        case ["page", _]:
            return [_list(talk, page=id_in(action) or 0)]
        case ["new"]:
            return [_ask(talk)]
        case ["leave"]:
            talk.close()
            return [Reply("inbox.left")]
        case ["show" | "drop" as name, _]:
            return _with(talk, name, id_in(action))
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """A segment, or the name to save it under."""
    if writer(talk) is None or "step" not in talk.data:
        return []
    if text.startswith("/"):
        return [_ask(talk)]
    return _save(talk, text) if talk.data["step"] == "name" else _read(talk, text)


def _ask(talk: Talk) -> Reply:
    talk.open(NAME, step="text")
    return Reply("segments.ask", {}, [_leave(talk)])


def _read(talk: Talk, text: str) -> list[Reply]:
    try:
        read = segmented.read(talk.session, talk.agency, text)
    except BadSegment as bad:
        talk.open(NAME, step="text")
        return [verbatim(in_words.explained(bad, talk.locale), choices=[_leave(talk)])]
    talk.open(NAME, step="name", text=tree.show(read))
    change = talk.button(f"{NAME}:new", "segments.change.button")
    return [_described(talk, read), Reply("segments.ask_name", {"limit": saved.NAME_LENGTH}, [change, _leave(talk)])]


def _save(talk: Talk, name: str) -> list[Reply]:
    read = language.read(str(talk.data["text"]))
    try:
        made = saved.save(talk.session, agency_id=talk.agency.id, name=name, tree=read, now=talk.now)
    except BadName as bad:
        return [Reply(f"segment.name.{bad.flaw}", {"limit": saved.NAME_LENGTH, "most": saved.AT_MOST}, [_leave(talk)])]
    _note(talk, "segment.saved", made)
    talk.close()
    return [Reply("segments.saved", {"name": made.name})]


def _with(talk: Talk, name: str, segment_id: int | None) -> list[Reply]:
    found = saved.find(talk.session, talk.agency.id, segment_id) if segment_id is not None else None
    if found is None:
        return [Reply("segments.unknown")]
    if name == "show":
        return [_shown(talk, found)]
    _note(talk, "segment.removed", found)
    saved.remove(talk.session, found)
    return [Reply("segments.removed", {"name": found.name}), _list(talk, page=0)]


def _list(talk: Talk, *, page: int) -> Reply:
    talk.close()
    known, new = saved.list_for(talk.session, talk.agency.id), talk.button(f"{NAME}:new", "segments.new.button")
    if not known:
        return Reply("segments.none", {}, [new])
    lines, choices = numbered(talk, NAME, known, page, line=lambda each: f"{each.name}: {each.text}", fixed=[new])
    return Reply("segments.list", {"segments": lines}, choices, columns=4)


def _shown(talk: Talk, segment: Segment) -> Reply:
    choices = [
        talk.button(f"{NAME}:drop:{segment.id}", "segments.drop.button"),
        talk.button(f"{NAME}:page:0", "announce.back.button"),
    ]
    return _described(talk, language.read(segment.text), title=segment.name, choices=choices)


def _described(talk: Talk, read: Tree, *, title: str = "", choices: Sequence[Choice] = ()) -> Reply:
    """The text, what it means, and how many people that are by channel and language."""
    meant = segmented.count(talk.session, talk.agency, read)
    words = segmented.in_locale(talk.session, talk.agency, read, talk.locale)
    lines = [title, tree.show(read), talk.say("segments.means", words=words), *_counts(talk, meant)]
    return verbatim("\n".join(line for line in lines if line), choices=choices)


def _counts(talk: Talk, meant: Meant) -> Iterator[str]:
    yield texts.say_many("segments.people", meant.people, talk.locale)
    if meant.people:
        yield from officer_numbers.split(talk, meant.by_channel, meant.by_locale)


def _leave(talk: Talk) -> Choice:
    return talk.button(f"{NAME}:leave", "announce.cancel.button")


def _note(talk: Talk, verb: str, segment: Segment) -> None:
    officer = writer(talk)
    audit.note(
        talk.session,
        agency_id=talk.agency.id,
        officer_id=officer.id if officer else None,
        verb=verb,
        subject=f"segment:{segment.id}",
        now=talk.now,
        details={"segment": segment.text},
    )
