"""People by the hundred thousand, written with SQL: subscribers, addresses, subscriptions and their consents.

It follows the tables of the models. People of a crowd take turns at the locales and at the senders, and each has an
address of its own, so that the sink can say how many got nothing and how many got it twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

SUBSCRIBERS = """
    INSERT INTO subscribers (id, agency_id, locale, is_locale_chosen, consented_at, wants_media,
        created_at)
    SELECT %(first)s + n, agencies.id, (%(locales)s::text[])[1 + n %% %(languages)s], true, now(), true, now()
    FROM agencies, generate_series(1, %(size)s) n WHERE slug = %(slug)s
"""
NEXT = "SELECT setval(pg_get_serial_sequence('subscribers', 'id'), (SELECT max(id) FROM subscribers))"
FIRST = "SELECT coalesce(max(id), 0) FROM subscribers"
ADDRESSES = """
    INSERT INTO addresses (subscriber_id, agency_id, sender_id, channel, value, last_inbound_at, created_at)
    SELECT %(first)s + n, agencies.id, (%(senders)s::bigint[])[1 + (n / %(stride)s) %% %(ways)s],
        (%(channels)s::text[])[1 + (n / %(stride)s) %% %(ways)s],
        (%(prefixes)s::text[])[1 + (n / %(stride)s) %% %(ways)s] || (%(base)s + n)::text, NULL, now()
    FROM agencies, generate_series(1, %(size)s) n WHERE slug = %(slug)s
"""
SUBSCRIPTIONS = """
    INSERT INTO subscriptions (subscriber_id, topic_id, cadence, created_at)
    SELECT %(first)s + n, topics.id, 'at_once', now()
    FROM topics JOIN agencies ON agencies.id = topics.agency_id, generate_series(1, %(size)s) n
    WHERE slug = %(slug)s AND topics.key = %(topic)s AND (%(without)s = 0 OR n %% %(without)s <> 1)
"""
CONSENTS = """
    INSERT INTO consents (agency_id, subscriber_id, kind, at, source, wording, evidence)
    SELECT agencies.id, %(first)s + n, 'granted', now(), 'chat', 'Do you agree to hear from us?', '{}'
    FROM agencies, generate_series(1, %(size)s) n WHERE slug = %(slug)s
"""
TEMPLATE = """
    INSERT INTO templates
        (sender_id, purpose, locale, provider_id, body, stage, samples, category, reason, trouble, attempts)
    VALUES (%s, 'announcement', %s, %s, %s, 'approved', '{}', 'UTILITY', '', '', 0)
"""
TABLES = ("subscribers", "addresses", "subscriptions", "consents")


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people of an agency who hold a topic, in turn at each sender (id, channel) and in each locale.

    Every `without`-th does not hold the topic (0: all do). `base` is added to the number in an address.
    """

    slug: str
    senders: Sequence[tuple[int, str]]
    size: int = 0
    topic: str = "flood"
    locales: Sequence[str] = ("en", "ms", "ta", "zh_Hans")
    without: int = 0
    base: int = 6_580_000_000


def fill(connection: psycopg.Connection[tuple[object, ...]], crowd: Crowd) -> None:
    """Write the crowd, and have the database know how much there is now."""
    [(first,)] = connection.execute(FIRST).fetchall()
    ids, channels = zip(*crowd.senders, strict=True)
    values = {
        "slug": crowd.slug,
        "size": crowd.size,
        "topic": crowd.topic,
        "locales": list(crowd.locales),
        "languages": len(crowd.locales),
        "senders": list(ids),
        "channels": list(channels),
        "prefixes": ["whatsapp:+" if channel == "whatsapp" else "" for channel in channels],
        "ways": len(ids),
        "stride": len(crowd.locales),
        "without": crowd.without,
        "base": crowd.base,
        "first": first,
    }
    with connection.transaction():
        for statement in (SUBSCRIBERS, ADDRESSES, SUBSCRIPTIONS, CONSENTS):
            connection.execute(statement.encode(), values)
        connection.execute(NEXT)
    for table in TABLES:
        connection.execute(f"VACUUM ANALYZE {table}".encode())


def approve(connection: psycopg.Connection[tuple[object, ...]], sender_id: int, bodies: Mapping[str, str]) -> None:
    """Approved wording for a sender, in each locale."""
    for place, (locale, body) in enumerate(bodies.items()):
        connection.execute(TEMPLATE.encode(), (sender_id, locale, f"HX{place:032x}", body))
