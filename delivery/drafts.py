"""A letter before it is posted: what to show, to nobody in particular yet. Pure."""

from dataclasses import dataclass, field

from channels.contract import Choice, Template


@dataclass(frozen=True, slots=True)
class File:
    """A file for one person alone, to go beside one letter."""

    name: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """Rendered text with choices in rows of `columns`; `edits` is the provider's id of a message it should replace.

    With a `template` that approved wording leaves instead, and without choices: outside the reply window.
    With `heeds_stop` it is no answer to a word of theirs, or more than one: a stop said before it leaves withholds it.
    `media_id` is a picture, document or location to show with it, and `alternative` what that shows, in words. A `file`
    is enclosed instead: for this address alone, and where it cannot be shown `alternative` is said instead of the text.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    columns: int = 1
    list_label: str = ""
    edits: str | None = None
    template: Template | None = None
    media_id: int | None = None
    alternative: str = ""
    heeds_stop: bool = False
    file: File | None = None
