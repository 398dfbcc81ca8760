"""What an operator sees: metrics that agree with the ledger, processes that say how they are, `loudhailer top`."""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.crowd import settle_in
from tests.journeys.steps import announce
from tests.journeys.town import Town, town

EACH = 200  # people on each channel
RATE = 20.0  # so that there is time to look on

pytestmark = pytest.mark.timeout(300)

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(params=["embedded", "scaled out"])
def new_town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """Processes that have counted nothing yet, in both sizes."""
    if request.param == "embedded":
        with town(database_url=request.getfixturevalue("migrated_sqlite_url"), folder=tmp_path) as made:
            yield made
        return
    postgres, redis = request.getfixturevalue("migrated_postgresql_url"), request.getfixturevalue("redis_url")
    with town(database_url=postgres, folder=tmp_path, redis_url=redis) as made:
        yield made


def test_what_is_seen_agrees_with_the_ledger(new_town: Town) -> None:
    place = new_town
    officer = settle_in(place, EACH, RATE)
    code = announce(officer, place)
    place.simulator.wait_for(lambda: sum(place.ledger().values()) > EACH / 4, 30.0)
    look_on(place, code)
    officer.see(f"{code} · Flood alerts · finished", seconds=60.0)
    assert "Half had it within" in officer.screen()
    place.simulator.wait_for(lambda: place.ledger() == {"accepted": EACH, "delivered": EACH}, 30.0)
    forge(place)

    worker, clock, web = (scraped(place, name) for name in roles(place))
    assert by(worker, "loudhailer_messages_total", "channel", outcome="accepted") == dict.fromkeys(place.bots, EACH)
    assert by(worker, "loudhailer_provider_call_seconds_count", "channel") == dict.fromkeys(place.bots, EACH)
    assert by(web, "loudhailer_receipts_total", "result", channel="whatsapp")["settled"] >= EACH
    assert by(web, "loudhailer_calls_total", "result", channel="telegram")["forged"] == 1
    assert by(web, "loudhailer_calls_total", "channel", result="unknown") == {"none": 1}
    assert sum(by(web, "loudhailer_door_seconds_count", "").values()) >= EACH
    assert sum(by(clock, "loudhailer_broadcast_settled", "kind").values()) == 2 * EACH
    assert by(clock, "loudhailer_database_read", "") == {"": 1}
    assert by(clock, "loudhailer_sender_stopped", "channel") == dict.fromkeys(place.bots, 0)
    reached = by(clock, "loudhailer_reach_seconds", "quantile", milestone="handed_over")
    assert 0 < reached["0.5"] <= reached["0.9"] <= reached["0.99"] < 60


def look_on(place: Town, code: str) -> None:
    """While it goes out `loudhailer top` shows it, as a picture and for scripts."""
    seen = json.loads(place.typed("top", "--once", "--json").stdout)
    [going] = seen["seen"]["broadcasts"]
    assert (going["code"], going["state"], going["people"]) == (code, "sending", 2 * EACH)
    assert EACH / 4 < going["settled"] < 2 * EACH
    assert 0 < going["reached"]["handed_over"]["p50"] < 60
    assert seen["broadcast_rates"][str(going["id"])] > 0
    kinds = Counter(each["kind"] for each in seen["seen"]["processes"])
    assert kinds == ({"up": 1} if place.redis_url is None else {"web": 1, "worker": 1, "clock": 1})
    picture = place.typed("top", "--once", COLUMNS="80").stdout
    assert max(map(len, picture.splitlines())) <= 80
    for word in (code, "city", str(2 * EACH), "handed over: p50", "telegram", "whatsapp", "letters"):
        assert word in picture, picture


def roles(place: Town) -> tuple[str, str, str]:
    """The processes that send, that read the database, and that hear providers."""
    return ("up", "up", "up") if place.redis_url is None else ("worker", "clock", "web")


def scraped(place: Town, name: str) -> Figures:
    """A real scrape; nobody's address or text is in it."""
    status, text = place.look(name, "/metrics")
    assert status == 200
    for phone in place.simulator.summary()["recipients"]["telegram"]:
        assert f'"{phone}"' not in text
    assert "city_council" not in text
    assert "flood" not in text.lower()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def by(figures: Figures, name: str, label: str, **fixed: str) -> dict[str, float]:
    """The samples of a metric that carry these labels, added up by another label."""
    found: Counter[str] = Counter()
    for (metric, labels), value in figures.items():
        if metric == name and set(fixed.items()) <= labels:
            found[dict(labels).get(label, "")] += value  # type: ignore[assignment]
    return dict(found)


def forge(place: Town) -> None:
    """Somebody without the secret calls the door, and somebody calls a door there is none of."""
    for path, status in ((f"telegram/{place.cast.telegram.key}", 403), ("telegram/nobody", 404)):
        url = f"http://127.0.0.1:{place.port}/hooks/{path}"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, b"{}"), timeout=5)
        assert refused.value.code == status
        refused.value.close()


def test_every_process_says_that_it_lives_and_is_ready_and_nothing_to_strangers(place: Town) -> None:
    for name in place.processes:
        assert place.look(name, "/health") == (200, "ok\n")
        assert place.look(name, "/ready") == (200, "ready\n")
        assert place.look(name, "/")[0] == 404
    for path in ("/metrics", "/hooks/metrics"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{place.port}{path}", timeout=5)
        assert refused.value.code == 404
        refused.value.close()
