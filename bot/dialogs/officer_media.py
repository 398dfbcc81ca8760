"""The picture, document or location of an announcement: taken from what an officer sends, and put into words."""

from bot.dialogs.officer_desk import Desk, Step
from bot.replies import Reply
from bot.talk import FileWanted
from broadcast import attaching, compose
from broadcast.content import Flaw
from channels import registry
from channels.contract import LARGEST, Attachment, MediaKind, Refusal, sniffed
from delivery import media
from delivery.models import MediaItem

TOO_LARGE = "too_large"


def attach(desk: Desk, attachment: Attachment) -> Reply | None:
    """Put what was sent beside the text of the draft; why that cannot be, if it cannot: then all stays as it was.

    May raise FileWanted.
    """
    try:
        item = _kept(desk, attachment)
    except media.BadMedia as bad:
        return Reply(f"announce.media.{bad.reason}", {"limit": LARGEST // 1024**2})
    before = desk.draft.media_id, desk.draft.media_texts
    attaching.attach(desk.session, desk.draft, desk.officer, item)
    found = compose.problems(desk.session, desk.draft, limits_of=registry.limits)
    too_large = [each for each in found if each.flaw is Flaw.MEDIA_TOO_LARGE]
    if too_large:
        desk.draft.media_id, desk.draft.media_texts = before
        desk.session.flush()
        lines = "\n".join(compose.explain(each, desk.talk.locale) for each in too_large)
        return Reply("announce.problems", {"problems": lines})
    desk.note("broadcast.media_attached", kind=item.kind.value, bytes=item.size)
    return None


def begin(desk: Desk, *, has_text: bool = False) -> None:
    """Ask what it shows, in the first language, and remember where the officer was: before the first, if of several."""
    data = desk.talk.data
    back = {"after": desk.step.value, "after_locale": data.get("locale"), "has_text": has_text}
    if desk.step is Step.WORDS:
        back = {name: data[name] for name in back}
    desk.go(Step.WORDS, locale=desk.locales[0], is_fixing=desk.is_fixing, **back)


def needs_words(desk: Desk) -> bool:
    """Whether anything has to be asked: the name of a place says enough."""
    item = desk.session.get(MediaItem, desk.draft.media_id)
    return item is not None and not item.title


def say(desk: Desk, text: str) -> bool:
    """Take the words of one language (empty: none) and go on to the next; False: that was the last."""
    attaching.describe(desk.session, desk.draft, desk.officer, locale=desk.locale, text=text)
    desk.note("broadcast.media_described", locale=desk.locale, characters=len(text))
    place = desk.locales.index(desk.locale) + 1
    if place == len(desk.locales):
        return False
    desk.talk.remember(locale=desk.locales[place])
    return True


def remove(desk: Desk) -> None:
    """Let the text stand alone again."""
    attaching.attach(desk.session, desk.draft, desk.officer, None)
    desk.note("broadcast.media_removed")


def _kept(desk: Desk, attachment: Attachment) -> MediaItem:
    talk = desk.talk
    if attachment.place is not None:
        return media.keep_place(desk.session, talk.agency.id, attachment.place, now=talk.now)
    if (attachment.size or 0) > LARGEST:
        raise media.BadMedia(TOO_LARGE)
    if talk.file is None:
        raise FileWanted
    if isinstance(talk.file, Refusal):
        raise media.BadMedia(TOO_LARGE if talk.file.reason == "media_too_large" else "not_had")
    kind = MediaKind.PHOTO if sniffed(talk.file) in media.PICTURES else MediaKind.DOCUMENT
    return media.keep(desk.session, talk.agency.id, kind, talk.file, name=attachment.name, now=talk.now)
