"""The conversation about bulletins: what goes out by itself, in an officer's hands."""

import re

from sqlalchemy import select

from broadcast import bulletins
from broadcast.models import Broadcast
from broadcast.states import Kind
from channels import registry
from staff.models import Role
from tests.conversations.stage import Phone, Stage

HEADED = re.compile(r"\(([2-9A-HJ-NP-Z]{4})\)\n")


def bulletins_in_chat(stage: Stage) -> None:
    """Made about two topics, previewed, sent now, skipped, and paused."""
    siti = stage.officer("Siti", Role.AUTHOR)
    siti.says("/bulletins")
    siti.taps("New bulletin")
    siti.says("Weekday evenings")
    for label in ("Flood alerts", "Air and haze", "Done"):
        siti.taps(label)
    for said in ("Mon to Fri", "6:30 pm", "Everybody"):
        siti.says(said)
    siti.says("Good evening. This is what happened on the water and in the air today.")
    for _ in range(3):
        siti.taps("Skip")
    siti.taps("Save it")
    rising = {"en": "The canal at Jalan Besar is 90 % full.", "ms": "Terusan Jalan Besar 90% penuh."}
    stage.waits(seconds=30)
    hazy = {"en": "The air is unhealthy (PSI 105).", "ms": "Udara tidak sihat (PSI 105)."}
    stage.announce(Kind.NOTICE, "flood", rising, shown="B7K2")
    stage.announce(Kind.NOTICE, "haze", hazy, shown="P4XD")
    stage.tell("The agency announces that a canal is nearly full, and haze. Half a minute later Siti looks again.")
    siti.says("/bulletins weekday-evenings")
    _hide_code(stage, siti, "Send one now")
    siti.types_code("7F3KD")
    _tick(stage)
    siti.receives()
    siti.says("/bulletins weekday-evenings")
    siti.taps("Skip the next one")
    siti.taps("Pause")


def _hide_code(stage: Stage, phone: Phone, label: str) -> None:
    """Tap what shows a preview, whose code is another each time."""
    for draft in phone.taps(label):
        for found in HEADED.findall(draft.text):
            stage.hide(found, "C4QX")


def _tick(stage: Stage) -> None:
    """The clock looks once."""
    with stage.sessions.begin() as session:
        for due in bulletins.due(session, stage.now):
            bulletins.run(session, due, limits_of=registry.limits, now=stage.now)
    with stage.sessions() as session:
        newest = session.scalars(select(Broadcast).order_by(Broadcast.id.desc()).limit(1)).one()
        stage.hide(newest.code, "D8MN")
