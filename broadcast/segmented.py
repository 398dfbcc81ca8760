"""The segment a broadcast is for: read with its agency's names, kept as text, said in words."""

from sqlalchemy.orm import Session

from broadcast.models import Broadcast, Bulletin
from delivery import senders
from staff.models import Agency
from subscribers.segments import asking, counted, in_words, language, names, saved
from subscribers.segments.asking import Selection
from subscribers.segments.counted import Meant
from subscribers.segments.names import Known
from subscribers.segments.tree import Tree


def known(session: Session, agency: Agency) -> Known:
    """What this agency's topics, areas, sources, languages and channels are called."""
    channels = [each.channel for each in senders.of_agency(session, agency.id)]
    return names.of(session, agency_id=agency.id, locales=agency.locales, channels=channels)


def read(session: Session, agency: Agency, said: str) -> Tree:
    """What an officer means by a text, or by the name of a segment the agency saved. Raises BadSegment."""
    kept = saved.named(session, agency.id, said)
    return language.read(kept.text) if kept is not None else language.read(said, known(session, agency))


def of(session: Session, broadcast: Broadcast | Bulletin) -> Selection | None:
    """The segment this broadcast or bulletin is for; None: everybody its topics address."""
    if broadcast.segment is None:
        return None
    agency = session.get_one(Agency, broadcast.agency_id)
    return asking.selection(broadcast.segment, agency_id=agency.id, zone=agency.time_zone)


def count(session: Session, agency: Agency, tree: Tree) -> Meant:
    """How many subscribed people of an agency it means now."""
    channels = sorted({each.channel for each in senders.of_agency(session, agency.id)})
    return counted.count(session, Selection(agency.id, agency.time_zone, tree), channels)


def in_locale(session: Session, agency: Agency, tree: Tree, locale: str) -> str:
    """Whom it means, in the words of a language."""
    return in_words.said(tree, known(session, agency), locale, zone=agency.time_zone)
