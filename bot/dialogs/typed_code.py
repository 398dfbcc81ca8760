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

LENGTH = 5  # one more than an announcement's own code, so that nobody takes one for the other
HOLDS_FOR = timedelta(minutes=15)
TRIES = 3


def drawn(talk: Talk) -> dict[str, object]:
    """A new code, as the conversation is to remember it: `code`, `until`, `wrong`."""
    code = "".join(secrets.choice(compose.ALPHABET) for _ in range(LENGTH))
    return {"code": code, "until": (talk.now + HOLDS_FOR).isoformat(), "wrong": 0}


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

    A wrong one is noted with its number, and answered with `wrong` and how many tries are left; the third closes the
    dialog and is answered with `locked`.
    """
    if talk.now >= datetime.fromisoformat(talk.data["until"]):
        return expired()
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
    """Whether this is the code; case and blanks do not matter."""
    typed = "".join(text.split()).upper()
    return hmac.compare_digest(typed.encode(), str(talk.data["code"]).encode())
