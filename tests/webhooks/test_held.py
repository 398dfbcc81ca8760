"""Everything we hold about somebody, as a file in their chat: a text, or a document where the app takes no text."""

import re
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from bot.dialogs import mydata
from channels import registry
from channels.contract import TEXT, WORD
from delivery.models import Enclosure, Letter, Sender
from locales import texts
from staff.models import Agency
from subscribers import directory, exporting
from tests.webhooks import gate as calls
from tests.webhooks.gate import Gate
from webhooks import held, paper

TALK = ["/start", "English", "1", "done", "yes", "you are <b>late</b>"]
PARAGRAPH, RUN = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p", ".//*"


def read(document: bytes) -> str:
    """The text of a document of word processors."""
    with ZipFile(BytesIO(document)) as packed:
        assert packed.testzip() is None
        assert set(packed.namelist()) == {"[Content_Types].xml", "_rels/.rels", "word/document.xml"}
        for name in packed.namelist():
            ElementTree.fromstring(packed.read(name))
        tree = ElementTree.fromstring(packed.read("word/document.xml"))
    return "\n".join(_line(paragraph) for paragraph in tree.iter(PARAGRAPH))


def _line(paragraph: ElementTree.Element) -> str:
    return "".join("\n" if each.tag.endswith("}br") else each.text or "" for each in paragraph.iterfind(RUN))


def enclosed(gate: Gate, to: str) -> tuple[Letter, Enclosure]:
    """The newest letter to an address that has a file beside it."""
    with gate.sessions() as session:
        query = select(Letter, Enclosure).join(Enclosure, Enclosure.letter_id == Letter.id).where(Letter.to == to)
        letter, file = session.execute(query.order_by(Letter.id.desc())).first()  # type: ignore[misc]
        return letter, file


def talk(gate: Gate, bot: Sender, chat: int, *said: str) -> None:
    for number, text in enumerate(said, start=chat * 1_000):
        gate.telegram(bot, calls.update(number, chat, text))
        gate.work()


def test_on_telegram_it_is_a_text_with_all_of_theirs_and_nothing_of_anybody_else(gate: Gate, bot: Sender) -> None:
    talk(gate, bot, 31_415, *TALK, "/mydata")
    talk(gate, bot, 42, *TALK, "/mydata")
    letter, file = enclosed(gate, "42")
    assert (file.name, file.mime_type) == ("my-data.txt", TEXT)
    text = file.content.decode("utf-8-sig")
    for line in ("Topic: Floods (at once)", "you agreed to: “", "you are <b>late</b>", "Telegram: 42"):
        assert line in text
    assert "31415" not in text
    assert "Telegram: 31415" in enclosed(gate, "31415")[1].content.decode()
    assert letter.text == texts.say("mydata.file", "en", agency="Water Board")
    summary = gate.answers("42")[-2]
    assert "follows as a file" in summary
    assert re.search(r"https://city\.example/mine/\S+", summary)


def test_on_whatsapp_it_is_a_document_that_phones_open(gate: Gate, number: Sender) -> None:
    for place, text in enumerate([*TALK[:-1], "wet & <cold>\nall day", "/mydata"]):
        gate.whatsapp(number, calls.form("text", Body=text, MessageSid=f"SM{place}", From="whatsapp:+6591234567"))
        gate.work()
    _, file = enclosed(gate, "whatsapp:+6591234567")
    assert (file.name, file.mime_type) == ("my-data.docx", WORD)
    text = read(file.content)
    assert "wet & <cold>\nall day" in text
    assert "WhatsApp: +6591234567" in text


@pytest.mark.parametrize("locale", texts.locales())
def test_it_is_in_their_language_and_the_summary_fits_every_app(gate: Gate, bot: Sender, locale: str) -> None:
    talk(gate, bot, 7, *TALK, texts.native_name(locale), "/mydata")
    _, file = enclosed(gate, "7")
    with gate.sessions() as session:
        agency = session.get_one(Agency, bot.agency_id).name_in(locale)
    assert file.content.decode("utf-8-sig").startswith(texts.say("mine.title", locale, agency=agency))
    link, length = f"https://loudhailer.agency.example/mine/{'t' * 43}", texts.span(exporting.VALID_FOR, locale)
    around = texts.say("mydata.summary_and_file", locale, agency="x" * 40, lines="", link=link, length=length)
    assert len(around) <= mydata.RESERVED


def test_an_app_that_shows_no_such_file_or_none_so_large_gets_the_link_alone(gate: Gate, bot: Sender) -> None:
    talk(gate, bot, 42, *TALK)
    limits = registry.limits("telegram")
    with gate.sessions.begin() as session:
        address = directory.find(session, sender_id=bot.id, value="42")
        assert address is not None
        assert held.file(gate.board, session, address, limits) is not None
        assert held.file(gate.board, session, address, replace(limits, document_types=frozenset())) is None
        assert held.file(gate.board, session, address, replace(limits, document_bytes=100)) is None


def test_any_text_makes_a_document_that_can_be_read() -> None:
    said = "a\x00b\x0c & \ud800 <c>\r\nд 𝄞 நீ\ufffe"
    assert "ab" in read(paper.word({"Title <1>": [said, ""], "Nothing": []}))
    assert "Title <1>\n" in read(paper.word({"Title <1>": ["x"]}))
    assert paper.plain({"Title": [said], "Nothing": []}).decode("utf-8-sig").endswith("Nothing\n–\n")
