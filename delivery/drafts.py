"""A letter before it is posted: what to show, to nobody in particular yet. Pure."""

from dataclasses import dataclass

from channels.contract import Choice


@dataclass(frozen=True, slots=True)
class Draft:
    """Rendered text with choices in rows of `columns`; `edits` is the provider's id of a message it should replace.

    `media_id` is a picture, document or location to show with it, and `alternative` what that shows, in words.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    columns: int = 1
    list_label: str = ""
    edits: str | None = None
    media_id: int | None = None
    alternative: str = ""
