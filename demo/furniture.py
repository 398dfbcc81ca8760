"""What the demonstration's agency has besides topics: areas, a prepared answer, and the link on a poster."""

from datetime import datetime

from sqlalchemy.orm import Session

from helpdesk import answers
from staff.models import Agency
from subscribers import areas, links, topics

AREAS = {
    "north": {"en": "North", "zh_Hans": "北部", "ms": "Utara", "ta": "வடக்கு"},
    "east": {"en": "East", "zh_Hans": "东部", "ms": "Timur", "ta": "கிழக்கு"},
    "west": {"en": "West", "zh_Hans": "西部", "ms": "Barat", "ta": "மேற்கு"},
    "central": {"en": "Central", "zh_Hans": "中部", "ms": "Tengah", "ta": "மத்திய பகுதி"},
}
LIBRARY_WORDS = {
    "en": ["library", "libraries"],
    "zh_Hans": ["图书馆"],
    "ms": ["perpustakaan"],
    "ta": ["நூலகம்"],
}
LIBRARY = {
    "en": "Our libraries are open every day from 10 am to 9 pm.",
    "zh_Hans": "图书馆每天上午10点至晚上9点开放。",
    "ms": "Perpustakaan kami dibuka setiap hari dari 10 pagi hingga 9 malam.",
    "ta": "எங்கள் நூலகங்கள் தினமும் காலை 10 மணி முதல் இரவு 9 மணி வரை திறந்திருக்கும்.",
}


def furnish(session: Session, agency: Agency, *, now: datetime) -> str:
    """Write all of it; the key of the poster's link, which offers the topic of floods in Tamil."""
    for key, names in AREAS.items():
        areas.add(session, agency_id=agency.id, key=key, names=names, locales=agency.locales)
    answers.save(session, agency, keywords=LIBRARY_WORDS, texts=LIBRARY, now=now)
    floods = topics.by_key(session, agency.id, "flood")
    poster = links.add(
        session,
        agency_id=agency.id,
        now=now,
        topic=floods,
        source="poster",
        locale="ta",
        enabled=agency.locales,
    )
    return poster.key
