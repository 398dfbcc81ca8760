"""One city for all journeys of citizens: `up` in one process, and the simulator's phones."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from demo.furniture import furnish
from subscribers import areas
from subscribers.models import Area
from tests.journeys.citizens.citizen import Citizen, City
from tests.journeys.citizens.words import WORDS
from tests.journeys.conftest import EMBEDDED, Towns
from tests.journeys.steps import TEXTS

APPS = ("telegram", "whatsapp")


@pytest.fixture(scope="package")
def city(towns: Towns) -> City:
    """An agency with prepared answers, areas, and an alert about floods in force."""
    town = towns.another(EMBEDDED)
    owner = town.cast.agency
    with town.sessions.begin() as session:
        furnish(session, owner, now=datetime.now(UTC))
        session.execute(delete(Area).where(Area.agency_id == owner.id))  # the demonstration's
        for key in ("bedok", "jurong"):
            names = {locale: str(getattr(words, key)) for locale, words in WORDS.items()}
            areas.add(session, agency_id=owner.id, key=key, names=names, locales=owner.locales)
    made = City(town, town.officer())
    made.citizen("telegram", "en").arrives("flood")
    made.alert = made.announce("alert", "flood", TEXTS)
    return made


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest) -> str:
    """Each app."""
    return str(request.param)


@pytest.fixture(params=list(WORDS))
def locale(request: pytest.FixtureRequest) -> str:
    """Each language."""
    return str(request.param)


@pytest.fixture
def citizen(city: City, app: str, locale: str) -> Citizen:
    """Somebody with a new phone."""
    return city.citizen(app, locale)
