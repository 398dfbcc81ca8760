"""/stats: an agency's figures as text at once, and as charts in private a moment later."""

from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import knowing
from insight import figures, in_words, orders
from staff import groups


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """The figures; the clock, which alone draws, sends the charts. In a staff group text is enough."""
    launched = knowing.shown(talk.session, talk.agency.id, talk.now)
    found = figures.of(talk.session, talk.agency, launched, now=talk.now)
    said = in_words.said(found, talk.agency, talk.locale)
    if groups.find(talk.session, sender_id=talk.sender.id, address=talk.conversation.address) is not None:
        return [verbatim(said)]
    to = talk.address.value
    orders.place(talk.session, talk.agency, sender_id=talk.sender.id, to=to, locale=talk.locale, now=talk.now)
    return [verbatim(f"{said}\n\n{talk.say('stats.charts_follow')}")]
