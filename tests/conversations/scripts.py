"""The conversations: each a title, what it shows, and what is said. The order is that of the documents."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from broadcast.states import Kind
from channels.contract import Standing, TemplateState
from staff.models import Role
from subscribers import links, topics
from tests.conversations import announcing
from tests.conversations.bulletins import bulletins_in_chat
from tests.conversations.parts import drafted, subscribed
from tests.conversations.stage import Stage

Play = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation; `name` is its file's."""

    name: str
    title: str
    shows: str
    play: Play


def arriving(stage: Stage) -> None:
    """The way in, by tapping."""
    kavitha = stage.phone("Kavitha", hint="ta")
    kavitha.says("/start")
    kavitha.taps("தமிழ்")
    kavitha.taps("வெள்ள எச்சரிக்கை")
    kavitha.taps(kavitha.seen[-1].choices[-1].label)
    kavitha.taps(kavitha.seen[-1].choices[0].label)


def arriving_by_typing(stage: Stage) -> None:
    """The way in, with words and numbers alone."""
    wei = stage.phone("Wei", "whatsapp", hint="zh-hans")
    for words in ("你好", "中文", "1 3", "完成", "同意"):
        wei.says(words)


def stopping(stage: Stage) -> None:
    """Out, in one's own words, and back."""
    john = subscribed(stage, "John", channel="whatsapp")
    john.says("pls stop sending me messages 🙏")
    john.says("stop")
    john.says("start")
    john.says("yes")


def fewer(stage: Stage) -> None:
    """Less instead of nothing, and one topic alone."""
    mei = subscribed(stage, "Mei")
    mei.says("stop air and haze")
    mei.taps("Get it back")
    mei.says("sotp")
    mei.taps("Alerts only")


def speaking_of_stops(stage: Stage) -> None:
    """What only sounds like a stop."""
    officer = stage.phone("Officer Aisyah")
    officer.says(f"/start o-{stage.cast.invitation}")  # not shown: `subscribed` clears the page
    siti = subscribed(stage, "Siti")
    siti.says("does bus 12 stop at the council?")
    siti.says("no")
    siti.taps("Yes, pass it on")
    siti.says("don't stop!")
    siti.taps("No, keep them")


def asking(stage: Stage) -> None:
    """A question that nobody had prepared, and its answer by an officer."""
    officer = stage.phone("Officer Aisyah")
    officer.says(f"/start o-{stage.cast.invitation}")  # not shown: `subscribed` clears the page
    ravi = subscribed(stage, "Ravi")
    ravi.says("When is the drain in Jalan Besar repaired?")
    ravi.taps("Yes, pass it on")
    stage.tell("Every officer of the agency has a card of it. One of them answers.")
    officer.says("/inbox")
    officer.taps("1")
    officer.taps("Reply")
    officer.says("Good day! The drain is repaired on Friday, weather permitting.")
    ravi.receives()


def on_the_team(stage: Stage) -> None:
    """An auditor is invited, reads what was done, and is removed."""
    admin = stage.phone("Officer Aisyah")
    admin.says(f"/start o-{stage.cast.invitation}")
    stage.lines.clear()
    admin.says("/officers")
    admin.taps("Invite")
    admin.taps("auditor")
    [told] = admin.says("Lim Mei")
    found = re.search(r"o-[\w-]+", told.text)
    assert found is not None
    stage.hide(found[0], "o-Xk3...")
    lim = stage.phone("Lim Mei")
    lim.says(f"/start {found[0]}")
    lim.says("/audit")
    admin.says("/officers")
    admin.taps("2")
    admin.taps("Remove")
    admin.taps("Yes, remove")
    lim.says("/audit")


def by_a_poster(stage: Stage) -> None:
    """A link with a topic and a language, while an alert on that topic is in force."""
    rising = {"en": "The canal at Jalan Besar is 90 % full. Keep away.", "ms": "Terusan Jalan Besar 90% penuh. Jauhi."}
    stage.announce(Kind.ALERT, "flood", rising, shown="B7K2")
    with stage.sessions.begin() as session:
        about = topics.by_key(session, stage.cast.agency.id, "flood")
        owner = stage.cast.agency
        link = links.add(session, agency_id=owner.id, now=stage.now, topic=about, locale="ms", enabled=owner.locales)
    stage.hide(link.key, "k7f3p2q9")
    siti = stage.phone("Siti", "whatsapp")
    siti.says(f"Helo! ({link.key})")
    siti.taps("Bahasa Melayu")
    siti.says("siap")
    siti.says("ya")


def settling(stage: Stage) -> None:
    """Everything one can choose, on one card."""
    mei = subscribed(stage, "Mei", chosen="1 2 3")
    mei.says("/settings")
    mei.says("quiet hours 10pm to 7am")
    mei.says("/often")
    mei.taps("Air and haze")
    mei.says("once a day")
    mei.says("pause for a week")
    mei.says("start")


def reading(stage: Stage) -> None:
    """What was announced, and whether a message is ours."""
    burst = {"en": "A water main burst in Serangoon Road. Buses are diverted.", "ta": "குழாய் உடைந்தது."}
    stage.announce(Kind.NOTICE, "transport", burst, shown="C4QX")
    stage.waits(hours=2)
    aziz = subscribed(stage, "Aziz", channel="whatsapp", chosen="1 3")
    aziz.says("latest")
    aziz.says("verify C4QX".replace("C4QX", next(drawn for drawn, shown in stage.secrets.items() if shown == "C4QX")))
    aziz.says("verify X7QZ")


def joining(stage: Stage) -> None:
    """One person, two apps."""
    on_telegram = subscribed(stage, "Lim (Telegram)", chosen="1 2")
    on_whatsapp = stage.phone("Lim (WhatsApp)", "whatsapp")
    [shown] = on_telegram.says("/join")
    drawn = re.search(r"\b([0-9A-Z]{4} [0-9A-Z]{4})\b", shown.text)
    assert drawn is not None
    stage.hide(drawn[1], "7K3F P2QM")
    on_whatsapp.says(drawn[1])
    on_whatsapp.taps("On this app")
    on_telegram.receives()
    on_whatsapp.says("stop")


def being_forgotten(stage: Stage) -> None:
    """What we hold, what was agreed to, and out of it all."""
    anna = subscribed(stage, "Anna")
    anna.says("/history")
    told, _ = anna.says("/mydata")
    found = re.search(r"/mine/([\w-]+)", told.text)
    assert found is not None
    stage.hide(found[1], "Xk3...")
    anna.says("/deleteme")
    anna.taps(anna.seen[-1].choices[0].label)
    anna.says("hello")


def approving(stage: Stage) -> None:
    """Submitted, returned, approved, sent."""
    citizens = [subscribed(stage, name) for name in ("Mei", "Ravi")]
    stage.rule(Kind.NOTICE, len(citizens), 1)
    siti, lim = stage.officer("Siti", Role.AUTHOR), stage.officer("Lim", Role.APPROVER, "whatsapp")
    drafted(siti, "Notice", "The canal path is closed.")
    stage.lines.clear()
    stage.tell("Siti has written a notice. Notices to so many people need an approver here.")
    stage.hide_latest("B7K2", "3f9a1c07")
    siti.says("/announce")
    siti.taps("Submit")
    lim.receives()
    lim.taps("↩️ Return")
    lim.says("Please say until when.")
    siti.receives()
    siti.taps("Open it")
    siti.taps("✏️ English")
    siti.says("The canal path at Jalan Besar is closed until Friday.")
    code = stage.hide_latest("B7K2", "8d20e5b4")
    siti.taps("Submit")
    lim.receives()
    lim.says(f"/approve {code}")
    siti.receives()
    siti.says(f"/schedule {code} tomorrow 0:30")
    siti.types_code("7F3KD")
    lim.says("/queue")
    siti.says(f"/launch {code}")
    siti.types_code("9QX4M")


def breaking_the_glass(stage: Stage) -> None:
    """An alert at night."""
    subscribed(stage, "Mei")
    stage.rule(Kind.ALERT, 0, 1)
    siti, lim = stage.officer("Siti", Role.AUTHOR), stage.officer("Lim", Role.APPROVER)
    drafted(siti, "🚨 ALERT", "The canal at Jalan Besar overflows. Leave the ground floor now.")
    stage.lines.clear()
    stage.tell("Siti has written an alert. Alerts need an approver here, and nobody answers.")
    code = stage.hide_latest("C4QX", "51c7a2de")
    siti.says("/announce")
    siti.taps("🚨 Break the glass")
    siti.says("hurry")
    siti.says("The water rises by a metre an hour and nobody answers.")
    siti.types_code("7F3KD")
    lim.receives()
    lim.says(f"/status {code}")


def templates(stage: Stage) -> None:
    siti = stage.officer("Siti", Role.AUTHOR)
    siti.says("/templates")
    siti.taps("Write a new one")
    siti.taps("Announcements")
    siti.taps("English")
    siti.taps("Service")
    siti.says("{{1}}: {{2}}")
    siti.says("News about {{1}}: {{2}} Reply STOP to stop.")
    siti.taps("Use this example")
    siti.says("The canal overflows.")
    siti.taps("Submit")
    stage.tell("Ten minutes later.")
    stage.waits(minutes=10)
    stage.hears_of_template(Standing(TemplateState.APPROVED))
    siti.receives()
    stage.tell("Two months later, after many people have blocked the number.")
    stage.waits(days=60)
    stage.hears_of_template(Standing(TemplateState.PAUSED, "Low quality"))
    siti.receives()
    siti.says("/templates")
    siti.taps("1")


def practising(stage: Stage) -> None:
    """A drill, and a difference between languages that it brings to light."""
    siti = stage.officer("Siti", Role.AUTHOR)
    siti.says("/drill_list")
    siti.taps("Join it myself")
    siti.says("/drill")
    code = stage.hide_latest("DRILL-B7K2", "3f9a1c07")
    for words in ("The river rises. Leave by 3 pm, call 995.", "/skip"):
        siti.says(words)
    siti.says("ஆற்று நீர் உயர்கிறது. மாலை 3 மணிக்குள் வெளியேறி 999 ஐ அழைக்கவும்.")
    siti.says("/skip")
    siti.says("English")
    siti.taps("✏️ தமிழ்")
    siti.says("ஆற்று நீர் உயர்கிறது. மாலை 3 மணிக்குள் வெளியேறி 995 ஐ அழைக்கவும்.")
    siti.types_code("DRILL 7F3KD")
    siti.says("/queue")
    siti.says(f"/cancel {code}")
    siti.taps("Yes, end it")
    siti.says("/leave_drills")


def prepared(stage: Stage) -> None:
    """Written in quiet hours, approved, used in three taps."""
    subscribed(stage, "Mei")
    stage.crowd(12)
    stage.rule(Kind.ALERT, 0, 1)
    stage.area("besar", "Jalan Besar", "惹兰勿刹", "ஜாலான் பெசார்")
    stage.trust_prepared()
    siti, lim = stage.officer("Siti", Role.AUTHOR), stage.officer("Lim", Role.APPROVER)
    siti.says("/prepared")
    siti.taps("New")
    siti.taps("False alarm")
    for words in ("False alarm", "There is no flood in {area}. We are sorry.", "/skip"):
        siti.says(words)
    siti.says("{area}: வெள்ளம் இல்லை. வருந்துகிறோம்.")
    siti.says("/skip")
    siti.taps("English")
    siti.says("/prepared")
    siti.taps("New")
    siti.taps("Alert")
    siti.taps("Flood alerts")
    for words in ("Flood", "Flood in {area}. Go to higher ground.", "/skip"):
        siti.says(words)
    siti.says("{area}: வெள்ளம். உயரமான இடத்துக்குச் செல்லுங்கள்.")
    siti.says("/skip")
    siti.taps("English")
    lim.says("/prepared")
    lim.taps("1")
    lim.taps("Approve")
    lim.says("/prepared")
    lim.taps("2")
    lim.taps("Approve")
    stage.tell("Some months later, at night.")
    siti.says("/announce")
    siti.taps("Flood")
    siti.taps("Jalan Besar")
    siti.types_code("7F3KD")
    code = stage.hide_latest("C4QX", "51c7a2de")
    stage.reaches(missed=0)
    siti.says(f"/status {code}")
    siti.taps("False alarm")
    siti.types_code("9PM4W")
    stage.hide_latest("M3WT", "0d9e55b1")


def knowing(stage: Stage) -> None:
    """Figures, trouble with what to do, and the week."""
    admin = stage.officer("Aisyah", Role.ADMIN)
    stage.crowd(40)
    stage.ticks()
    stage.waits(days=1)
    closing = {"en": "The library closes at noon today.", "ms": "Perpustakaan ditutup tengah hari ini."}
    stage.announce(Kind.NOTICE, "transport", closing, shown="C4QX")
    stage.reaches(missed=2)
    stage.ticks()
    admin.says("/stats")
    stage.ticks()
    admin.receives()
    stage.waits(hours=1)
    stage.stops(6)
    stage.tell("Six people write STOP within the hour.")
    stage.ticks()
    admin.receives()
    for _ in range(5):
        stage.waits(days=1)
        stage.ticks()
    stage.tell("Hours later it is over. On Monday morning the week comes by itself.")
    admin.receives()


SCRIPTS = (
    Script("arriving", "Arriving", "Telegram, in Tamil: language, topics, and the question of consent.", arriving),
    Script(
        "arriving-by-typing", "Arriving without a tap", "WhatsApp, in Chinese, with words alone.", arriving_by_typing
    ),
    Script("stopping", "Stop, and back", "Effective before the answer leaves; only a clear yes leads back.", stopping),
    Script(
        "fewer", "Less instead of nothing", "One topic, or a goodbye that offers less; a slip is a stop too.", fewer
    ),
    Script("speaking-of-stops", "What only sounds like a stop", "Then we ask; no question is lost.", speaking_of_stops),
    Script(
        "by-a-poster",
        "By a poster, in an emergency",
        "A link knows topic and language; the alert comes at once.",
        by_a_poster,
    ),
    Script("settling", "Everything one can choose", "Quiet hours, how often, a pause, all by typing.", settling),
    Script("reading", "Is this really from them?", "The latest announcements, and a code that is verified.", reading),
    Script("joining", "One person, two apps", "Joined by a code; a stop on either is a stop.", joining),
    Script("being-forgotten", "What do you hold about me?", "The record in plain words, and its end.", being_forgotten),
    Script(
        "approving", "Four eyes", "For officers: submitted, returned, approved, scheduled, and sent sooner.", approving
    ),
    Script(
        "breaking-the-glass", "An alert that cannot wait", "One officer, a reason, everybody told.", breaking_the_glass
    ),
    Script(
        "at-an-hour",
        "At an hour",
        "Scheduled at the preview, seen in the queue, taken back, set anew.",
        announcing.at_an_hour,
    ),
    Script(
        "segments", "For some of them", "A segment is written, corrected, saved and announced to.", announcing.segments
    ),
    Script(
        "aftercare",
        "After it has left",
        "Who did not get it, once more to them, put right, and taken back.",
        announcing.aftercare,
    ),
    Script("practising", "A drill", "Marked from the first word to the last, to its list alone.", practising),
    Script("prepared", "Prepared for the night", "Written and approved in quiet hours, ready in three taps.", prepared),
    Script("knowing", "Knowing how it goes", "Figures, many who stop at once, and the weekly report.", knowing),
    Script(
        "bulletins",
        "What goes out by itself",
        "Made about two topics, previewed, sent now, skipped and paused.",
        bulletins_in_chat,
    ),
    Script("on-the-team", "On the team", "An auditor is invited, reads, and is removed; two taps.", on_the_team),
    Script("templates", "Words for WhatsApp", "A template: written, checked, submitted, approved, paused.", templates),
    Script("asking", "A question of one's own", "To the officers' inbox and back.", asking),
)
