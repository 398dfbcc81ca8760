"""The pages anybody may read: in four languages, of one agency alone, small, and quick in a rush."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

import pytest
from sqlalchemy import event

from broadcast.states import Kind, State
from locales import texts
from staff.models import Agency
from subscribers import links
from tests.bot import people
from tests.web.town import NOW, TEXTS, Town, lively
from web.public import facts, keeping, language
from web.rendering import direction, tag

PAGES = ("/water/", "/water/a/FLD77", "/water/a/WRNG2", "/water/a/GONE2", "/water/a/HALF2", "/water/a/NNNNN")


def read(town: Town, path: str, **headers: str) -> str:
    """A page's HTML."""
    return town.browser().get(path, headers=headers).get_data(as_text=True)


@contextmanager
def counted(town: Town) -> Iterator[list[str]]:
    """The questions to the database meanwhile."""
    asked: list[str] = []
    with town.sessions() as session:
        engine = session.get_bind()

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("locale", people.LOCALES)
def test_the_page_says_everything_in_the_language_asked_for(town: Town, locale: str) -> None:
    lively(town)
    page = read(town, f"/water/?lang={tag(locale)}")
    assert f'<html lang="{tag(locale)}" dir="ltr">' in page
    for topic in people.TOPICS.values():
        assert topic[locale] in page
    assert TEXTS[locale].splitlines()[0][:40] in page
    for known in ("@water_board_bot", "+65 3158", "https://t.me/water_board_bot", "https://wa.me/6531581231?text="):
        assert known in page
    assert page.count("<svg") == 2
    for each in people.LOCALES:
        assert texts.native_name(each) in page
    assert texts.say("public.privacy.default", locale, agency="X", words=30, deliveries=90)[-60:] in page
    assert "{" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("locale", people.LOCALES)
def test_every_page_is_well_formed_small_and_without_script(town: Town, path: str, locale: str) -> None:
    lively(town)
    page = read(town, f"{path}?lang={tag(locale)}")
    assert len(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).encode()) < 30_000
    assert not re.search(r"<script|javascript:|style=|\son\w+=|src=", page)
    _Checked().feed(page)


def test_the_language_is_the_one_asked_for_else_the_browsers_else_the_agencys() -> None:
    enabled = ("en", "zh_Hans", "ta")
    assert language.chosen("ta", ["zh-CN"], enabled) == "ta"
    assert language.chosen("fr", ["fr", "zh-CN", "ta"], enabled) == "zh_Hans"
    assert language.chosen(None, ["fr"], enabled) == "en"
    assert language.chosen(None, [], ("ms",)) == "ms"


def test_the_browsers_wish_is_heard_and_said_to_caches(town: Town) -> None:
    lively(town)
    answer = town.browser().get("/water/", headers={"Accept-Language": "fr;q=0.9, ta-SG;q=0.8, en;q=0.1"})
    assert '<html lang="ta"' in answer.get_data(as_text=True)
    assert answer.headers["Vary"] == "Accept-Language"
    assert answer.headers["Cache-Control"] == "public, max-age=60"


def test_a_language_written_from_right_to_left_says_so() -> None:
    assert (direction("ar"), direction("ta")) == ("rtl", "ltr")


def test_topics_stand_below_the_one_they_belong_to(town: Town) -> None:
    lively(town)
    page = " ".join(read(town, "/water/?lang=en").split())
    assert "<li>Weather <ul> <li>Floods</li> <li>Dengue</li> </ul> </li>" in page.replace("Weather<ul>", "Weather <ul>")
    assert "<li>Road works</li>" in page


@pytest.mark.parametrize(
    ("code", "key", "also"),
    [
        ("FLD77", "public.standing", "Alert"),
        ("fld77", "public.standing", "Floods"),
        ("WRNG2", "public.corrected", '/water/a/RGHT2"'),
        ("RGHT2", "public.standing", '/water/a/WRNG2"'),
        ("GONE2", "public.recalled", "Floods"),
        ("HALF2", "public.cancelled", "For everyone"),
    ],
)
def test_an_announcement_can_be_verified_in_all_its_languages(town: Town, code: str, key: str, also: str) -> None:
    lively(town)
    page = read(town, f"/water/a/{code}")
    assert texts.say(key, "en", agency="Water Board") in page
    assert also in page
    for locale, text in TEXTS.items():
        assert f'lang="{tag(locale)}"' in page
        assert text in page


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Areas: North and East"),
        ("zh_Hans", "地区：北部和东部"),
        ("ms", "Kawasan: Utara dan Timur"),
        ("ta", "பகுதிகள்: வடக்கு மற்றும் கிழக்கு"),
    ],
)
def test_which_areas_it_is_for_stands_beside_it_in_the_pages_language(town: Town, locale: str, said: str) -> None:
    lively(town)
    other = town.agency("roads")
    town.announces(other, "EAST2", places=("east",))
    for path in ("/water/", "/water/a/FLD77"):
        assert read(town, f"{path}?lang={tag(locale)}").count(said) == 1
    assert texts.say("public.areas", locale, areas="") not in read(town, f"/water/a/WRNG2?lang={tag(locale)}")


@pytest.mark.parametrize("code", ["NNNNN", "FLD78", "' OR 1=1--", "x" * 500, "அ", "%00", "<b>"])
def test_an_unknown_code_is_a_clear_warning_that_nobody_keeps(town: Town, code: str) -> None:
    lively(town)
    answer = town.browser().get(f"/water/a/{code}", headers={"Accept-Language": "en"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 404
    assert "it may be a fake" in page
    assert "<b>" not in page
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_not_launched_is_as_unknown_as_what_was_made_up(town: Town) -> None:
    owner = lively(town)
    for code, state in (("DRFT2", State.DRAFT), ("SCHD2", State.SCHEDULED)):
        town.announces(owner, code, state=state)
        assert town.browser().get(f"/water/a/{code}").status_code == 404
        assert code not in read(town, "/water/")


def test_the_form_leads_to_the_page_of_its_code(town: Town) -> None:
    lively(town)
    answer = town.browser().get("/water/a/?code=+fld+77&lang=ta")
    assert answer.headers["Location"] == "/water/a/FLD77?lang=ta"
    assert town.browser().get("/water/a/?code=FLD77", follow_redirects=True).status_code == 200
    assert town.browser().get("/water/a/?code=").headers["Location"] == "/water/"
    assert town.browser().get("/water/a/?code=../../x").headers["Location"] == "/water/a/..%2F..%2FX"
    assert town.browser().get("//evil.example/a/?code=x").status_code in (303, 308, 404)


def test_two_agencies_never_mix(town: Town) -> None:
    lively(town)
    other = town.agency("roads")
    town.announces(other, "ROAD2", topic="roads", texts={"en": "The bridge is closed."})
    page, theirs = read(town, "/water/"), read(town, "/roads/")
    assert "bridge" in theirs
    for foreign in ("ROAD2", "bridge", "roads_board_bot", "/roads/"):
        assert foreign not in page
    for foreign in ("FLD77", "Heavy rain", "water_board_bot", "/water/"):
        assert foreign not in theirs
    assert town.browser().get("/water/a/ROAD2").status_code == 404
    assert town.browser().get("/roads/a/FLD77").status_code == 404


@pytest.mark.parametrize("path", ["/nobody/", "/nobody/a/FLD77", "/WATER'--/", "/" + "x" * 300 + "/"])
def test_an_agency_that_is_not_there_has_no_page(town: Town, path: str) -> None:
    town.agency()
    answer = town.browser().get(path, headers={"Accept-Language": "ms"})
    assert answer.status_code == 404
    assert "Tiada halaman" in answer.get_data(as_text=True)


def test_a_page_with_a_link_hands_its_key_on_to_the_apps(town: Town) -> None:
    owner, other = lively(town), town.agency("roads")
    with town.sessions.begin() as session:
        key = links.add(session, agency_id=owner.id, now=NOW, source="website").key
        foreign = links.add(session, agency_id=other.id, now=NOW).key
    page = read(town, f"/water/?link={key}&lang=ta")
    assert f"https://t.me/water_board_bot?start={key}" in page
    assert f"%20%28{key}%29" in page
    assert f"?link={key}&amp;lang=ms" in page
    for bad in (foreign, "k7f3p2ab", "'><b>"):
        assert bad not in read(town, f"/water/?link={bad}")


def test_an_agency_without_anything_yet_has_a_page_all_the_same(town: Town) -> None:
    town.agency("bare", is_bare=True)
    page = read(town, "/bare/?lang=en")
    for text in ("Subscribing is not possible", "There are no announcements yet", "For everyone"):
        assert text in page


def test_an_agencys_own_privacy_notice_stands_in_place_of_ours(town: Town) -> None:
    owner = lively(town)
    with town.sessions.begin() as session:
        session.get_one(Agency, owner.id).privacy = {"ms": "Notis <kami>."}
    assert "Notis &lt;kami&gt;." in read(town, "/water/?lang=ms")
    assert "is deleted after 30 days" in read(town, "/water/?lang=en")


def test_a_long_announcement_is_begun_in_the_list_and_whole_on_its_page(town: Town) -> None:
    owner = town.agency()
    long = "வெள்ள எச்சரிக்கை " * 240
    for number in range(8):
        town.announces(owner, f"LNG{number}2", texts=dict.fromkeys(people.LOCALES, long.strip()))
    page = read(town, "/water/?lang=ta")
    assert page.count("<article") == facts.SHOWN
    assert len(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL).encode()) < 30_000
    assert long.strip() in read(town, "/water/a/LNG02")


def test_a_page_asks_the_database_the_same_few_questions_however_much_there_is(town: Town) -> None:
    owner = lively(town)
    with counted(town) as few:
        read(town, "/water/")
    for number in range(20):
        town.announces(owner, f"MOR{number}", kind=Kind.ALERT, minutes_ago=number)
    with counted(town) as many:
        read(town, "/water/")
    assert len(many) == len(few) <= 9
    assert not [each for each in many if each.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]


def test_in_a_rush_a_page_of_the_last_five_seconds_asks_the_database_nothing(town: Town) -> None:
    owner = lively(town)
    browser = town.browser()
    fresh = browser.get("/water/")
    browser.get("/water/a/NEWS2")
    town.announces(owner, "NEWS2")
    with counted(town) as asked:
        again = browser.get("/water/")
    assert not asked
    assert (again.data, dict(again.headers)) == (fresh.data, dict(fresh.headers))
    assert browser.get("/water/?lang=ta").data != again.data
    assert browser.get("/water/", headers={"Accept-Language": "ms"}).data != again.data
    assert browser.get("/water/a/NEWS2").status_code == 200  # what was not found is asked for again
    town.now += keeping.KEPT_FOR
    assert "NEWS2" in browser.get("/water/").get_data(as_text=True)


def test_made_up_addresses_cost_no_memory() -> None:
    keeper = keeping.Keeper()
    for number in range(3 * keeping.KEPT_AT_MOST):
        keeper.keep((f"/water/?x={number}", ""), b"page", NOW)
    keeper.keep(("x" * 1000, ""), b"page", NOW)
    assert len(keeper.pages) <= keeping.KEPT_AT_MOST
    assert keeper.find((f"/water/?x={number}", ""), NOW) == b"page"
    assert keeper.find(("x" * 1000, ""), NOW) is None


def test_the_pages_say_what_a_browser_may_do_with_them(town: Town) -> None:
    lively(town)
    answer = town.browser().get("/water/")
    for rule in ("default-src 'none'", "style-src 'self'", "form-action 'self'", "frame-ancestors 'none'"):
        assert rule in answer.headers["Content-Security-Policy"]
    [path] = re.findall(r'href="(/-/style\.[0-9a-f]{12}\.css)"', answer.get_data(as_text=True))
    style = town.browser().get(path)
    assert style.content_type.startswith("text/css")
    assert "immutable" in style.headers["Cache-Control"]
    assert "immutable" not in town.browser().get("/-/style.old.css").headers["Cache-Control"]


class _Checked(HTMLParser):
    """Complains of elements that are not closed, ids that come twice, and fields without a label."""

    EMPTY = {"meta", "link", "input", "br", "rect", "path"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what opened."""
        if name not in self.EMPTY:
            self.open.append(name)
        for attribute, value in attributes:
            if attribute == "id":
                assert value not in self.ids, value
                self.ids.add(value or "")

    def handle_endtag(self, name: str) -> None:
        """It must be the last that opened."""
        if name not in self.EMPTY:
            assert self.open.pop() == name
