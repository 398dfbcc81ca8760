"""What officers say around an announcement: at which hour, for whom, and after it has left."""

from delivery.states import DeliveryState
from staff.models import Role
from tests.conversations.ledger import settled
from tests.conversations.parts import drafted, subscribed
from tests.conversations.stage import Stage


def at_an_hour(stage: Stage) -> None:
    """Scheduled, looked at, taken back, scheduled again."""
    subscribed(stage, "Mei")
    siti, ravi = stage.officer("Siti", Role.AUTHOR), stage.officer("Ravi", Role.AUDITOR)
    drafted(siti, "Notice", "The canal path is closed from Friday on.")
    stage.lines.clear()
    stage.tell("Siti has written a notice and looks at its preview. It shall leave tomorrow.")
    code = stage.hide_latest("B7K2", "3f9a1c07")
    siti.says("/schedule 8:00")
    siti.says("/schedule tomorrow 8:30")
    siti.types_code("7F3KD")
    ravi.says("/queue")
    siti.says(f"/unschedule {code}")
    siti.says(f"/schedule {code} 27 Nov 6pm")
    siti.types_code("9QX4M")
    ravi.says("/queue")


def segments(stage: Stage) -> None:
    """Written, misspelt, saved, used."""
    subscribed(stage, "Mei")
    subscribed(stage, "Kavitha")
    siti = stage.officer("Siti", Role.AUTHOR)
    siti.says("/segments")
    siti.taps("New segment")
    siti.says("topic:flod and language:en")
    siti.says("topic:flood and language:en")
    siti.says("English readers")
    for words in ("/announce", "Notice", "Flood alerts"):
        siti.says(words)
    stage.hide_latest("B7K2", "3f9a1c07")
    siti.says("2")
    siti.says("The canal path is closed.")
    for words in ("/skip", "/skip", "/skip"):
        siti.says(words)
    siti.says("Nothing")
    stage.hide(siti.seen[-1].text.splitlines()[-1], "7F3KD")
    siti.says("/cancel")


def aftercare(stage: Stage) -> None:
    """A notice with a wrong day: who has it, who has not, and what can be done."""
    mei, ravi = subscribed(stage, "Mei"), subscribed(stage, "Ravi")
    wei = subscribed(stage, "Wei", channel="whatsapp")
    siti = stage.officer("Siti", Role.AUTHOR)
    drafted(siti, "Notice", "The canal path is closed on Friday.")
    code = stage.hide_latest("B7K2", "3f9a1c07")
    siti.types_code("7F3KD")
    has_it, has_not = (DeliveryState.ACCEPTED, None), (DeliveryState.FAILED, "unreachable")
    settled(stage, {mei: has_it, ravi: has_not, wei: has_it})
    stage.lines.clear()
    stage.tell("Siti's notice has gone out.")
    siti.says(f"/who {code}")
    siti.taps("Failed")
    stage.tell("Ravi has let the bot in again.")
    siti.says(f"/retry {code}")
    stage.hide_latest("C4QX", "51c7a2de")
    siti.types_code("9QX4M")
    settled(stage, {ravi: has_it})
    stage.tell("It should have said Saturday.")
    siti.says(f"/correct {code}")
    stage.hide_latest("D9WP", "8d20e5b4")
    for words in ("The canal path is closed on Saturday, not on Friday.", "/skip", "/skip", "/skip", "English"):
        siti.says(words)
    siti.types_code("K4MTX")
    settled(stage, {mei: has_it, ravi: has_it, wei: has_it})
    stage.tell("On the next day nothing is closed at all. The correction is taken back.")
    stage.waits(days=1)
    siti.says("/recall " + next(drawn for drawn, shown in stage.secrets.items() if shown == "D9WP"))
    siti.types_code("H3VNR")
    stage.hide_latest("E6RS", "02b7f1d9")
