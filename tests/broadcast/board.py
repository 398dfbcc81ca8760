"""What tests of approvals start from: a place with approvers, people, rules, and drafts to submit."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from broadcast import approving, compose, policy
from broadcast.models import Broadcast, Verdict
from broadcast.policy import ApprovalRule
from broadcast.states import Kind, Ruling
from staff.models import Account, Officer, Role
from tests.broadcast.places import NOW, Place, limits_of, ready, settle, subscriber


@dataclass
class Board:
    """A place whose notices from two people on need one approver, from four on two; alerts need one."""

    place: Place
    approvers: list[Officer]
    colleague: Officer
    people: int = 0
    drafts: list[Broadcast] = field(default_factory=list)


def convene(session: Session, slug: str = "floods", people: int = 2) -> Board:
    """A board with so many subscribers."""
    place = settle(session, slug)
    made = [officer(session, place, Role.APPROVER, name) for name in ("Lim", "Raj")]
    board = Board(place, made, officer(session, place, Role.AUTHOR, "Mei"))
    for each in (place.author, place.admin):
        bind(session, place, each)
    for rule in ((Kind.NOTICE, 2, 1), (Kind.NOTICE, 4, 2), (Kind.ALERT, 0, 1)):
        policy.set_rule(session, place.agency, ApprovalRule(*rule), now=NOW)
    join(session, board, people)
    return board


def join(session: Session, board: Board, number: int) -> None:
    """So many more subscribers."""
    for _ in range(number):
        subscriber(session, board.place, at=[board.place.free])
    board.people += number


def officer(session: Session, place: Place, role: Role, name: str) -> Officer:
    """An officer with a chat account."""
    made = Officer(agency_id=place.agency.id, agency=place.agency, name=name, role=role, created_at=NOW)
    session.add(made)
    session.flush()
    bind(session, place, made)
    return made


def bind(session: Session, place: Place, owner: Officer) -> None:
    """Give an officer a chat account."""
    account = Account(officer_id=owner.id, officer=owner, sender_id=place.free.id, address=f"chat-{owner.id}")
    account.bound_at = NOW
    session.add(account)
    session.flush()


def submitted(session: Session, board: Board, kind: Kind = Kind.NOTICE, *, now: datetime = NOW) -> Broadcast:
    """A draft of the author's before the approvers."""
    made = ready(session, board.place, kind)
    made.report_sender_id, made.report_to = board.place.free.id, f"chat-{board.place.author.id}"
    submit(session, board, made, now=now)
    return made


def submit(session: Session, board: Board, made: Broadcast, *, now: datetime = NOW) -> int:
    """Put a draft before the approvers as it is."""
    seal = compose.fingerprint(session, made)
    return approving.submit(session, made, board.place.author, fingerprint=seal, limits_of=limits_of, now=now)


def rule(
    session: Session,
    made: Broadcast,
    who: Officer,
    ruling: Ruling = Ruling.APPROVED,
    *,
    seal: str | None = None,
    now: datetime = NOW,
) -> Verdict:
    """This officer's verdict on it as it is, or as it was when its fingerprint was `seal`."""
    seen = seal or compose.fingerprint(session, made)
    return approving.rule(session, made, who, ruling, fingerprint=seen, reason="Not now, please.", now=now)


def approved(session: Session, board: Board, kind: Kind = Kind.NOTICE, *, now: datetime = NOW) -> Broadcast:
    """What one approver approved, and no more are needed."""
    made = submitted(session, board, kind, now=now)
    rule(session, made, board.approvers[0], now=now)
    return made
