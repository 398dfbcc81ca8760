"""A house to measure: its people are where the product looks for them, and a small announcement goes through it."""

import pytest

from bench import receipts, sending, servers, sizes
from bench.house import TELEGRAM, WHATSAPP, built
from bench.run import Run


@pytest.mark.slow
def test_an_announcement_to_a_small_crowd_is_proved_and_paid_for(run_of_nothing: Run) -> None:
    with sending.ready(run_of_nothing, TELEGRAM, 40) as to:
        sent = sending.send(run_of_nothing, to, 40)
    assert (sent.arrivals.people, sent.arrivals.doubled) == (40, 0)
    assert sent.used["worker"] > 0
    assert sent.memory.peak > 10


def test_a_crowd_takes_turns_at_senders_and_languages_and_what_we_write_ourselves_is_taken(run_of_nothing: Run) -> None:
    with built(run_of_nothing.servers, run_of_nothing.sink) as house:
        agency = house.agency("bench")
        ways = {agency.sender(channel): channel for channel in (TELEGRAM, WHATSAPP)}
        agency.fill(ways, size=24, locales=("ta", "en"), without=12)
        agency.fill(ways, size=24, base=6_590_000_000)
        rows = house.query(
            "SELECT channel, locale, count(*) FROM subscribers s JOIN addresses a ON a.subscriber_id = s.id"
            " WHERE s.id <= 24 GROUP BY 1, 2 ORDER BY 1, 2"
        )
        assert rows == [(channel, locale, 6) for channel in (TELEGRAM, WHATSAPP) for locale in ("en", "ta")]
        assert house.number("SELECT count(*) FROM subscriptions") == 22 + 24
        assert house.number("SELECT count(*) FROM consents") == 48
        assert house.number("SELECT nextval(pg_get_serial_sequence('subscribers', 'id'))") == 49
        for statement in (receipts.CONSIGNMENT, receipts.DELIVERIES, receipts.TALLY):  # rows our tables take
            house.query(statement.format(id=7, count=3))
        assert house.number("SELECT count(*) FROM deliveries") == 3
        with servers.connected(house.url) as connection:
            for statement in (sizes.CALLS, sizes.LETTERS):
                assert connection.execute(statement.encode(), {"count": 2}).rowcount == 2
