"""Taking subscribers in from a CSV file, each with a proof that they agreed.

Columns: channel, address, locale, topics (keys, separated by spaces or semicolons), consented_at (an instant with its
zone), proof (where the agreement can be looked up). Running the same file again changes nothing.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TextIO

import phonenumbers
from sqlalchemy.orm import Session

from locales import texts
from subscribers import consent, directory, forgetting, topics
from subscribers.directory import WritesFrom
from subscribers.models import Source, Topic

COLUMNS = ("channel", "address", "locale", "topics", "consented_at", "proof")
CHUNK = 500
ACCOUNT = re.compile(r"[1-9][0-9]{0,18}")

Row = tuple[int, dict[str, str]]  # the line it ends on, and its fields


class BadFile(Exception):
    """The file is no list of subscribers from here on: chunks before this are in. The message says what is wrong."""


class Refused(Exception):
    """One row cannot be taken in. The message is the reason, for the report."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a channel's rows come in: through which sender, and how to read an address (Refused if it is none)."""

    sender: WritesFrom
    read_address: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Agency:
    """What an import needs to know of the agency: its id and its enabled locales, the default first."""

    id: int
    locales: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was left out: its line in the file (the heading is line 1) and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What one chunk brought: rows read, people taken in, people who were in already, and the rows left out."""

    read: int
    taken: int
    known: int
    refusals: tuple[Refusal, ...]


def chunks(file: TextIO) -> Iterator[list[Row]]:
    """The file's rows, CHUNK at a time: the command commits after each. Raises BadFile."""
    rows = _rows(file)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def take(
    session: Session, rows: Sequence[Row], *, agency: Agency, ways: Mapping[str, Way], name: str, now: datetime
) -> Progress:
    """Take one chunk in. `ways` is channel -> Way, the file's `name` goes into the evidence.

    Nobody who ever said stop is subscribed by a file, and nobody who is subscribed already is changed by one.
    """
    return _Importer(session, agency, ways, name, now).take(rows)


def phone_number(prefix: str = "") -> Callable[[str], str]:
    """Reads numbers in E.164 (+6591234567, spaces allowed); the address is the number after `prefix`."""

    def read(text: str) -> str:
        try:
            number = phonenumbers.parse(text.removeprefix(prefix), None)
        except phonenumbers.NumberParseException as error:
            raise Refused("the address is no telephone number with its country code (+65...)") from error
        if not phonenumbers.is_valid_number(number):
            raise Refused("there is no such telephone number")
        return prefix + phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return read


def account_number(text: str) -> str:
    """Reads the number of a chat account."""
    if not ACCOUNT.fullmatch(text):
        raise Refused("the address is no account number")
    return text


def _rows(file: TextIO) -> Iterator[Row]:
    reader = csv.DictReader(file, restkey="", restval="")
    try:
        reader.fieldnames = _heading(reader)
        for row in reader:
            yield reader.line_num, {column: row[column].strip() for column in COLUMNS}
    except UnicodeDecodeError as error:
        place = f"after line {reader.line_num} there is no UTF-8 text"
        raise BadFile(f"{place}; a spreadsheet program saves it as “CSV UTF-8”") from error
    except csv.Error as error:
        raise BadFile(f"line {reader.line_num + 1} cannot be read: {error}") from error


def _heading(reader: "csv.DictReader[str]") -> list[str]:
    heading = [(column or "").strip().lstrip("\ufeff").casefold() for column in reader.fieldnames or ()]
    missing = [column for column in COLUMNS if column not in heading]
    if missing:
        raise BadFile(f"the heading lacks {', '.join(missing)}; it needs {', '.join(COLUMNS)}")
    return heading


class _Importer:
    """Takes one chunk in, inside one transaction."""

    def __init__(self, session: Session, agency: Agency, ways: Mapping[str, Way], name: str, now: datetime) -> None:
        self._session, self._agency, self._ways, self._name, self._now = session, agency, ways, name, now
        self._topics = {topic.key: topic for topic in topics.list_for(session, agency.id)}

    def take(self, rows: Sequence[Row]) -> Progress:
        """Every row, each taken in, known or refused."""
        taken, refusals = 0, list[Refusal]()
        for line, row in rows:
            try:
                taken += self._take(line, row)
            except Refused as refused:
                refusals.append(Refusal(line, str(refused)))
            except consent.Merged:
                refusals.append(Refusal(line, "they were joined to another address just now; run the file again"))
        return Progress(len(rows), taken, len(rows) - taken - len(refusals), tuple(refusals))

    def _take(self, line: int, row: Mapping[str, str]) -> bool:
        """Whether somebody is subscribed by this row who was not before."""
        way = self._ways.get(row["channel"].casefold())
        if way is None:
            raise Refused(f"the agency has no sender on the channel {row['channel']!r}")
        value, locale = way.read_address(row["address"]), self._locale(row["locale"])
        chosen, consented_at = self._chosen(row["topics"]), self._consented_at(row["consented_at"])
        if not row["proof"]:
            raise Refused("there is no proof that they agreed")
        known = directory.find(self._session, sender_id=way.sender.id, value=value)
        is_subscribed = known is not None and known.subscriber.consented_at is not None
        if not is_subscribed and forgetting.is_erased(self._session, sender_id=way.sender.id, value=value):
            raise Refused("they had everything about them deleted; only they themselves can subscribe again")
        person = known or directory.make(self._session, way.sender, value, locale=locale, now=self._now)
        consent.lock(self._session, person.subscriber)
        if consent.has_withdrawn(self._session, person.subscriber_id):
            raise Refused("they have said stop; only they themselves can subscribe again")
        if person.subscriber.consented_at is not None:
            return False
        if known is None:
            directory.set_locale(person.subscriber, locale)
        topics.subscribe(self._session, person.subscriber, [topic.id for topic in chosen], now=self._now)
        evidence = {"file": self._name, "line": line, "imported_at": self._now.isoformat(), "channel": row["channel"]}
        consent.grant(
            self._session,
            person.subscriber,
            source=Source.IMPORT,
            wording=row["proof"],
            evidence=evidence,
            now=consented_at,
        )
        return True

    def _locale(self, text: str) -> str:
        locale = texts.resolve(text, self._agency.locales)
        if locale is None:
            raise Refused(f"the agency does not speak the language {text!r}")
        return locale

    def _chosen(self, text: str) -> list[Topic]:
        keys = text.replace(";", " ").split()
        unknown = [key for key in keys if key not in self._topics]
        if unknown:
            raise Refused(f"there is no topic {', '.join(unknown)}")
        if not keys and self._topics:
            raise Refused("there is no topic that they agreed to")
        return [self._topics[key] for key in keys]

    def _consented_at(self, text: str) -> datetime:
        try:
            at = datetime.fromisoformat(text)
        except ValueError as error:
            raise Refused("consented_at is no instant; it looks like 2026-11-24T08:00+08:00") from error
        if at.tzinfo is None:
            raise Refused("consented_at has no time zone; it looks like 2026-11-24T08:00+08:00")
        if at > self._now:
            raise Refused("consented_at is in the future")
        return at
