"""The few characters an officer types before something is sent: random, for this chat, three tries, 15 minutes.

They live in the conversation's data, so they hold after a restart, and only until something else is shown.
"""

import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.replies import Reply
from bot.talk import Talk
from broadcast import compose
from locales import texts

LENGTH = 5  # one more than an announcement's own code, so that nobody takes one for the other
HOLDS_FOR = timedelta(minutes=15)
TRIES = 3


def drawn(talk: Talk, *, is_drill: bool = False) -> dict[str, object]:
    """A new code, as the conversation is to remember it: `code`, `until`, `wrong`, and whether it `is_drill`.

    A drill's is typed after the word for a drill, so that nobody types one in the belief that it is the other.
    """
    code = "".join(secrets.choice(compose.ALPHABET) for _ in range(LENGTH))
    return {"code": code, "until": (talk.now + HOLDS_FOR).isoformat(), "wrong": 0, "is_drill": is_drill}


def is_shown(talk: Talk) -> bool:
    """Whether a code was shown that a word may be compared with."""
    return "code" in talk.data


def hear(
    talk: Talk,
    text: str,
    *,
    expired: Callable[[], list[Reply]],
    right: Callable[[], list[Reply]],
    note: Callable[[int], None],
    wrong: str,
    locked: Reply,
) -> list[Reply]:
    """The three answers to what was typed while a code is shown: too late, right, wrong.

    Whoever takes a drill for the real thing, or the real thing for a drill, is told so, at no cost.
    A wrong one is noted with its number, and answered with `wrong` and how many tries are left; the third closes the
    dialog and is answered with `locked`.
    """
    if talk.now >= datetime.fromisoformat(talk.data["until"]):
        return expired()
    if confused := _mistaken(talk, text):
        return [Reply(confused, {"code": str(talk.data["code"])})]
    if _is_right(talk, text):
        return right()
    tries = int(talk.data["wrong"]) + 1
    talk.remember(wrong=tries)
    note(tries)
    if tries < TRIES:
        return [Reply(wrong, n=TRIES - tries)]
    talk.close()
    return [locked]


def _is_right(talk: Talk, text: str) -> bool:
    """Whether this is the code, of a drill after its word; case and blanks do not matter."""
    typed, word = "".join(text.split()).upper(), _drill_word(text)
    if (word is not None) is not bool(talk.data.get("is_drill")):
        return False
    typed = typed.removeprefix(word or "")
    return hmac.compare_digest(typed.encode(), str(talk.data["code"]).encode())


def _mistaken(talk: Talk, text: str) -> str | None:
    """The key of what to answer whoever takes a drill for the real thing, or the real thing for a drill; else None."""
    is_drill, word = bool(talk.data.get("is_drill")), _drill_word(text)
    if not is_drill and word is not None:
        return "drill.this_is_real"
    typed = "".join(text.split()).upper()
    return "drill.needs_word" if is_drill and word is None and typed == talk.data["code"] else None


def _drill_word(text: str) -> str | None:
    typed = "".join(text.split()).upper()
    words = ("".join(texts.say("drill.word", locale).split()).upper() for locale in texts.locales())
    return next((word for word in words if typed.startswith(word)), None)
