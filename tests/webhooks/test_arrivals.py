"""A surge by posters: nobody is lost, nobody is greeted twice, and each poster's count is exact."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from delivery.models import Letter
from locales import texts
from subscribers import links
from subscribers.models import Subscriber
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks.models import CallState

PEOPLE, WRITERS, WORKERS = 120, 8, 6
POSTERS = ("bedok", "jurong", "yishun")


def test_a_surge_by_links_loses_nobody_greets_nobody_twice_and_is_counted_exactly(gate: Gate) -> None:
    owner = gate.agency("water")
    bot, number = gate.bot(owner), gate.number(owner)
    with gate.sessions.begin() as session:
        keys = [links.add(session, agency_id=owner.id, now=calls.utc_now(), source=each).key for each in POSTERS]

    def arrive(person: int) -> None:
        key = keys[person % len(keys)]
        if person % 4:
            body = calls.update(10_000 + person, 50_000 + person, f"/start {key}")
            answers = [gate.telegram(bot, body) for _ in range(2)]  # the platform repeats its calls
        else:
            said = texts.say("arriving.hello", "en", link=key)
            address = {"From": f"whatsapp:+6591{person:06}", "WaId": f"6591{person:06}"}
            body = calls.form(
                "text", **address, Body=said, MessageSid=f"SM{person:032}", SmsMessageSid=f"SM{person:032}"
            )
            answers = [gate.whatsapp(number, body) for _ in range(2)]
        assert {answer.status for answer in answers} == {200}

    with ThreadPoolExecutor(WRITERS) as crowd:
        list(crowd.map(arrive, random.Random(7).sample(range(PEOPLE), PEOPLE)))
    ids = [call.id for call in gate.calls()]
    assert len(ids) == PEOPLE

    def work(seed: int) -> None:
        for call_id in random.Random(seed).sample(ids, len(ids)):
            gate.hear(call_id)

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, range(WORKERS)))

    assert {call.state for call in gate.calls()} == {CallState.HANDLED}
    with gate.sessions() as session:
        greeted = Counter(session.scalars(select(Letter.to)))
        counts = {each.link.source: each.arrived for each in links.counted(session, owner.id)}
        arrived = session.scalars(select(Subscriber.link_id)).all()
    assert len(greeted) == PEOPLE
    assert set(greeted.values()) == {1}
    assert counts == Counter(POSTERS[person % len(POSTERS)] for person in range(PEOPLE))
    assert None not in arrived
