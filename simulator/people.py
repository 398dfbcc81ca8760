"""Invents believable people of Singapore: a name by language, a mobile number, a Telegram id."""

from __future__ import annotations

from random import Random

NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (("Grace", "Daniel", "Rachel", "Marcus", "Joanne", "Adrian"), ("Lim", "Pereira", "Tan", "de Souza", "Wong")),
    "zh": (("陈", "林", "黄", "李", "王", "吴"), ("美玲", "伟明", "慧敏", "志强", "嘉怡", "国华")),
    "ms": (("Siti", "Ahmad", "Nurul", "Faizal", "Aisyah", "Hafiz"), ("Rahman", "Ismail", "Salleh", "Yusof", "Osman")),
    "ta": (("கவிதா", "முருகன்", "பிரியா", "குமார்", "லட்சுமி"), ("ராமன்", "செல்வம்", "சுப்ரமணியம்", "நடராஜன்")),
}


def invent_name(random: Random, language_code: str) -> str:
    """Give a name common among speakers of the language; a Chinese one is written family name first, unspaced."""
    language = language_code.lower().split("-")[0].split("_")[0]
    first, second = NAMES.get(language, NAMES["en"])
    glue = "" if language == "zh" else " "
    return random.choice(first) + glue + random.choice(second)


def invent_number(random: Random) -> str:
    """Give a Singapore mobile number in E.164: eight digits in ranges that are given out (81 to 89, 90 to 98)."""
    return f"+65{random.choice('89')}{random.randrange(10**6, 9 * 10**6):07d}"


def invent_user_id(random: Random) -> str:
    """Give a business-scoped user id, as WhatsApp has it for who shows no number: the country, a full stop, digits."""
    return f"SG.{random.randrange(10**16, 10**17)}"


def invent_telegram_id(random: Random) -> str:
    """Give a Telegram user id; those of today need more than 32 bits."""
    return str(random.randrange(10**8, 8 * 10**9))
