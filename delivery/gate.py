"""Who may be written to, and how: facts about one person become a message to send, or a reason why not. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from channels.contract import Limits, Media, Template

WINDOW_MARGIN = timedelta(minutes=5)
"""The reply window is closed this much early: a message may wait, and two clocks may differ."""


class Withheld(StrEnum):
    """Why somebody in the audience got nothing. The ledger keeps the word."""

    NO_CONSENT = "no_consent"  # they said stop since the audience was frozen, or never agreed
    TOPIC_LEFT = "topic_left"  # they do not hold the topic any more, or with another cadence
    AREA_LEFT = "area_left"  # they chose areas since, and none that this is about
    SEGMENT_LEFT = "segment_left"  # the segment it is for does not mean them any more
    PAUSED = "paused"  # they wish to hear nothing for some days
    SUPPRESSED = "suppressed"  # nobody may write to their address
    QUARANTINED = "quarantined"  # their address could not be reached lately, and its probe is not due yet
    NO_ADDRESS = "no_address"  # this sender knows no address of theirs any more
    NO_WORDING = "no_wording"  # there is no text in their language
    HANDED_OVER = "handed_over"  # they subscribed meanwhile, and were handed it with our answer
    HAS_IT = "has_it"  # of a retry: they have it already, by another broadcast that says the same
    NOT_REMOVABLE = "not_removable"  # of a recall: their channel takes nothing back, or we cannot tell which message
    TOO_OLD = "too_old"  # of a recall: it came longer ago than their channel takes anything back
    TOO_LATE = "too_late"  # another attempt was due, and the time for attempts ended before it could leave
    WINDOW_CLOSED = "window_closed"  # outside the reply window, and no approved template for their language


OF_THE_ADDRESS = frozenset({Withheld.SUPPRESSED, Withheld.QUARANTINED, Withheld.NO_ADDRESS, Withheld.WINDOW_CLOSED})
"""Reasons that speak of one address only: another of the same person may be written to all the same."""

OTHERWISE_REACHED = frozenset({Withheld.HANDED_OVER, Withheld.HAS_IT})
"""Reasons that say that somebody has it all the same."""


class Person(NamedTuple):
    """What must be known of somebody before we write to them. Made a million times, so it is a plain tuple.

    `is_quarantined`: their address is to be left alone now. `is_struck`: it was not reached lately, so what leaves for
    it is a probe. `quiet_until`: they are in their quiet hours, which end at this minute of the local day.
    """

    subscriber_id: int
    locale: str
    address: str | None
    last_inbound_at: datetime | None
    is_consented: bool
    holds_topic: bool
    is_suppressed: bool
    is_quarantined: bool = False
    is_struck: bool = False
    is_paused: bool = False
    quiet_until: int | None = None
    is_elsewhere: bool = False
    wants_media: bool = True
    is_outside: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What one consignment says in one locale through one sender."""

    text: str
    template_id: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    media: Media | None = None
    without_media: str = ""  # the text for whoever does not see them; empty: the text
    has_preview: bool = True


class Send(NamedTuple):
    """They get these words at this address: as free text, or (outside the reply window) by their template."""

    address: str
    words: Words
    is_free: bool
    is_probe: bool = False
    wants_media: bool = True

    @property
    def text(self) -> str:
        """What it says."""
        if self.words.media is None or self.wants_media:
            return self.words.text
        return self.words.without_media or self.words.text

    @property
    def media(self) -> Media | None:
        """What stands beside it."""
        return self.words.media if self.wants_media else None

    @property
    def template(self) -> Template | None:
        """The approved wording that leaves instead of the text, where it may not be free."""
        if self.is_free or self.words.template_id is None:
            return None
        return Template(self.words.template_id, self.words.variables)


class Postponed(NamedTuple):
    """They get it when their quiet hours end: at this minute of the local day."""

    until: int


def decide(
    person: Person | None, wordings: Mapping[str, Words], limits: Limits, *, now: datetime, is_alert: bool = False
) -> Send | Withheld | Postponed:
    """What becomes of one recipient. None is somebody who is no subscriber (any more).

    An alert heeds neither quarantine nor quiet hours.
    """
    if person is None or not person.is_consented:
        return Withheld.NO_CONSENT
    if not person.holds_topic:
        return Withheld.TOPIC_LEFT
    if person.is_elsewhere:
        return Withheld.AREA_LEFT
    if person.is_outside:
        return Withheld.SEGMENT_LEFT
    if person.is_paused:
        return Withheld.PAUSED
    if person.address is None:
        return Withheld.NO_ADDRESS
    if person.is_suppressed:
        return Withheld.SUPPRESSED
    if person.is_quarantined and not is_alert:
        return Withheld.QUARANTINED
    words = wordings.get(person.locale)
    if words is None:
        return Withheld.NO_WORDING
    if person.quiet_until is not None and not is_alert:
        return Postponed(person.quiet_until)
    if is_window_open(person.last_inbound_at, limits, now=now):
        return Send(person.address, words, True, person.is_struck, person.wants_media)
    if words.template_id is None:
        return Withheld.WINDOW_CLOSED
    return Send(person.address, words, is_free=False, is_probe=person.is_struck)


def is_window_open(last_inbound_at: datetime | None, limits: Limits, *, now: datetime) -> bool:
    """Whether free text may be sent; always, where the channel knows no reply window."""
    if limits.reply_window is None:
        return True
    return last_inbound_at is not None and now - last_inbound_at < limits.reply_window - WINDOW_MARGIN
