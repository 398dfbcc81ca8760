"""How a broadcast will look, before it leaves."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from broadcast import compose, content
from broadcast.content import Script, Way
from broadcast.models import Broadcast
from delivery.switchboard import LimitsOf


@dataclass(frozen=True, slots=True)
class Preview:
    """How a broadcast looks to people of some locales: the message, and the approved wording outside reply windows.

    `locale` is the language it is written in, `readers` are the enabled locales that get it, `template` is None where
    no channel of the agency needs one.
    """

    locale: str
    readers: tuple[str, ...]
    text: str
    template: str | None
    media_id: int | None = None
    alternative: str = ""


def of(session: Session, broadcast: Broadcast, *, limits_of: LimitsOf) -> list[Preview]:
    """The very texts that will be sent, one for each language there is a text in, in the agency's order."""
    said, ways = compose.script(session, broadcast), compose.ways_of(session, broadcast.agency_id, limits_of)
    return [
        Preview(
            locale=locale,
            readers=tuple(reader for reader in said.locales if said.source_of(reader) == locale),
            text=content.rendered(said.frames[locale], said.texts[locale]),
            template=_template_variant(said, ways, locale),
            media_id=broadcast.media_id,
            alternative=said.beside.words(locale) if said.beside else "",
        )
        for locale in said.locales
        if locale in said.texts
    ]


def _template_variant(said: Script, ways: Sequence[Way], locale: str) -> str | None:
    bodies = [way.templates[locale] for way in ways if way.limits.needs_template and locale in way.templates]
    if not bodies:
        return None
    text = said.beside.added(locale, said.texts[locale]) if said.beside else said.texts[locale]
    return content.filled(bodies[0], content.variables(said.frames[locale], text))
