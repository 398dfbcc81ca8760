"""The few characters an officer types before something is sent: random, for this chat, three tries, 15 minutes.

They live in the conversation's data, so they hold after a restart, and only until something else is shown.
"""

import hmac
import secrets
from datetime import datetime, timedelta

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


def is_expired(talk: Talk) -> bool:
    """Whether the code shown holds no longer."""
    return talk.now >= datetime.fromisoformat(talk.data["until"])


def is_right(talk: Talk, text: str) -> bool:
    """Whether this is the code; case and blanks do not matter."""
    typed = "".join(text.split()).upper()
    return hmac.compare_digest(typed.encode(), str(talk.data["code"]).encode())


def count_wrong(talk: Talk) -> int:
    """Note a wrong code; how many tries are left."""
    wrong = int(talk.data["wrong"]) + 1
    talk.remember(wrong=wrong)
    return TRIES - wrong
