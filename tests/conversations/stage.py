"""A stage for conversations: the demonstration's agency on a database of its own, phones, a clock that stands still."""

import itertools
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select

from bot import conversation
from bot.talk import Above
from broadcast import approving, clock, compose, launch, policy, prepared_texts, template_work
from broadcast.models import Broadcast
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from channels import registry
from channels.contract import Choice, Inbound, Standing
from db import bulk, migrate
from db.crypto import Vault
from db.engine import Sessions, create_engine, session_factory
from delivery.drafts import Draft
from delivery.models import Delivery, Letter, Sender, Tally, WordingTemplate
from delivery.states import DeliveryState
from delivery.switchboard import Switchboard
from demo import agency
from demo.agency import Cast
from staff import officers
from staff.models import Agency, Officer, Role
from subscribers import areas, consent, directory, topics
from subscribers.models import Address, Source, Subscription
from webhooks import held

BEGINS = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # a Tuesday, nine in the morning in Singapore
CREDENTIALS = {
    "telegram": {"handle": "city_council_bot", "token": "1:stage", "secret": "stage"},
    "whatsapp": {"handle": "+6580000000", "account_sid": "AC0", "auth_token": "stage"},
}
TALLIED = ("consignment_id", "sender_id", "state", "count")
PUBLIC_URL = "https://council.example"
APPS = {"telegram": "Telegram", "whatsapp": "WhatsApp"}


@dataclass
class Stage:
    """Where one conversation is played; `lines` is what was said, as Markdown."""

    sessions: Sessions
    cast: Cast
    above: Above
    now: datetime = BEGINS
    lines: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)  # what is drawn anew each time -> what the document shows
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def phone(self, name: str, channel: str = "telegram", hint: str = "en") -> "Phone":
        """Somebody with a new phone."""
        sender = getattr(self.cast, channel)
        return Phone(self, name, sender, f"{channel}:{name.casefold()}", hint)

    def officer(self, name: str, role: Role, channel: str = "telegram") -> "Phone":
        """An officer who is in already; how they came is not shown."""
        with self.sessions.begin() as session:
            owner = session.get_one(Agency, self.cast.agency.id)
            _, code = officers.invite(session, owner, name=name, role=role, now=self.now)
        phone = self.phone(name, channel)
        phone.says(f"/start o-{code}")
        self.lines.clear()
        return phone

    def rule(self, kind: Kind, people: int, approvers: int) -> None:
        """Have the agency ask for approvers."""
        with self.sessions.begin() as session:
            owner = session.get_one(Agency, self.cast.agency.id)
            policy.set_rule(session, owner, ApprovalRule(kind, people, approvers), now=self.now)

    def trust_prepared(self) -> None:
        """Have what is made of approved prepared texts leave without another approval."""
        with self.sessions.begin() as session:
            owner = session.get_one(Agency, self.cast.agency.id)
            prepared_texts.set_policy(session, owner, True, now=self.now)

    def area(self, key: str, name: str, chinese: str, tamil: str) -> None:
        """An area of the agency's."""
        names = {"en": name, "ms": name, "zh_Hans": chinese, "ta": tamil}
        with self.sessions.begin() as session:
            agency = session.get_one(Agency, self.cast.agency.id)
            areas.add(session, agency_id=agency.id, key=key, names=names, locales=agency.locales)

    def hide_latest(self, shown: str, mark: str) -> str:
        """Show these instead of the newest announcement's code and fingerprint; the code."""
        with self.sessions() as session:
            newest = session.scalars(select(Broadcast).order_by(Broadcast.id.desc()).limit(1)).one()
            self.hide(approving.mark(compose.fingerprint(session, newest)), mark)
            self.hide(newest.code, shown)
            return newest.code

    def tell(self, text: str) -> None:
        """Say what happens between two messages."""
        self.lines.append(f"*{text}*\n")

    def waits(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def hide(self, drawn: str, shown: str) -> None:
        """Show this instead of something random."""
        self.secrets[drawn] = shown

    def announce(self, kind: Kind, topic: str, said: Mapping[str, str], *, shown: str) -> None:
        """Have an officer's announcement leave now; `shown` stands for its code."""
        with self.sessions.begin() as session:
            owner = session.get_one(Agency, self.cast.agency.id)
            officer = session.scalars(select(Officer).where(Officer.agency_id == owner.id)).first()
            assert officer is not None
            made = compose.draft(session, owner, officer, kind=kind, now=self.now)
            compose.set_topic(session, made, officer, topics.by_key(session, owner.id, topic))
            for locale, text in said.items():
                compose.put_text(session, made, locale, text)
            launch.start(session, made, limits_of=registry.limits, now=self.now)
            self.hide(made.code, shown)

    def hears_of_template(self, standing: Standing) -> None:
        """The provider says how far the newest template is."""
        with self.sessions.begin() as session:
            newest = session.scalars(select(WordingTemplate).order_by(WordingTemplate.id.desc()).limit(1)).one()
            template_work.settle(session, newest.id, standing, now=self.now)

    def crowd(self, number: int) -> None:
        """So many people who subscribed to everything; how they came is not shown."""
        with self.sessions.begin() as session:
            held = topics.list_for(session, self.cast.agency.id)
            for place in range(number):
                sender = self.cast.whatsapp if place % 3 == 0 else self.cast.telegram
                locale = ("en", "zh_Hans", "ms", "ta")[place % 4]
                made = directory.make(session, sender, f"crowd:{place}", locale=locale, now=self.now).subscriber
                consent.grant(session, made, source=Source.CHAT, wording="yes", evidence={}, now=self.now)
                rows = [Subscription(subscriber_id=made.id, topic_id=each.id, created_at=self.now) for each in held]
                session.add_all(rows)

    def reaches(self, missed: int) -> None:
        """The newest announcement reaches the crowd but for a few."""
        with self.sessions.begin() as session:
            newest = session.scalars(select(Broadcast).order_by(Broadcast.id.desc()).limit(1)).one()
            crowd = select(Address).where(Address.value.like("crowd:%")).order_by(Address.id)
            for place, address in enumerate(session.scalars(crowd)):
                state = DeliveryState.FAILED if place < missed else DeliveryState.ACCEPTED
                row = Delivery(consignment_id=newest.id, subscriber_id=address.subscriber_id, attempt=1, state=state)
                row.sender_id, row.accepted_at = address.sender_id, self.now
                session.add(row)
                bulk.add_rows(session, bulk.Rows(Tally, TALLIED, [(newest.id, address.sender_id, state, 1)]))
                newest.audience_size = place + 1

    def stops(self, number: int) -> None:
        """So many of the crowd say stop."""
        with self.sessions.begin() as session:
            crowd = select(Address).where(Address.value.like("crowd:%")).order_by(Address.id.desc()).limit(number)
            for address in session.scalars(crowd):
                consent.withdraw(
                    session, address.subscriber, source=Source.CHAT, wording="stop", evidence={}, now=self.now
                )

    def ticks(self) -> None:
        """The clock does what is due."""
        clock.sweep(self.sessions, self.now)
        clock.tick(self.sessions, self.now, limits_of=registry.limits)

    def text(self) -> str:
        """The whole conversation, with nothing random in it."""
        whole = "\n".join(self.lines)
        for drawn, shown in self.secrets.items():
            whole = whole.replace(drawn, shown)
        return whole


@dataclass(eq=False)
class Phone:
    """One chat account; `seen` are our last answers."""

    stage: Stage
    name: str
    sender: Sender
    value: str
    hint: str
    seen: list[Draft] = field(default_factory=list)
    shown: int = 0  # the last letter that stands in the document

    def says(self, text: str) -> list[Draft]:
        """Type something."""
        self.stage.lines.append(f"**{self.name}:** {text}\n")
        return self._hears(Inbound(self._event(), self.value, text, locale_hint=self.hint))

    def taps(self, label: str) -> list[Draft]:
        """Tap the button whose label is, or begins with, this among our last answers."""
        choices = [choice for draft in self.seen for choice in draft.choices]
        chosen = next((each for each in choices if each.label.startswith(label)), None)
        assert chosen is not None, f"no {label!r} among {[each.label for each in choices]} of {self.seen}"
        self.stage.lines.append(f"**{self.name}** taps `{chosen.label}`\n")
        tapped = Inbound(self._event(), self.value, chosen.label, choice=chosen.key, tapped_id="1")
        return self._hears(tapped)

    def types_code(self, shown: str) -> list[Draft]:
        """Type the code at the end of our last answer; `shown` stands for it."""
        code = self.seen[-1].text.splitlines()[-1]
        self.stage.hide(code, shown)
        return self.says(code)

    def receives(self) -> None:
        """Show what was written to this phone at somebody else's word since the last time, to be tapped."""
        with self.stage.sessions() as session:
            mine = select(Letter).where(Letter.sender_id == self.sender.id, Letter.to == self.value)
            letters = session.scalars(mine.where(Letter.id > self.shown).order_by(Letter.id)).all()
        for letter in letters:
            self.shown = letter.id
            draft = Draft(letter.text, tuple(Choice(*each) for each in letter.choices), media_id=letter.media_id)
            self.stage.lines.append(f"**{self.name}** receives\n\n" + written(draft))
            self.seen = [draft]

    def _event(self) -> str:
        return str(next(self.stage.numbers))

    def _hears(self, inbound: Inbound) -> list[Draft]:
        self.stage.now += timedelta(seconds=20)
        with self.stage.sessions.begin() as session:
            sender = session.get_one(Sender, self.sender.id)
            limits, above, now = registry.limits(sender.channel), self.stage.above, self.stage.now
            self.seen = conversation.hear(session, inbound, sender=sender, limits=limits, now=now, above=above)
        assert self.seen, "nobody is left without an answer"
        for draft in self.seen:
            self.stage.lines.append(written(draft))
        return self.seen


def written(draft: Draft) -> str:
    """One of our messages as Markdown: a quotation, the choices below it."""
    text = f"📎 {draft.file.name}\n{draft.text}" if draft.file is not None else draft.text
    text = f"🖼\n{text}" if draft.media_id is not None else text
    quoted = "\n".join(f"> {line}  ".rstrip() if not line else f"> {line}  " for line in text.split("\n"))
    buttons = "\n>\n> " + " ".join(_button(choice) for choice in draft.choices) if draft.choices else ""
    return f"{quoted}{buttons}\n"


@contextmanager
def stage() -> Iterator[Stage]:
    """The demonstration's agency with its two senders, on a new database."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'stage.db'}"
        migrate.upgrade(url)
        engine = create_engine(url)
        sessions = session_factory(engine)
        try:
            vault = Vault([Fernet.generate_key().decode()])
            with sessions.begin() as session:
                cast = agency.found(session, vault, CREDENTIALS, now=BEGINS)
            board = Switchboard(
                build=registry.build, limits_of=registry.limits, vault=vault, public_url=PUBLIC_URL, endpoints={}
            )
            yield Stage(sessions, cast, Above(PUBLIC_URL, everything=partial(held.file, board)))
        finally:
            engine.dispose()


def _button(choice: Choice) -> str:
    mark = {True: "✅ ", False: "▫️ ", None: ""}[choice.is_selected]
    return f"`{mark}{choice.label}`"
