"""A picture, a document or a location on an officer's desk: taken at any step of /announce, which then goes on."""

from bot.dialogs import officer_media, officer_preview, officer_steps
from bot.dialogs.officer_desk import Desk, Step, desk_of
from bot.dialogs.officer_questions import ask
from bot.replies import Reply
from bot.talk import Talk
from broadcast import attaching, compose
from broadcast.states import ForbiddenMove
from channels.contract import Attachment


def receive(talk: Talk) -> list[Reply]:
    """Put a picture, document or location beside the text of the open draft; nothing where none is being written.

    Nor where the value of a blank is asked for: a prepared text begins with none. A caption is the text asked for.
    """
    desk, attachment = desk_of(talk), talk.inbound.attachment
    if desk is None or attachment is None or desk.step in (Step.KEPT, Step.BLANK):
        return []
    told = _told(desk, attachment)
    try:
        refused = officer_media.attach(desk, attachment)
        if refused is not None:
            return [refused, *_again(desk)]
        text = talk.inbound.text.strip()
        has_text = desk.step is Step.TEXT and bool(text)
        if has_text:
            compose.set_text(desk.session, desk.draft, desk.officer, locale=desk.locale, text=text)
            desk.note("broadcast.text_set", locale=desk.locale, characters=len(text))
    except ForbiddenMove as gone:
        talk.close()
        return [officer_steps.gone(desk, gone.here)]
    officer_media.begin(desk, has_text=has_text)
    return [told, *([ask(desk)] if officer_media.needs_words(desk) else returned(desk))]


def _told(desk: Desk, attachment: Attachment) -> Reply:
    """That it was taken: of an album the first, and of two the one that came last."""
    if attachment.album:
        return Reply("announce.media.attached_first")
    return Reply("announce.media.attached" if desk.draft.media_id is None else "announce.media.replaced")


def _again(desk: Desk) -> list[Reply]:
    return officer_preview.show(desk) if desk.step is Step.PREVIEW else [ask(desk)]


def returned(desk: Desk) -> list[Reply]:
    """Back to where the officer was when the picture came."""
    data = desk.talk.data
    after, locale, has_text = Step(data["after"]), data["after_locale"], bool(data["has_text"])
    if after is Step.PREVIEW:
        return officer_steps.arrive(desk)
    replies = officer_steps.go(desk, after, **({"locale": locale} if locale else {}), is_fixing=desk.is_fixing)
    return officer_steps.next_text(desk) if has_text else replies


def chosen(desk: Desk, name: str) -> list[Reply]:
    """Describe it, take it away, or switch the previews of links."""
    match name:
        case "describe":
            officer_media.begin(desk)
            return [ask(desk)]
        case "remove":
            officer_media.remove(desk)
            return returned(desk) if desk.step is Step.WORDS else officer_steps.arrive(desk)
        case _:
            attaching.set_preview(desk.session, desk.draft, desk.officer, not desk.draft.has_preview)
            desk.note("broadcast.preview_set", has_preview=desk.draft.has_preview)
            return officer_steps.arrive(desk)
