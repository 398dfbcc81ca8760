"""An office in which texts are prepared for the night."""

from collections.abc import Mapping

from broadcast import policy, prepared_texts
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from db.engine import Sessions
from staff.models import Agency
from subscribers import areas
from tests.bot import people
from tests.bot.office import Office, Phone, open_office

FLOOD = {"en": "Flood in {area}. Go up.", "ms": "Banjir di {area}. Pergi ke atas."}
OVER = {"en": "False alarm in {area}.", "ms": "Amaran palsu di {area}."}


def opened(sessions: Sessions) -> Office:
    """An agency of two languages and two areas, where an alert needs an approver."""
    made = open_office(sessions)
    made.citizens(3)
    with sessions.begin() as session:
        agency = session.get_one(Agency, made.agency_id)
        policy.set_rule(session, agency, ApprovalRule(Kind.ALERT, 0, 1), now=people.START)
        for key, english, malay in (("bedok", "Bedok", "Bedok"), ("town", "Town", "Bandar")):
            names = {"en": english, "ms": malay}
            areas.add(session, agency_id=agency.id, key=key, names=names, locales=agency.locales)
    return made


def write(phone: Phone, texts: Mapping[str, str], *, name: str = "Flood", moment: str = "Alert") -> str:
    """The whole way of writing one; what is shown at its end."""
    phone.says("/prepared")
    phone.taps("New")
    phone.taps(moment)
    if moment == "Alert":
        phone.taps("Floods")
    for word in (name, *texts.values()):
        phone.says(word)
    return "\n".join(draft.text for draft in phone.seen)


def approve(phone: Phone, place: str = "1") -> str:
    """Have the text at this place of the list approved."""
    phone.says("/prepared")
    phone.taps(place)
    return phone.taps("Approve")


def trust(office: Office) -> None:
    """What is made of approved texts leaves without another approval."""
    with office.sessions.begin() as session:
        prepared_texts.set_policy(session, session.get_one(Agency, office.agency_id), True, now=people.START)
