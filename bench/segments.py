"""Segments of a large agency: how long the counting of several shapes takes, by what the command itself says."""

import re
from collections.abc import Iterator

import psycopg

from bench import servers
from bench.house import TELEGRAM, WHATSAPP, Agency, House, built
from bench.processes import Failed
from bench.report import Figure, figure
from bench.run import Run

TAKEN = re.compile(r"(\d+) people, counted in (\d+\.\d+) seconds")
AREAS, SOURCES, TIMES = 20, 5, 3
SHAPES = {
    "topic": "topic:dengue",
    "two": "topic:flood and language:ta,ms",
    "typical": "topic:flood and (language:ta or language:ms) and area:area-3 and joined>2026-01-01"
    " and not channel:whatsapp",
    "seen": "seen<2026-06-01 or source:none",
    "either": "topic:dengue or area:area-1,area-2 or cadence:weekly or seen>2026-06-01",
    "contrary": "not (topic:flood and language:en and area:area-5) and not cadence:daily",
    "twelve": " or ".join(
        [
            "(topic:flood and language:ta)",
            "(topic:dengue and not area:area-4)",
            "(cadence:weekly and seen<2026-03-01)",
            "(channel:whatsapp and joined<2026-02-01)",
            "(source:poster-1 and area:area-7)",
            "(seen>2026-09-01 and not topic:dengue)",
        ]
    ),
}
COPIED = """
    INSERT INTO {table}
    SELECT (jsonb_populate_record(first, {own} || jsonb_build_object('id', nextval('{table}_id_seq')))).*
    FROM {table} first, generate_series(1, {last}) n WHERE first.id = (SELECT min(id) FROM {table})
"""
VARIED = (
    COPIED.format(table="areas", own="jsonb_build_object('key', 'area-' || n)", last=AREAS - 1),
    COPIED.format(
        table="links", own="jsonb_build_object('key', 'bench' || n, 'source', 'poster-' || n)", last=SOURCES - 1
    ),
    """INSERT INTO subscriptions (subscriber_id, topic_id, cadence, created_at)
       SELECT s.id, t.id, (ARRAY['at_once', 'daily', 'weekly', 'alerts'])[1 + s.id % 4], now()
       FROM subscribers s, topics t WHERE t.key = 'dengue' AND s.id % 3 = 0""",
    """INSERT INTO area_choices (subscriber_id, area_id)
       SELECT s.id, a.id FROM subscribers s JOIN areas a ON a.id % 20 IN (s.id % 20, (s.id * 7 + 3) % 20)
       WHERE s.id % 5 < 2 ON CONFLICT DO NOTHING""",
    """UPDATE addresses SET last_inbound_at = timestamptz '2026-01-01' + (subscriber_id % 330) * interval '1 day'
       WHERE subscriber_id % 4 > 0""",
    """UPDATE subscribers SET consented_at = timestamptz '2025-06-01' + (id % 540) * interval '1 day',
       link_id = CASE WHEN id % 10 = 0 THEN (SELECT min(id) FROM links) + id % 5 END""",
)
TABLES = ("subscribers", "addresses", "subscriptions", "area_choices")


def segments(run: Run) -> Iterator[Figure]:
    """Each count at most a second, with 1,000,000 people who differ in all that can be asked."""
    people = run.size(1_000_000, 100_000)
    with built(run.servers, run.sink) as house:
        agency = house.agency("bench")
        agency.fill({agency.sender(channel): channel for channel in (TELEGRAM, WHATSAPP)}, size=people)
        _vary(house, agency)
        times = 1 if run.is_quick else TIMES
        for name, text in SHAPES.items():
            before = run.servers.postgres_cpu()
            found, seconds = _counted(house, text, times)
            used = run.servers.postgres_cpu() - before
            yield figure(f"segments.{name}.people", found, f"of {people:,}")
            yield figure(f"segments.{name}.count", seconds, "s", "<= 1")
            yield figure(f"segments.{name}.cpu", used / times, "CPU s")


def _vary(house: House, agency: Agency) -> None:
    house.command("topic", "add", agency.slug, "dengue", *(f"--name={locale}=Dengue" for locale in _LOCALES))
    house.command("area", "add", agency.slug, "area-0", *(f"--name={locale}=Area" for locale in _LOCALES))
    house.command("link", "add", agency.slug, "--topic", "flood", "--source", "poster-0")
    with servers.connected(house.url) as connection:
        for statement in VARIED:
            connection.execute(statement.encode())
        _analyse(connection)


_LOCALES = ("en", "ms", "ta", "zh_Hans")


def _analyse(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    for table in TABLES:
        connection.execute(f"VACUUM ANALYZE {table}".encode())


def _counted(house: House, text: str, times: int) -> tuple[int, float]:
    """The middle of so many counts, as an officer waits for it."""
    taken = []
    for _ in range(times):
        said = TAKEN.search(house.command("segment", "count", "bench", text))
        if said is None:
            raise Failed(f"no count of {text}")
        taken.append((float(said[2]), int(said[1])))
    seconds, people = sorted(taken)[times // 2]
    return people, seconds
