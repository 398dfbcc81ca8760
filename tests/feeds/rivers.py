"""A feed as tests know it: how high the river stands, when, and what is said of it."""

from datetime import datetime
from typing import Any

import orjson

from feeds import specs
from feeds.specs import Spec

ZONE = "Asia/Singapore"


def said(**changes: Any) -> dict[str, Any]:
    """The river's feed as an operator writes it down."""
    whole = {
        "source": "https://river.example/now.json",
        "form": "json",
        "origin": "at",
        "max_age_minutes": 120,
        "fields": {
            "level": {
                "path": "stations/id=S50/level",
                "type": "number",
                "unit": "length-meter",
                "decimals": 2,
                "least": 0,
                "most": 10,
                "most_change": 2,
                "labels": {"en": "Water level", "ta": "நீர்மட்டம்"},
            },
            "trend": {
                "path": "trend",
                "type": "word",
                "words": {
                    "up": {"en": "rising", "zh_Hans": "上升", "ms": "naik", "ta": "உயர்கிறது"},
                    "down": {"en": "falling", "zh_Hans": "下降", "ms": "turun", "ta": "குறைகிறது"},
                },
            },
        },
    }
    return whole | changes


def spec(**changes: Any) -> Spec:
    """The same, read."""
    return specs.read(said(**changes), zone=ZONE)


def document(level: object = 1.25, *, at: datetime | str, trend: object = "up") -> bytes:
    """What the feed answers."""
    moment = at.isoformat() if isinstance(at, datetime) else at
    stations = [{"id": "S1", "level": 9}, {"id": "S50", "level": level}]
    return orjson.dumps({"at": moment, "stations": stations, "trend": trend})
