"""What a dialog answers, and how that becomes a draft in somebody's language. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from channels.contract import Choice
from delivery.drafts import Draft, File
from locales import texts


@dataclass(frozen=True, slots=True)
class Reply:
    """One message of ours: a text key with values, and choices whose labels are already in the person's language.

    `n` picks the plural form (and is the value {n}). `edits` asks to replace the message whose choice was tapped, where
    the channel can. `list_label_key` names the button that opens the choices where they are a list. `is_numbered` lets
    the place of a choice, counted from 1, be typed for it. Whole numbers, instants, dates and timedeltas among the
    values are written as the person's locale writes them. With `heeds_stop` a stop said before it leaves withholds it.
    A `file` goes with it, to this address alone; where it cannot, `alternative` is said instead.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    choices: Sequence[Choice] = ()
    columns: int = 1
    edits: bool = False
    list_label_key: str | None = None
    is_numbered: bool = False
    n: int | None = None
    media_id: int | None = None
    alternative: str = ""
    heeds_stop: bool = False
    file: File | None = None


def verbatim(
    text: str, *, choices: Sequence[Choice] = (), columns: int = 1, media_id: int | None = None, alternative: str = ""
) -> Reply:
    """A reply that shows a text exactly as it is: a preview, or words of an agency's own. With media beside it."""
    return Reply("reply.verbatim", {"text": text}, choices, columns, media_id=media_id, alternative=alternative)


def say(reply: Reply, locale: str, zone: str) -> str:
    """The reply's text."""
    values = {name: _written(value, locale, zone) for name, value in reply.values.items()}
    if reply.n is not None:
        return texts.say_many(reply.key, reply.n, locale, **values)
    return texts.say(reply.key, locale, **values)


def render(reply: Reply, locale: str, zone: str, *, tapped_id: str | None = None) -> Draft:
    """The reply in a locale and a time zone. `tapped_id` is the provider's id of the message an edit may replace."""
    label = texts.say(reply.list_label_key or "reply.list.button", locale) if reply.choices else ""
    return Draft(
        text=say(reply, locale, zone),
        choices=tuple(reply.choices),
        columns=reply.columns,
        list_label=label,
        edits=tapped_id if reply.edits else None,
        media_id=reply.media_id,
        alternative=reply.alternative,
        heeds_stop=reply.heeds_stop,
        file=reply.file,
    )


def _written(value: object, locale: str, zone: str) -> object:
    match value:
        case datetime():
            return texts.instant(value, zone, locale)
        case date():
            return texts.day(value, zone, locale)
        case timedelta():
            return texts.span(value, locale)
        case _:
            return value
