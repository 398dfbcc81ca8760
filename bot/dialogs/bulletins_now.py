"""One occurrence of a bulletin: seen beforehand, skipped, or sent now with a typed code.

What is shown first is what would leave. The code holds for the occurrence that was the last one then: whoever is second
or taps an old button is shown how it stands and sends nothing.
"""

from collections.abc import Callable

from bot.dialogs import bulletins_card, confirming, typed_code
from bot.dialogs.bulletins_card import NAME, at
from bot.dialogs.officer_desk import writer
from bot.replies import Reply, verbatim
from bot.talk import Talk
from broadcast import defining, occurring, parts, previewing
from broadcast.models import Bulletin
from broadcast.occurring import Outlook, Passed
from channels import registry
from locales import texts
from staff.models import Officer

STEP = "now"  # a code is waited for


def preview(talk: Talk, bulletin: Bulletin) -> list[Reply]:
    """The next one as it would go now, in each language, and how many people read it.

    Where it has data the clock reads them, and sends the preview once it has.
    """
    if parts.feeds_of(bulletin):
        return [_ordered(talk, bulletin), bulletins_card.card(talk, bulletin)]
    found = occurring.outlook(talk.session, bulletin, limits_of=registry.limits, now=talk.now)
    if not found.messages:
        return [Reply("bulletins.preview_nothing"), bulletins_card.card(talk, bulletin)]
    told = texts.say_many("bulletins.preview_people", found.people, talk.locale)
    return [*_messages(talk, found), verbatim(told), bulletins_card.card(talk, bulletin)]


def ask(talk: Talk, bulletin: Bulletin, after: str) -> list[Reply]:
    """Show what would leave now, and ask for the code that sends it."""
    if not occurring.may_ask(talk.session, bulletin, after):
        return old(talk, bulletin)
    found = occurring.outlook(talk.session, bulletin, limits_of=registry.limits, now=talk.now)
    if not found.messages:
        return [Reply("bulletins.preview_nothing"), bulletins_card.card(talk, bulletin)]
    drawn = typed_code.drawn(talk)
    talk.open(NAME, step=STEP, bulletin=bulletin.id, after=after, **drawn)
    span = texts.span(typed_code.HOLDS_FOR, talk.locale)
    people = texts.say_many("bulletins.preview_people", found.people, talk.locale)
    typed = talk.say("bulletins.type", span=span, code=str(drawn["code"]))
    return [*_messages(talk, found), verbatim(f"{people}\n\n{typed}")]


def hear(talk: Talk, text: str) -> list[Reply]:
    """The code, if it is one."""
    officer, bulletin = writer(talk), defining.find(talk.session, talk.agency.id, int(talk.data["bulletin"]))
    if officer is None or bulletin is None:
        talk.close()
        return [Reply("bulletins.unknown")] if officer is not None else []
    after = str(talk.data["after"])

    def right() -> list[Reply]:
        confirming.keep(talk)
        talk.close()
        return _asked(talk, bulletin, officer, after)

    def note(tries: int) -> None:
        defining.note(talk.session, bulletin, "bulletin.code_wrong", officer=officer, now=talk.now, tries=tries)

    return typed_code.hear(
        talk,
        text,
        expired=lambda: ask(talk, bulletin, after),
        right=right,
        note=note,
        wrong="session.wrong",
        locked=Reply("session.locked"),
    )


def skip(talk: Talk, bulletin: Bulletin, officer: Officer, hour: str) -> list[Reply]:
    """Nothing goes out at this hour, if it is the next one."""
    return _at_hour(talk, bulletin, officer, hour, occurring.skip, "skipped")


def unskip(talk: Talk, bulletin: Bulletin, officer: Officer, hour: str) -> list[Reply]:
    """What was skipped goes out after all."""
    again = f"{NAME}:unskip:{bulletin.id}:{hour}"
    return confirming.first(talk, again) or _at_hour(talk, bulletin, officer, hour, occurring.unskip, "unskipped")


def old(talk: Talk, bulletin: Bulletin) -> list[Reply]:
    """What was tapped stands no more; how it stands now."""
    return [Reply("bulletins.old"), bulletins_card.card(talk, bulletin)]


def _asked(talk: Talk, bulletin: Bulletin, officer: Officer, after: str) -> list[Reply]:
    try:
        occurring.ask(talk.session, bulletin, officer, after=after, now=talk.now)
    except Passed:
        return old(talk, bulletin)
    return [Reply("bulletins.asked", {"name": bulletin.key})]


def _at_hour(
    talk: Talk, bulletin: Bulletin, officer: Officer, hour: str, do: Callable[..., bool], done: str
) -> list[Reply]:
    coming = occurring.upcoming(talk.session, bulletin, now=talk.now)
    if bulletins_card.hour_key(coming.due) != hour:
        return old(talk, bulletin)
    try:
        is_new = do(talk.session, bulletin, officer, local_at=coming.due.local_at, now=talk.now)
    except Passed:
        return old(talk, bulletin)
    values = {"name": bulletin.key, "at": at(talk, coming.due), "after": at(talk, coming.after)}
    key = f"bulletins.{done}" if is_new else f"bulletins.{done}_already"
    return [Reply(key, values), bulletins_card.card(talk, bulletin)]


def _ordered(talk: Talk, bulletin: Bulletin) -> Reply:
    """What is being read for them, and what was sent last."""
    to = talk.address.value
    previewing.place(talk.session, bulletin, sender_id=talk.sender.id, to=to, locale=talk.locale, now=talk.now)
    feeds = ", ".join(parts.feeds_of(bulletin))
    lines = "\n".join(f"• {line}" for line in previewing.last_values(talk.session, bulletin, talk.locale))
    last = [talk.say("bulletins.preview_last", values=lines)] if lines else []
    return verbatim("\n\n".join([talk.say("bulletins.preview_fetching", feeds=feeds), *last]))


def _messages(talk: Talk, found: Outlook) -> list[Reply]:
    shown = previewing.drafts(found, talk.locale)
    return [verbatim(each.text, media_id=each.media_id, alternative=each.alternative) for each in shown]
