"""/who: who got an announcement and who did not, as numbers by reason and as a file. For officers of its agency alone.

Where the channel takes such a file it comes as a document; elsewhere there is a link that gives it once.
"""

from collections.abc import Iterator, Sequence

from bot.keywords import normalise
from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose, moving, report, who
from broadcast.models import Broadcast
from broadcast.states import Outcome, State
from channels.contract import LARGEST, Choice, MediaKind
from delivery import media
from locales import texts
from staff.models import Officer

NAME = "who"
CSV = "text/csv"
REASONS_NAMED = 12
NOT_SENT = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.REJECTED, State.APPROVED, State.SCHEDULED)


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Numbers of every outcome, and of one outcome its reasons and its file."""
    code, _, words = argument.strip().partition(" ")
    broadcast = compose.by_code(talk.session, talk.agency.id, code)
    if broadcast is None or broadcast.state in NOT_SENT or broadcast.launched_at is None:
        return [Reply("control.unknown" if code else "who.usage")]
    outcome = _outcome(talk, words)
    return _overview(talk, broadcast) if outcome is None else _shown(talk, broadcast, outcome)


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """A button with an outcome."""
    match action:
        case [code, word] if talk.officer is not None and word in list(Outcome):
            _leave(talk)
            return begin(talk, f"{code} {word}")
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The same by its place or label; anything else is for somebody else."""
    key = talk.offered(text)
    _leave(talk)
    return tap(talk, key.split(":")[1:]) if key is not None else []


def _outcome(talk: Talk, words: str) -> Outcome | None:
    said = normalise(words.replace("_", " "))
    names = {normalise(outcome.replace("_", " ")): outcome for outcome in Outcome}
    return (names | {normalise(talk.say(f"who.{outcome}.button")): outcome for outcome in Outcome}).get(said)


def _overview(talk: Talk, broadcast: Broadcast) -> list[Reply]:
    lines, choices = [], []
    for place, (outcome, people) in enumerate(who.overview(talk.session, broadcast).items(), start=1):
        label = talk.say(f"who.{outcome}.button")
        lines.append(f"{place}. {label}: {texts.number(people, talk.locale)}")
        choices.append(Choice(f"{NAME}:{broadcast.code}:{outcome}", label))
    talk.open(NAME)
    values = {"title": report.title(talk.session, broadcast, talk.locale), "numbers": "\n".join(lines)}
    return [Reply("who.overview", values, choices, list_label_key="announce.list.button", is_numbered=True)]


def _shown(talk: Talk, broadcast: Broadcast, outcome: Outcome) -> list[Reply]:
    officer = talk.officer
    if officer is None:
        return []
    found = who.numbers(talk.session, broadcast, outcome)
    people = sum(each.people for each in found)
    values = {
        "title": report.title(talk.session, broadcast, talk.locale),
        "outcome": talk.say(f"who.{outcome}.button"),
        "people": people,
    }
    said = Reply("who.numbers", values | {"reasons": "\n".join(_reasons(talk, found))})
    if not people:
        return [Reply("who.nobody", values)]
    if not who.is_kept(talk.session, broadcast):
        return [said, Reply("who.over")]
    moving.note(talk.session, broadcast, officer, "broadcast.who_read", talk.now, outcome=outcome.value, people=people)
    more = [Reply("who.more", {"most": who.MOST})] if people > who.MOST else []
    return [said, *_file(talk, broadcast, outcome, officer), *more]


def _reasons(talk: Talk, found: Sequence[who.Number]) -> Iterator[str]:
    """Those without a reason have nothing wrong with them: they are in the sum."""
    for each in [number for number in found if number.reason is not None][:REASONS_NAMED]:
        yield f"• {report.in_words(each.reason or '', talk.locale)}: {texts.number(each.people, talk.locale)}"


def _file(talk: Talk, broadcast: Broadcast, outcome: Outcome, officer: Officer) -> list[Reply]:
    name = who.file_name(broadcast, outcome)
    if talk.limits.shows(MediaKind.DOCUMENT, CSV):
        largest = min(talk.limits.document_bytes, LARGEST)
        content = who.content(talk.session, broadcast, outcome, largest=largest)
        item = media.keep_file(talk.session, talk.agency.id, content, name=name, mime_type=CSV, now=talk.now)
        return [Reply("who.file", {"name": name}, media_id=item.id)]
    if not talk.above.public_url:
        return [Reply("who.no_file")]
    token = who.open_link(talk.session, broadcast, outcome, officer, now=talk.now)
    link = f"{talk.above.public_url}/who/{token}"
    return [Reply("who.link", {"name": name, "link": link, "length": who.VALID_FOR})]


def _leave(talk: Talk) -> None:
    if talk.conversation.dialog == NAME:
        talk.close()
