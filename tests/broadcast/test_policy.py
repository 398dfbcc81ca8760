"""Which announcements ask for approvers: the rule with the most people that still fits."""

import pytest
from sqlalchemy.orm import Session

from broadcast import policy
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from staff import audit
from staff.agencies import BadAgency
from tests.broadcast.places import NOW, settle

RULES = [(Kind.NOTICE, 0, 0), (Kind.NOTICE, 1_000, 1), (Kind.NOTICE, 100_000, 2), (Kind.ALERT, 50, 1)]


def test_without_rules_nobody_has_to_approve(session: Session) -> None:
    agency = settle(session).agency
    session.flush()
    assert policy.rules_of(agency) == []
    assert policy.approvers_for(agency, Kind.ALERT, 1_000_000) == 0
    assert not policy.has_rules(agency, Kind.ALERT)


@pytest.mark.parametrize(
    ("kind", "people", "approvers"),
    [
        (Kind.NOTICE, 0, 0),
        (Kind.NOTICE, 999, 0),
        (Kind.NOTICE, 1_000, 1),
        (Kind.NOTICE, 99_999, 1),
        (Kind.NOTICE, 2_000_000, 2),
        (Kind.ALERT, 49, 0),
        (Kind.ALERT, 50, 1),
        (Kind.BULLETIN, 2_000_000, 0),
    ],
)
def test_the_rule_with_the_most_people_that_still_fits_is_the_one(
    session: Session, kind: Kind, people: int, approvers: int
) -> None:
    agency = settle(session).agency
    for rule in RULES:
        policy.set_rule(session, agency, ApprovalRule(*rule), now=NOW)
    session.commit()
    assert policy.approvers_for(agency, kind, people) == approvers


def test_a_rule_is_said_anew_and_taken_away_with_lines_in_the_audit(session: Session) -> None:
    agency = settle(session).agency
    policy.set_rule(session, agency, ApprovalRule(Kind.NOTICE, 10, 1), now=NOW)
    policy.set_rule(session, agency, ApprovalRule(Kind.NOTICE, 10, 2), now=NOW)
    assert policy.rules_of(agency) == [ApprovalRule(Kind.NOTICE, 10, 2)]
    policy.remove_rule(session, agency, Kind.NOTICE, 10, now=NOW)
    assert policy.rules_of(agency) == []
    with pytest.raises(BadAgency):
        policy.remove_rule(session, agency, Kind.NOTICE, 10, now=NOW)
    session.flush()
    audit.write(session)
    verbs = [line.verb for line in audit.latest(session, agency.id, limit=3)]
    assert verbs == ["agency.approvals_removed", "agency.approvals_set", "agency.approvals_set"]


@pytest.mark.parametrize(
    "rule", [ApprovalRule(Kind.BULLETIN, 0, 1), ApprovalRule(Kind.ALERT, -1, 1), ApprovalRule(Kind.ALERT, 0, 3)]
)
def test_what_is_no_rule_is_refused(session: Session, rule: ApprovalRule) -> None:
    with pytest.raises(BadAgency):
        policy.set_rule(session, settle(session).agency, rule, now=NOW)
