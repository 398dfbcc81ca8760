"""The demonstration's agency: its names, topics, senders, templates and bulletin."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from broadcast import bulletins
from db.crypto import Vault
from delivery import senders
from delivery.models import Sender
from locales import texts
from staff import agencies, officers
from staff.models import Agency, Role
from subscribers import topics

ZONE = "Asia/Singapore"
SLUG = "city"
NAME = "City Council"
NAMES = {"zh_Hans": "市议会", "ms": "Majlis Bandaran", "ta": "நகர மன்றம்"}
TOPICS = {
    "flood": {"en": "Flood alerts", "zh_Hans": "水灾警报", "ms": "Amaran banjir", "ta": "வெள்ள எச்சரிக்கை"},
    "haze": {"en": "Air and haze", "zh_Hans": "空气与烟霾", "ms": "Udara dan jerebu", "ta": "காற்று, புகைமூட்டம்"},
    "transport": {
        "en": "Roads and transport",
        "zh_Hans": "道路与交通",
        "ms": "Jalan dan pengangkutan",
        "ta": "சாலை, போக்குவரத்து",
    },
    "events": {"en": "Community events", "zh_Hans": "社区活动", "ms": "Acara masyarakat", "ta": "சமூக நிகழ்வுகள்"},
}
EVENTS = {  # below "events"
    "sports": {"en": "Sports", "zh_Hans": "体育", "ms": "Sukan", "ta": "விளையாட்டு"},
    "arts": {"en": "Arts and music", "zh_Hans": "艺术与音乐", "ms": "Seni dan muzik", "ta": "கலை, இசை"},
}
INTRODUCTIONS = {
    "en": "Good day. This is what was announced since yesterday:",
    "zh_Hans": "您好！以下是昨天以来的公告：",
    "ms": "Selamat sejahtera. Berikut pengumuman sejak semalam:",
    "ta": "வணக்கம். நேற்றிலிருந்து வெளியான அறிவிப்புகள்:",
}
TEMPLATES = {  # purpose -> locale -> wording. WhatsApp: no variable first or last, none beside another
    "announcement": {
        "en": "News about {{1}}: {{2}} Reply STOP to stop.",
        "zh_Hans": "关于{{1}}的公告：{{2}} 回复“停止”即可退订。",
        "ms": "Pengumuman tentang {{1}}: {{2}} Balas BERHENTI untuk berhenti.",
        "ta": "அறிவிப்பு ({{1}}): {{2}} நிறுத்த STOP எனப் பதிலளியுங்கள்.",
    },
    "returning": {  # {{1}} the agency, {{2}} when
        "en": "Your pause with {{1}} ends on {{2}}. From then on you will hear from us again.",
        "zh_Hans": "您暂停接收{{1}}公告的期限将于 {{2}} 结束，届时您会再次收到我们的公告。",
        "ms": "Jeda anda daripada {{1}} tamat pada {{2}}. Selepas itu anda akan menerima pengumuman kami semula.",
        "ta": "உங்கள் இடைநிறுத்தம் ({{1}}) முடியும் நேரம்: {{2}}. அதன் பிறகு எங்கள் அறிவிப்புகளை மீண்டும் பெறுவீர்கள்.",
    },
}
EXAMPLES = {
    "announcement": {"1": "Flood alerts", "2": "The river is rising."},
    "returning": {"1": "City Council", "2": "7 Dec 2026, 8:00 am"},
}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the agency, its two senders, the code of the officer's invitation, the key of the poster's link."""

    agency: Agency
    telegram: Sender
    whatsapp: Sender
    invitation: str
    bulletin_at: str
    poster: str = ""


def found(
    session: Session, vault: Vault, credentials: dict[str, dict[str, str]], *, now: datetime, slug: str = SLUG
) -> Cast:
    """Write everything the demonstration needs; `credentials` has the handle and the secrets of each channel."""
    agency = agencies.found(
        session,
        slug=slug,
        name=NAME,
        names=NAMES,
        time_zone=ZONE,
        locales=texts.locales(),
        allowed_locales=texts.locales(),
        now=now,
    )
    for key, names in TOPICS.items():
        topics.add(session, agency_id=agency.id, key=key, names=names, locales=agency.locales)
    events = topics.by_key(session, agency.id, "events")
    for key, names in EVENTS.items():
        topics.add(session, agency_id=agency.id, key=key, names=names, locales=agency.locales, parent=events)
    made = {channel: _sender(session, vault, agency, channel, dict(each), now) for channel, each in credentials.items()}
    _, code = officers.invite(session, agency, name="Demo officer", role=Role.ADMIN, now=now)
    bulletin_at = _soon(now)
    _bulletin(session, agency, bulletin_at, now)
    return Cast(agency, made["telegram"], made["whatsapp"], code, bulletin_at)


def _sender(
    session: Session, vault: Vault, agency: Agency, channel: str, secrets: dict[str, str], now: datetime
) -> Sender:
    handle = secrets.pop("handle")
    return senders.add(
        session, agency_id=agency.id, channel=channel, handle=handle, credentials=vault.seal(secrets), now=now
    )


def _soon(now: datetime) -> str:
    """Some minutes from now, so that whoever plays sees a bulletin come by itself."""
    return (now + timedelta(minutes=10)).astimezone(ZoneInfo(ZONE)).strftime("%H:%M")


def _bulletin(session: Session, agency: Agency, local_time: str, now: datetime) -> None:
    about = [topics.by_key(session, agency.id, key) for key in ("transport", "events")]
    bulletins.define(
        session,
        agency,
        key="city-daily",
        topics=[topic for topic in about if topic is not None],
        local_time=local_time,
        time_zone=ZONE,
        introductions=INTRODUCTIONS,
        now=now,
    )
