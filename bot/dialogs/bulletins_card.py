"""How a bulletin is shown to officers: one line, or a card with what may be done."""

from collections.abc import Collection, Iterator, Sequence

from bot.dialogs.officer_desk import writer
from bot.pickers import id_in, numbered
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import bulletins, defining, occurring, schedule, segmented, together
from broadcast.models import Bulletin, Occurrence
from broadcast.states import Note
from channels.contract import Choice
from locales import texts
from subscribers import topics
from subscribers.segments import language

NAME = "bulletins"
WORKING_DAYS = [0, 1, 2, 3, 4]
CODES = 7  # of one occurrence: all that three topics make


def find(talk: Talk, action: Sequence[str]) -> Bulletin | None:
    """The agency's bulletin whose id stands in a choice's key."""
    found = id_in(action)
    return defining.find(talk.session, talk.agency.id, found) if found is not None else None


def hour_key(due: schedule.Due) -> str:
    """An hour as it stands in a choice's key, which knows no colon."""
    return due.local_at.replace("-", "").replace(":", "")


def answer_key(talk: Talk, step: str, value: str) -> str:
    """The key of a tapped answer, bound to the bulletin that is asked about, or to a new one."""
    return f"{NAME}:set:{talk.data.get('bulletin', 'new')}:{step}:{value}"


def overview(talk: Talk, *, page: int = 0) -> Reply:
    """The agency's bulletins, a page of them; each number leads to one."""
    talk.close()
    known = bulletins.every(talk.session, talk.agency.id)
    new = [talk.button(f"{NAME}:new", "bulletins.new.button")] if may_define(talk) else []
    if not known:
        return Reply("bulletins.none", {}, new)
    lines, choices = numbered(talk, NAME, known, page, line=lambda each: _line(talk, each), fixed=new)
    return Reply("bulletins.list", {"bulletins": lines}, choices, columns=4)


def card(talk: Talk, bulletin: Bulletin) -> Reply:
    """What it is, when it comes next, what the last one was, and what may be done."""
    if talk.conversation.dialog == NAME:
        talk.close()
    return verbatim("\n".join(_lines(talk, bulletin)), choices=_choices(talk, bulletin), columns=2)


def may_define(talk: Talk) -> bool:
    """Whether who speaks may make and change bulletins."""
    officer = writer(talk)
    return officer is not None and defining.may_define(officer, talk.agency)


def at(talk: Talk, due: schedule.Due) -> str:
    """An hour of its own as the officer reads it."""
    return texts.instant(due.due_at, talk.agency.time_zone, talk.locale)


def hours(talk: Talk, local_time: str, days: Sequence[int]) -> str:
    """On which days and when, in words."""
    time = clock(talk, local_time)
    if list(days) == list(schedule.EVERY_DAY):
        return talk.say("bulletins.hours.every_day", time=time)
    if list(days) == WORKING_DAYS:
        return talk.say("bulletins.hours.working_days", time=time)
    named = texts.listed([texts.weekday(day, talk.locale) for day in days], talk.locale)
    return talk.say("bulletins.hours.some", days=named, time=time)


def clock(talk: Talk, local_time: str) -> str:
    """A time of day as the officer reads the clock."""
    at = schedule.parsed(local_time)
    return texts.clock(60 * at.hour + at.minute, talk.agency.time_zone, talk.locale)


def languages(talk: Talk, bulletin: Bulletin, key: str) -> Reply:
    """The question for the language of what is changed."""
    choices = [Choice(f"{key}:{each}", texts.native_name(each)) for each in talk.agency.locales]
    back = talk.button(f"{NAME}:show:{bulletin.id}", "announce.back.button")
    return Reply("bulletins.ask.language", {}, [*choices, back], columns=2)


def topic_names(talk: Talk, topic_ids: Collection[int]) -> str:
    """What it is about. A name may have an "and" in it, so none stands between them."""
    mine = [each for each in topics.list_for(talk.session, talk.agency.id) if each.id in topic_ids]
    return ", ".join(each.name_in(talk.locale) for each in mine)


def segment_words(talk: Talk, segment: str) -> str:
    """Whom of its topics' people it is for."""
    return segmented.in_locale(talk.session, talk.agency, language.read(segment), talk.locale)


def _line(talk: Talk, bulletin: Bulletin) -> str:
    return talk.say(
        "bulletins.line",
        name=bulletin.key,
        topic=topic_names(talk, bulletin.topic_ids),
        hours=hours(talk, bulletin.local_time, bulletin.days),
        next=_coming(talk, bulletin),
    )


def _lines(talk: Talk, bulletin: Bulletin) -> Iterator[str]:
    yield f"📰 {bulletin.key}"
    yield talk.say("bulletins.about", topic=topic_names(talk, bulletin.topic_ids))
    when = hours(talk, bulletin.local_time, bulletin.days)
    yield talk.say("bulletins.runs", hours=when, zone=bulletin.time_zone)
    yield talk.say("bulletins.readers", readers=talk.say(f"bulletins.readers.{bulletin.cadence}"))
    if bulletin.segment is not None:
        yield talk.say("announce.for_segment", words=segment_words(talk, bulletin.segment))
    said = bulletin.introductions
    yield talk.say("bulletins.begins", text=said.get(talk.locale) or said.get(talk.agency.locales[0]) or "")
    yield ""
    yield talk.say("bulletins.next", next=_coming(talk, bulletin))
    last = bulletins.last_run(talk.session, bulletin)
    if last is not None and last.note is not Note.RESUMED:
        yield talk.say("bulletins.last", at=_at(talk, last), note=_note(talk, last))


def _coming(talk: Talk, bulletin: Bulletin) -> str:
    if bulletin.stopped_at is not None:
        return talk.say("bulletins.coming.paused")
    if bulletin.asked_at is not None:
        return talk.say("bulletins.coming.asked")
    coming = occurring.upcoming(talk.session, bulletin, now=talk.now)
    if coming.is_skipped:
        return talk.say("bulletins.coming.skipped", at=at(talk, coming.due), after=at(talk, coming.after))
    return at(talk, coming.due)


def _at(talk: Talk, occurrence: Occurrence) -> str:
    return texts.instant(occurrence.due_at, talk.agency.time_zone, talk.locale)


def _note(talk: Talk, occurrence: Occurrence) -> str:
    codes = [each.code for each in together.sent(talk.session, occurrence)]
    more = " …" if len(codes) > CODES else ""
    return talk.say(f"bulletins.note.{occurrence.note}", code=f"{', '.join(codes[:CODES])}{more}")


def _choices(talk: Talk, bulletin: Bulletin) -> list[Choice]:
    """Nothing here is longer than a list of the strictest channel."""
    own = [*_waiting(talk, bulletin), _button(talk, bulletin, "preview"), *_running(talk, bulletin)]
    if may_define(talk):
        own += [_button(talk, bulletin, "change"), _button(talk, bulletin, "delete")]
    return [*own, talk.button(f"{NAME}:page:0", "bulletins.back.button")]


def _waiting(talk: Talk, bulletin: Bulletin) -> Iterator[Choice]:
    held = occurring.waiting(talk.session, bulletin)
    if held is not None:
        yield talk.button(f"{NAME}:held:show:{held.id}", "bulletins.held.button")


def _running(talk: Talk, bulletin: Bulletin) -> Iterator[Choice]:
    if bulletin.stopped_at is not None:
        if may_define(talk):
            yield _button(talk, bulletin, "resume")
        return
    coming = occurring.upcoming(talk.session, bulletin, now=talk.now)
    if occurring.waiting(talk.session, bulletin) is None:
        yield _button(talk, bulletin, "now", occurring.mark(talk.session, bulletin))
    yield _button(talk, bulletin, "unskip" if coming.is_skipped else "skip", hour_key(coming.due))
    yield _button(talk, bulletin, "pause")


def _button(talk: Talk, bulletin: Bulletin, action: str, *rest: str) -> Choice:
    return talk.button(":".join([NAME, action, str(bulletin.id), *rest]), f"bulletins.{action}.button")
