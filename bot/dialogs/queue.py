"""/queue: what is on its way to people, from what waits for approval to what is going out, and when each is done."""

from datetime import datetime, timedelta

from bot.dialogs.control import mark_of
from bot.replies import Reply
from bot.talk import Talk
from broadcast import approving, counting, report
from broadcast.models import Broadcast
from broadcast.states import State
from channels import registry
from locales import texts

LISTED = 8


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """A line for each, the ones that leave first on top."""
    found = approving.queue(talk.session, talk.agency.id, limit=LISTED + 1)
    if not found:
        return [Reply("queue.empty")]
    lines = [_line(talk, each) for each in found[:LISTED]]
    more = [talk.say("queue.more")] if len(found) > LISTED else []
    return [Reply("queue.list", {"announcements": "\n".join([*lines, *more])})]


def _line(talk: Talk, broadcast: Broadcast) -> str:
    title = f"{mark_of(broadcast)} {report.title(talk.session, broadcast, talk.locale)}"
    match broadcast.state:
        case State.SENDING | State.PAUSED:
            return _under_way(talk, broadcast, title)
        case State.SCHEDULED:
            assert broadcast.scheduled_at is not None, "scheduled"
            done = _local(talk, broadcast.scheduled_at + _takes(talk, broadcast))
            return talk.say("queue.scheduled", title=title, at=_local(talk, broadcast.scheduled_at), done=done)
        case _:
            given = len(approving.standing(talk.session, broadcast, now=talk.now))
            return talk.say(
                "queue.waiting",
                title=title,
                given=given,
                needed=broadcast.approvers_needed,
                span=texts.span(_takes(talk, broadcast), talk.locale),
                until=_local(talk, broadcast.lapses_at) if broadcast.lapses_at else "",
            )


def _under_way(talk: Talk, broadcast: Broadcast, title: str) -> str:
    figures = report.progress(talk.session, broadcast, limits_of=registry.limits, now=talk.now)
    people = broadcast.audience_size or figures.settled
    if figures.finish_at is None:
        return talk.say("queue.under_way", title=title, reached=figures.handed_over, people=people)
    done = _local(talk, figures.finish_at)
    return talk.say("queue.finishing", title=title, reached=figures.handed_over, people=people, done=done)


def _takes(talk: Talk, broadcast: Broadcast) -> timedelta:
    counted = counting.count(talk.session, broadcast, now=talk.now)
    took = counting.estimate(talk.session, broadcast, counted, limits_of=registry.limits, now=talk.now)
    return max(took.span, timedelta(minutes=1))


def _local(talk: Talk, at: datetime) -> str:
    return texts.instant(at, talk.agency.time_zone, talk.locale)
