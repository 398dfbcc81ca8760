"""Deleting everything about somebody: a question that says what goes and what stays, then a word or a button."""

from collections.abc import Sequence

from bot import pickers
from bot.keywords import normalise
from bot.models import Conversation
from bot.personal import DELETE
from bot.replies import Reply
from bot.talk import Talk
from bot.wordbook import own
from delivery import personal as post
from helpdesk import questions
from subscribers import directory, forgetting

NAME = "deleting"


def begin(talk: Talk, argument: str = "") -> list[Reply]:
    """Say what goes and what stays, and ask."""
    talk.open(NAME)
    is_joined = len(directory.addresses(talk.session, talk.subscriber.id)) > 1
    choices = [talk.button("deleting:yes", "deleting.yes.button"), talk.button("deleting:no", "deleting.no.button")]
    key = "deleting.ask_joined" if is_joined else "deleting.ask"
    return [Reply(key, {"agency": talk.agency.name_in(talk.locale)}, choices)]


def tap(talk: Talk, action: Sequence[str]) -> list[Reply]:
    """The two buttons. One of an earlier time deletes nothing: it asks again."""
    match action:
        case ["yes"]:
            return _delete(talk) if talk.conversation.dialog == NAME else begin(talk)
        case ["no"]:
            talk.close()
            return [Reply("deleting.kept", {}, pickers.menu(talk))]
        case _:
            return []


def hear(talk: Talk, text: str) -> list[Reply]:
    """The word that deletes; anything else ends the question, and is answered as ever."""
    if normalise(text) in DELETE | own("delete"):
        return _delete(talk)
    talk.close()
    return []


def _delete(talk: Talk) -> list[Reply]:
    """At once, in this transaction: what is on its way to them is withheld when it is read."""
    agency = talk.agency.name_in(talk.locale)
    erased = forgetting.erase(talk.session, talk.subscriber, now=talk.now)
    questions.erase(talk.session, talk.agency, erased.ids, erased.places, now=talk.now)
    post.forget_deliveries(talk.session, agency_id=talk.agency.id, subscriber_ids=erased.ids)
    for place in erased.places:
        post.forget_letters(talk.session, sender_id=place.sender_id, to=place.value)
        talk.above.forget_calls(talk.session, place.sender_id, place.value)
        _forget_conversation(talk, place)
    talk.is_over = True
    return [Reply("deleting.done", {"agency": agency})]


def _forget_conversation(talk: Talk, place: forgetting.Place) -> None:
    key = {"sender_id": place.sender_id, "address": place.value}
    kept = talk.session.get(Conversation, key)
    if kept is not None:
        talk.session.delete(kept)
