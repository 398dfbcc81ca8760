"""Alerts in force for who just subscribed, whichever dialog they did it in: seen by what they held before the turn."""

from dataclasses import dataclass, replace

from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import in_force
from subscribers import topics


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody had agreed to before this turn, and to which topics."""

    is_consented: bool
    topic_ids: frozenset[int] = frozenset()


def standing(talk: Talk) -> Standing:
    """How it stands now. Costs nothing for people who have not agreed yet: to them everything will be new."""
    if talk.subscriber.consented_at is None:
        return Standing(is_consented=False)
    return Standing(is_consented=True, topic_ids=frozenset(topics.held(talk.session, talk.subscriber)))


def newly_due(talk: Talk, before: Standing) -> list[Reply]:
    """The alerts in force on what they subscribed to in this turn, after our answer to it."""
    after = standing(talk)
    gained = after.topic_ids - before.topic_ids
    is_newcomer = after.is_consented and not before.is_consented
    if not (gained or is_newcomer):
        return []
    alerts = in_force.hand_over(
        talk.session, talk.agency, talk.subscriber, gained, is_newcomer=is_newcomer, now=talk.now
    )
    return [
        replace(verbatim(each.text, media_id=each.media_id, alternative=each.alternative), heeds_stop=True)
        for each in alerts
    ]
