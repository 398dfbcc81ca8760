"""Once a day instead of at once: the notice waits, the bulletin brings it, and brings it once."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from broadcast.models import Broadcast, Bulletin, BulletinTopic, Occurrence
from tests.journeys.steps import announce, subscribe, wait_until_finished, wait_until_quiet
from tests.journeys.town import Town

ROADWORKS = {
    "en": "Bukit Timah Road is closed tonight.",
    "ms": "Jalan Bukit Timah ditutup malam ini.",
    "ta": "புக்கிட் தீமா சாலை இன்றிரவு மூடப்படும்.",
    "zh_Hans": "武吉知马路今晚封闭。",
}


def test_who_chose_once_a_day_reads_it_in_the_bulletin_and_only_there(place: Town) -> None:
    daily, at_once = place.person("telegram", "ta"), place.person("whatsapp", "ms")
    subscribe(daily, place, "telegram", "ta", "transport")
    subscribe(at_once, place, "whatsapp", "ms", "transport")
    daily.say("/settings")
    daily.tap("settings:often")
    daily.tap(f"settings:topic:{place.topic('transport')}")
    daily.tap(":daily")
    daily.see("(தினசரிச் சுருக்கம்)")
    officer = place.officer()

    code = announce(officer, place, ROADWORKS, topic="Roads and transport")
    at_once.see(ROADWORKS["ms"])
    wait_until_finished(place, code)
    assert ROADWORKS["ta"] not in daily.screen()

    make_due(place)
    daily.see(ROADWORKS["ta"])
    assert "நேற்றிலிருந்து" in daily.screen()  # the introduction
    for process in list(place.processes):  # a restart brings no second one
        place.stop(process)
    place.mend()
    wait_until_quiet(place, 3.0)
    assert daily.screen().count(ROADWORKS["ta"]) == 1
    assert at_once.screen().count(ROADWORKS["ms"]) == 1
    ran = select(func.count()).join(Bulletin).where(Bulletin.agency_id == place.cast.agency.id).select_from(Occurrence)
    assert place.in_session(lambda session: session.scalar(ran)) == 1


def make_due(place: Town) -> None:
    """Let some minutes pass: the announcement lies back, and the bulletin's hour is the minute that has just begun."""
    now = datetime.now(UTC)
    local, ours = now.astimezone(ZoneInfo("Asia/Singapore")), place.cast.agency.id
    made = now - timedelta(minutes=10)
    due = {"local_time": local.strftime("%H:%M"), "created_at": made, "hours_since": made}
    with place.sessions.begin() as session:
        session.execute(update(Bulletin).where(Bulletin.agency_id == ours).values(due))
        mine = BulletinTopic.bulletin_id.in_(select(Bulletin.id).where(Bulletin.agency_id == ours))
        session.execute(update(BulletinTopic).where(mine).values(since=made))
        announced = update(Broadcast).where(Broadcast.agency_id == ours)
        session.execute(announced.values(launched_at=now - timedelta(minutes=3)))
