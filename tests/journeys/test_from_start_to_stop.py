"""The way the README describes, through the doors, over real HTTP, in both sizes."""

from tests.journeys.steps import TEXTS, announce, subscribe, wait_until_quiet
from tests.journeys.town import Town


def test_everybody_hears_in_their_language_and_nothing_after_stop(place: Town) -> None:
    tamil, malay = place.person("telegram", "ta"), place.person("whatsapp", "ms")
    subscribe(tamil, place, "telegram", "ta")
    subscribe(malay, place, "whatsapp", "ms")
    officer = place.officer()

    code = announce(officer, place)
    assert code in tamil.see(TEXTS["ta"])
    assert code in malay.see(TEXTS["ms"])
    assert TEXTS["en"] not in tamil.screen() + malay.screen()
    officer.see("2 of 2")
    place.simulator.wait_for(lambda: place.ledger() == {"accepted": 1, "delivered": 1}, 10.0)

    malay.simulator.act(malay.phone, "read", bot=malay.bot)
    place.simulator.wait_for(lambda: place.ledger() == {"accepted": 1, "read": 1}, 10.0)

    malay.say("Tolong berhenti!")
    malay.see("MULA")
    wait_until_quiet(place)
    before = malay.heard()
    announce(officer, place)
    place.simulator.wait_for(lambda: tamil.screen().count(TEXTS["ta"]) == 2, 15.0)
    wait_until_quiet(place)
    assert malay.heard() == before


def test_blocking_the_bot_is_noticed_and_coming_back_is_too(place: Town) -> None:
    tamil, other = place.person("telegram", "ta"), place.person("telegram", "en")
    subscribe(tamil, place, "telegram", "ta")
    subscribe(other, place, "telegram", "en")
    officer = place.officer()
    place.simulator.act(tamil.phone, "block", bot=tamil.bot)
    wait_until_quiet(place)
    announce(officer, place)
    other.see(TEXTS["en"])
    officer.see("1 of 1")
    place.simulator.act(tamil.phone, "unblock", bot=tamil.bot)
    wait_until_quiet(place)
    announce(officer, place)
    tamil.see(TEXTS["ta"])


def test_a_stranger_reaches_nothing_of_an_officers(place: Town) -> None:
    stranger = place.person("telegram", "en")
    subscribe(stranger, place, "telegram", "en")
    for word in ("/announce", "/status", "/announce B7K2", "qwertz"):
        stranger.say(word)
    wait_until_quiet(place)
    answers = stranger.heard()[-4:]
    assert len(set(answers)) == 1  # an officer's word is like any unknown word
    assert "did not understand" in answers[0]
