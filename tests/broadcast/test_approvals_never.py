"""Whatever several officers do in whatever order: nothing leaves without the approvals its rule asks for, as approved.

A model keeps who approved exactly which words when, and who ever had a hand in them. The house is asked to do what it
may refuse; whatever it does must be what the model allows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, TypedDict, TypeVar

import pytest
import sqlalchemy
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from broadcast import approval_cards, approving, compose, launch, scheduling
from broadcast.states import ForbiddenMove, Kind, Ruling, State
from db.engine import Sessions, create_engine, session_factory
from delivery.switchboard import LimitsOf
from staff import officers as staff
from tests import databases
from tests.broadcast import board
from tests.broadcast.board import Board
from tests.broadcast.places import NOW, Place, limits_of, ready

Row = TypeVar("Row")
REFUSALS = (
    *(ForbiddenMove, compose.NotAllowed, launch.Changed, launch.Unready, launch.NoReason),
    *(approving.Unapproved, approving.NotNeeded, approving.NoApprovers, approving.OwnWork, approving.AlreadyRuled),
    *(scheduling.Past, scheduling.TooFar, scheduling.Lapses),
)
HOLDS_FOR = timedelta(hours=24)
WORDS = ("The river rises.", "The river falls.")
AUTHOR, ADMIN, LIM, RAJ, MEI = range(5)
WRITERS = st.sampled_from([AUTHOR, AUTHOR, AUTHOR, ADMIN, ADMIN, LIM, MEI])
APPROVERS = st.sampled_from([LIM, RAJ, LIM, RAJ, ADMIN, AUTHOR])
HAPPENS = st.sampled_from(["slip", "join", "join", "sleep", "sleep", "revoke", "nothing"])


class Seen(TypedDict):
    """What every verb that lets something leave is told."""

    fingerprint: str
    limits_of: LimitsOf
    now: datetime


@dataclass
class Known:
    """What the model knows: who had a hand in it, and who said yes to which words, when, since it was submitted."""

    editors: set[int]
    yes: dict[int, tuple[str, datetime]] = field(default_factory=dict)

    def holding(self, words: str, now: datetime, revoked: set[int]) -> int:
        """How many approvals of these words hold."""
        return sum(
            said == words and at > now - HOLDS_FOR and who not in self.editors | revoked
            for who, (said, at) in self.yes.items()
        )


class Officers(RuleBasedStateMachine):
    """One notice or alert among five officers, an audience that grows, and a clock."""

    sessions: ClassVar[Sessions]
    convened: ClassVar[Board]

    def __init__(self) -> None:
        super().__init__()
        self.session = self.sessions()
        self.board = again(self.session, self.convened)
        place = self.board.place
        self.officers = [place.author, place.admin, *self.board.approvers, self.board.colleague]
        self.now, self.revoked = NOW, set[int]()
        self.begin(Kind.NOTICE)

    def begin(self, kind: Kind) -> None:
        """A new draft; the last one is let go of."""
        self.made = ready(self.session, self.board.place, kind)
        self.known, self.was_sent = Known({self.board.place.author.id}), False

    @initialize(
        kind=st.sampled_from([Kind.NOTICE, Kind.NOTICE, Kind.ALERT]),
        editor=st.sampled_from([AUTHOR, ADMIN]),
        approver=st.sampled_from([RAJ, RAJ, RAJ, ADMIN]),
        more=st.sampled_from([0, 0, 0, 1]),
        happens=HAPPENS,
        who=st.sampled_from([AUTHOR, ADMIN]),
        by_clock=st.booleans(),
    )
    def begun(self, kind: Kind, editor: int, approver: int, more: int, happens: str, who: int, by_clock: bool) -> None:
        """Most of what can go wrong begins where something was approved, or half approved."""
        board.join(self.session, self.board, 2 * more)
        self.begin(kind)
        self.edits(editor, WORDS[1])
        self.schedules(who, 1) if by_clock else self.launches(who)  # too early
        self.submits(AUTHOR)
        for _ in range(2):
            self.says(approver, Ruling.APPROVED)
        if self.made.state is State.APPROVED:
            self.something_happens_before_it_leaves(happens, who, by_clock)

    @rule(happens=HAPPENS, who=WRITERS, by_clock=st.booleans())
    @precondition(lambda self: self.made.state in (State.APPROVED, State.SCHEDULED))
    def something_happens_before_it_leaves(self, happens: str, who: int, by_clock: bool) -> None:
        """Between the approval and the launch, by an officer or by the clock."""
        if by_clock:
            self.schedules(who, 1)
        match happens:
            case "slip":
                self.something_slips_in()
            case "join":
                board.join(self.session, self.board, 2)
            case "revoke" if not self.revoked:
                self.an_approver_is_revoked()
            case "sleep":
                self.time_passes(25, False)
        if by_clock:
            self.time_passes(1, True)
        else:
            self.launches(who)

    @rule(editor=st.sampled_from([AUTHOR, ADMIN]), approver=APPROVERS, times=st.integers(1, 2))
    @precondition(lambda self: self.made.state in (State.DRAFT, State.SUBMITTED, State.RETURNED))
    def is_written_and_approved(self, editor: int, approver: int, times: int) -> None:
        """Perhaps by the same officer, perhaps twice."""
        self.takes_back_and_edits(editor, WORDS[0])
        self.submits(AUTHOR)
        for _ in range(times):
            self.says(approver, Ruling.APPROVED)

    @rule(who=WRITERS, text=st.sampled_from(WORDS))
    def edits(self, who: int, text: str) -> None:
        """An edit, which is possible while it is a draft only."""
        officer = self.officers[who]
        with self.tried() as did:
            compose.set_text(self.session, self.made, officer, locale="en", text=text)
        if did():
            assert self.made.state is State.DRAFT
            self.known.editors.add(officer.id)

    @rule(who=WRITERS, text=st.sampled_from(WORDS))
    def takes_back_and_edits(self, who: int, text: str) -> None:
        """It is a draft again, and says something else."""
        with self.tried() as did:
            approving.take_back(self.session, self.made, self.officers[who], now=self.now)
        if did():
            self.known.yes.clear()
            self.edits(who, text)

    @rule(who=WRITERS)
    def submits(self, who: int) -> None:
        """Before the approvers."""
        with self.tried() as did:
            approving.submit(self.session, self.made, self.officers[who], **self.seen())
        if did():
            self.known.yes.clear()
            self.known.editors.add(self.officers[who].id)

    @rule(who=APPROVERS, ruling=st.sampled_from([Ruling.APPROVED, Ruling.APPROVED, Ruling.APPROVED, *Ruling]))
    def says(self, who: int, ruling: Ruling) -> None:
        """A verdict: once, and not on what they had a hand in."""
        officer = self.officers[who]
        with self.tried() as did:
            approving.rule(
                self.session, self.made, officer, ruling, fingerprint=self.seal(), reason="Why not.", now=self.now
            )
        if did():
            assert officer.id not in self.known.editors | self.revoked | set(self.known.yes)
            if ruling is Ruling.APPROVED:
                self.known.yes[officer.id] = (self.text(), self.now)

    @rule(who=WRITERS)
    def launches(self, who: int) -> None:
        """The typed code."""
        allowed = self.is_allowed()
        with self.tried() as did:
            launch.confirm(self.session, self.made, self.officers[who], **self.seen())
        if did():
            self.sent(allowed)

    @rule(who=WRITERS, reason=st.sampled_from(["The dam breaks.", "short"]))
    @precondition(lambda self: self.made.kind is Kind.ALERT)
    def breaks_the_glass(self, who: int, reason: str) -> None:
        """An alert without approval: that is written on it."""
        lacked = not self.is_allowed()
        with self.tried() as did:
            launch.break_glass(self.session, self.made, self.officers[who], reason=reason, **self.seen())
        if did():
            assert len(reason) > 10
            assert (self.made.glass_reason is not None) is lacked
            self.sent(True)

    @rule(who=WRITERS, hours=st.sampled_from([0, 1, 20, 30]))
    def schedules(self, who: int, hours: int) -> None:
        """At an hour."""
        allowed = self.is_allowed()
        with self.tried() as did:
            at = self.now + timedelta(hours=hours)
            scheduling.schedule(self.session, self.made, self.officers[who], at=at, **self.seen())
        assert allowed or not did()

    @rule(who=WRITERS)
    @precondition(lambda self: self.made.state is State.SCHEDULED)
    def unschedules(self, who: int) -> None:
        """And not."""
        with self.tried():
            scheduling.unschedule(self.session, self.made, self.officers[who], now=self.now)

    @rule(who=WRITERS, kind=st.sampled_from([Kind.NOTICE, Kind.ALERT]))
    @precondition(lambda self: self.made.state in (State.REJECTED, State.RETURNED, State.SENDING, State.SCHEDULED))
    def ends(self, who: int, kind: Kind) -> None:
        """It is cancelled where that is possible, and something else is written."""
        with self.tried():
            launch.cancel(self.session, self.made, self.officers[who], now=self.now)
        self.begin(kind)

    @rule(hours=st.sampled_from([1, 12, 25]), is_awake=st.booleans())
    def time_passes(self, hours: int, is_awake: bool) -> None:
        """The clock comes by after a while, or is away."""
        self.now += timedelta(hours=hours)
        if not is_awake:
            return
        for broadcast_id in scheduling.due(self.session, self.now):
            allowed, is_ours = self.is_allowed(), broadcast_id == self.made.id
            if scheduling.run(self.session, broadcast_id, limits_of=limits_of, now=self.now) and is_ours:
                self.sent(allowed)
        for broadcast_id in approving.lapsing(self.session, self.now):
            approval_cards.lapse(self.session, broadcast_id, limits_of=limits_of, now=self.now)

    @rule()
    @precondition(lambda self: self.board.people < 4)
    def people_join(self) -> None:
        """From four on it needs two approvers."""
        board.join(self.session, self.board, 2)

    @rule()
    @precondition(lambda self: not self.revoked)
    def an_approver_is_revoked(self) -> None:
        """Their word is worth nothing from now on."""
        staff.revoke(self.session, self.officers[RAJ], now=self.now)
        self.revoked.add(self.officers[RAJ].id)

    @rule()
    @precondition(lambda self: not self.was_sent)
    def something_slips_in(self) -> None:
        """Words change past all verbs: nobody approved these."""
        compose.put_text(self.session, self.made, "en", "Slipped in.")

    @invariant()
    def what_is_not_sent_has_not_left(self) -> None:
        """And what has is never launched again."""
        assert (self.made.launched_at is not None) is self.was_sent

    def teardown(self) -> None:
        """Nothing of it stays."""
        self.session.rollback()
        self.session.close()

    def sent(self, allowed: bool) -> None:
        """It left: it had all it needed, and had not left before."""
        assert allowed, "it was sent without its approvals"
        assert not self.was_sent, "it was sent twice"
        assert self.made.confirmed_hash == self.seal()
        self.was_sent = True

    def is_allowed(self) -> bool:
        """Whether the model says that it may leave as it is now."""
        needed = 2 if self.made.kind is Kind.NOTICE and self.board.people >= 4 else 1
        return self.known.holding(self.text(), self.now, self.revoked) >= needed

    def text(self) -> str:
        """What it says."""
        return compose.contents(self.session, self.made)[0].text

    def seal(self) -> str:
        """What an officer who looks now confirms."""
        return compose.fingerprint(self.session, self.made)

    def seen(self) -> "Seen":
        """What every verb wants to know."""
        return Seen(fingerprint=self.seal(), limits_of=limits_of, now=self.now)

    @contextmanager
    def tried(self) -> Iterator[Callable[[], bool]]:
        """Do what may be refused; afterwards ask whether it was done."""
        done: list[bool] = []
        try:
            yield lambda: bool(done)
            done.append(True)
        except REFUSALS:
            pass
        self.session.flush()


def again(session: Session, convened: Board) -> Board:
    """The same board in another session."""

    def own(row: Row) -> Row:
        return session.get_one(type(row), sqlalchemy.inspect(row).identity)

    place = Place(**{each.name: own(getattr(convened.place, each.name)) for each in fields(Place)})
    return Board(place, [own(each) for each in convened.approvers], own(convened.colleague), convened.people)


@pytest.fixture
def on_sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Sessions]:
    """One database: what is asked here is no question of locks."""
    engine = create_engine(databases.copied_sqlite(sqlite_template, tmp_path / "never.db"))
    yield session_factory(engine)
    engine.dispose()


def test_no_path_sends_without_its_approvals_and_no_edit_survives_one(on_sqlite: Sessions) -> None:
    Officers.sessions = on_sqlite
    with on_sqlite.begin() as session:
        Officers.convened = board.convene(session)
    checked = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Officers,
        settings=settings(max_examples=50, stateful_step_count=5, deadline=None, suppress_health_check=checked),
    )
