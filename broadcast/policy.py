"""Approval rules: which announcements of an agency ask for how many approvers, by kind and number of people.

The rule with the most people that still fits is the one; without a rule none are asked for.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from broadcast.states import Kind
from staff import audit
from staff.agencies import BadAgency
from staff.models import Agency, Officer, Role

KINDS = (Kind.ALERT, Kind.NOTICE)
"""What officers write; bulletins are made of what was approved before."""
MAY_APPROVE = frozenset({Role.APPROVER, Role.ADMIN})
APPROVERS_AT_MOST = 2
PEOPLE_AT_MOST = 1_000_000_000
HOURS_AT_MOST = 168
REASON_LETTERS = 10
REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """From this number of people on, an announcement of this kind asks for so many approvers."""

    kind: Kind
    people: int
    approvers: int


def rules_of(agency: Agency) -> list[ApprovalRule]:
    """The agency's rules, by kind and number of people."""
    rules = [ApprovalRule(Kind(each["kind"]), each["people"], each["approvers"]) for each in agency.approval_rules]
    return sorted(rules, key=lambda rule: (rule.kind, rule.people))


def may_approve(officer: Officer, agency_id: int) -> bool:
    """Whether this officer's word counts as an approval in this agency, of what they had no hand in."""
    return officer.agency_id == agency_id and officer.revoked_at is None and officer.role in MAY_APPROVE


def has_rules(agency: Agency, kind: Kind) -> bool:
    """Whether it has to be counted at all how many people an announcement of this kind is for."""
    return any(rule.kind is kind and rule.approvers for rule in rules_of(agency))


def approvers_for(agency: Agency, kind: Kind, people: int) -> int:
    """How many approvers an announcement of this kind to so many people asks for."""
    fitting = [rule for rule in rules_of(agency) if rule.kind is kind and rule.people <= people]
    return max(fitting, key=lambda rule: rule.people).approvers if fitting else 0


def holds_for(agency: Agency) -> timedelta:
    """How long an approval holds."""
    return timedelta(hours=agency.approval_hours)


def is_reason(text: str) -> bool:
    """Whether somebody gave a reason for breaking the glass: ten letters of any script at least."""
    return sum(unicodedata.category(each)[0] in "LM" for each in text) >= REASON_LETTERS


def set_rule(session: Session, agency: Agency, rule: ApprovalRule, *, now: datetime) -> None:
    """Add a rule, or say another number of approvers for the same kind and number of people. Raises BadAgency."""
    _check(rule)
    others = [each for each in rules_of(agency) if (each.kind, each.people) != (rule.kind, rule.people)]
    _keep(agency, [*others, rule])
    _note(session, agency, "set", now, kind=rule.kind.value, people=rule.people, approvers=rule.approvers)


def remove_rule(session: Session, agency: Agency, kind: Kind, people: int, *, now: datetime) -> None:
    """Take a rule away. Raises BadAgency where there is none like it."""
    others = [each for each in rules_of(agency) if (each.kind, each.people) != (kind, people)]
    if len(others) == len(agency.approval_rules):
        raise BadAgency(f"{agency.slug} has no rule for {kind}s from {people} people on")
    _keep(agency, others)
    _note(session, agency, "removed", now, kind=kind.value, people=people)


def set_hours(session: Session, agency: Agency, hours: int, *, now: datetime) -> None:
    """Say how long an approval holds. Raises BadAgency."""
    if not 1 <= hours <= HOURS_AT_MOST:
        raise BadAgency(f"an approval holds for 1 to {HOURS_AT_MOST} hours, not {hours}")
    agency.approval_hours = hours
    _note(session, agency, "hours", now, hours=hours)


def _check(rule: ApprovalRule) -> None:
    if rule.kind not in KINDS:
        raise BadAgency(f"approval is asked for a notice or an alert, not for a {rule.kind}")
    if not 0 <= rule.people <= PEOPLE_AT_MOST:
        raise BadAgency(f"a rule begins at 0 to {PEOPLE_AT_MOST} people, not at {rule.people}")
    if not 0 <= rule.approvers <= APPROVERS_AT_MOST:
        raise BadAgency(f"a rule asks for 0 to {APPROVERS_AT_MOST} approvers, not for {rule.approvers}")


def _keep(agency: Agency, rules: Sequence[ApprovalRule]) -> None:
    agency.approval_rules = [asdict(rule) | {"kind": rule.kind.value} for rule in rules]


def _note(session: Session, agency: Agency, what: str, now: datetime, **details: audit.Detail) -> None:
    subject, verb = f"agency:{agency.id}", f"agency.approvals_{what}"
    audit.note(session, agency_id=agency.id, officer_id=None, verb=verb, subject=subject, details=details, now=now)
