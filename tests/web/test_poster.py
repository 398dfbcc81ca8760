"""Posters: everything is on the sheet, in each language, with codes that lead where they say."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session, sessionmaker

from delivery import senders
from locales import texts
from staff.models import Agency
from subscribers import topics
from tests.bot import people
from tests.web.town import Town
from web import codes, poster, typesetting, ways

SVG = "{http://www.w3.org/2000/svg}"
KEY = "k7f3p2ab"


def sheet(town: Town, *locales: str, topic: str | None = None, name: str | None = None) -> str:
    """A poster of an agency with a bot and a number."""
    owner = town.agency()
    with town.sessions() as session:
        agency = session.get_one(Agency, owner.id)
        if name:
            agency.name, agency.names = name, {}
        open_ways = ways.into(senders.of_agency(session, agency.id), town.board, locale=locales[0], key=KEY)
        about = topics.by_key(session, agency.id, topic) if topic else None
        return poster.drawn(agency, open_ways, locales=locales, topic=about)


def words(svg: str) -> str:
    """Everything written on a sheet, line breaks as blanks."""
    return " ".join(each.text or "" for each in ElementTree.fromstring(svg).iter(f"{SVG}text"))


@pytest.mark.parametrize("locales", [("en",), ("ta",), ("zh_Hans", "ms"), people.LOCALES])
@pytest.mark.parametrize("topic", [None, "floods"])
def test_a_poster_says_everything_in_its_languages_and_stays_on_the_sheet(
    town: Town, locales: tuple[str, ...], topic: str | None
) -> None:
    svg = sheet(town, *locales, topic=topic)
    said = words(svg).replace(" ", "")
    for locale in locales:
        for key in ("poster.scan", "poster.stop"):
            assert texts.say(key, locale).replace(" ", "") in said
        if topic:
            assert people.TOPICS[topic][locale].replace(" ", "") in said
    for known in ("Telegram", "@water_board_bot", "WhatsApp", "+6531581231"):
        assert known in said
    root = ElementTree.fromstring(svg)
    assert (root.get("width"), root.get("height")) == ("210mm", "297mm")
    for line in root.iter(f"{SVG}text"):
        assert 0 < float(line.get("y") or 0) <= poster.HEIGHT - poster.MARGIN
        assert typesetting.width(line.text or "") * float(line.get("font-size") or 0) <= poster.WIDTH


def test_nothing_on_a_poster_covers_anything_else(town: Town) -> None:
    root = ElementTree.fromstring(
        sheet(town, *people.LOCALES, name="Very Long Agency of Many Words for Water and Drains")
    )
    lines = sorted(float(line.get("y") or 0) for line in root.iter(f"{SVG}text"))
    tops = [
        (float(code.get("y") or 0), float(code.get("height") or 0)) for code in root.iter(f"{SVG}svg") if code.get("x")
    ]
    for top, height in tops:
        assert not [y for y in lines if top < y < top + height]
    assert {height for _, height in tops} > {0} or min(height for _, height in tops) >= poster.SMALLEST_CODE


def test_an_agencys_name_is_text_and_nothing_else(town: Town) -> None:
    assert "<b>&" not in sheet(town, "en", name="<b>& Co")


@given(st.text(max_size=200), st.floats(3, 60))
def test_setting_a_text_loses_nothing_of_it(text: str, ems: float) -> None:
    found = typesetting.lines(text, ems)
    assert re.sub(r"\s", "", "".join(found)) == re.sub(r"\s", "", text)


def test_lines_are_about_equally_long() -> None:
    assert typesetting.lines("Get announcements from Water Board on your phone.", 25) == [
        "Get announcements from",
        "Water Board on your phone.",
    ]
    assert typesetting.lines("用手机接收公用事业局的公告。", 8) == ["用手机接收公用", "事业局的公告。"]


def test_a_code_is_drawn_with_its_quiet_zone_and_written_as_a_picture(tmp_path: Path) -> None:
    drawing = codes.drawing(f"https://t.me/water_board_bot?start={KEY}")
    places = [tuple(map(int, each)) for each in re.findall(r"M(\d+) (\d+)h(\d+)", drawing.path)]
    assert min(min(x, y) for x, y, _ in places) == codes.QUIET
    assert max(x + length for x, _, length in places) == drawing.size - codes.QUIET
    codes.write_picture("https://t.me/x", str(tmp_path / "code.png"))
    assert (tmp_path / "code.png").read_bytes().startswith(b"\x89PNG")


def test_a_sender_that_is_stopped_or_broken_is_no_way_in_and_still_official(
    town: Town, sessions: sessionmaker[Session]
) -> None:
    owner = town.agency()
    with sessions.begin() as session:
        bot, number = senders.of_agency(session, owner.id)
        senders.stop(session, bot.id, reason="unauthorised", now=town.now)
        number.credentials = b"not ours"
    page = town.browser().get("/water/?lang=en").get_data(as_text=True)
    assert "Subscribing is not possible" in page
    assert "@water_board_bot" in page
    assert "https://t.me" not in page
    assert "https://wa.me" not in page
