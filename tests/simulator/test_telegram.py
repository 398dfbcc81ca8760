"""What a real telegram.Bot can do with phones."""

import telegram
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from tests.simulated import TELEGRAM_TOKEN, Simulator
from tests.simulator.conftest import Ask

MENU = InlineKeyboardMarkup(
    [[InlineKeyboardButton("தமிழ்", callback_data="ta"), InlineKeyboardButton("Web", url="https://example.sg")]]
)


def started(sim: Simulator, bot: str, language: str = "en") -> dict[str, str]:
    """Make a phone that has pressed Start."""
    phone = sim.new_phone("telegram", language)
    sim.say(phone["id"], bot, "/start")
    return phone


def test_a_bot_learns_who_it_is(ask: Ask) -> None:
    me = ask(lambda bot: bot.get_me())
    assert (me.id, me.username, me.is_bot) == (700100, "sim_bot", True)


def test_a_message_with_buttons_appears_on_the_phone(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), "<b>Haze</b> & rain", "HTML", reply_markup=MENU))
    shown = sim.messages(phone["id"])[-1]
    assert (shown["id"], shown["from"], shown["text"]) == (str(sent.message_id), "bot", "Haze & rain")
    assert shown["buttons"] == [[{"label": "தமிழ்", "key": "ta"}, {"label": "Web", "key": "url:https://example.sg"}]]
    assert sent.entities[0].type == "bold"


def test_entities_are_counted_in_utf_16_units(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), "😀 <i>hi</i>", "HTML"))
    assert (sent.entities[0].offset, sent.entities[0].length) == (3, 2)
    assert sent.parse_entities() == {sent.entities[0]: "hi"}


def test_markdown_is_understood(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    sent = ask(lambda b: b.send_message(int(phone["number"]), r"*bold _both_* \. [x](https://a.sg)", "MarkdownV2"))
    assert sent.text == "bold both . x"
    assert [entity.type for entity in sent.entities] == ["bold", "italic", "text_link"]


def test_an_edit_changes_the_message_in_place_and_takes_its_buttons(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    number = int(phone["number"])
    sent = ask(lambda b: b.send_message(number, "one", reply_markup=MENU))
    ask(lambda b: b.edit_message_text("two", number, sent.message_id))
    shown = sim.messages(phone["id"])[-1]
    assert (shown["id"], shown["text"], shown["edited"], shown["buttons"]) == (str(sent.message_id), "two", True, [])


def test_buttons_can_be_changed_alone(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    number = int(phone["number"])
    sent = ask(lambda b: b.send_message(number, "one"))
    ask(lambda b: b.edit_message_reply_markup(number, sent.message_id, reply_markup=MENU))
    assert sim.messages(phone["id"])[-1]["buttons"][0][0]["key"] == "ta"


def test_a_deleted_message_is_gone_from_the_chat(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    number = int(phone["number"])
    sent = ask(lambda b: b.send_message(number, "oops"))
    assert ask(lambda b: b.delete_message(number, sent.message_id)) is True
    assert sim.messages(phone["id"])[-1]["deleted"] is True
    assert sim.heard(phone["id"]) == []


def test_typing_shows_until_something_is_said(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    number = int(phone["number"])
    ask(lambda b: b.send_chat_action(number, "typing"))
    assert sim.phone(phone["id"])["chats"][0]["typing"] is True
    ask(lambda b: b.send_message(number, "done"))
    assert sim.phone(phone["id"])["chats"][0]["typing"] is False


def test_commands_are_kept_for_each_language(ask: Ask) -> None:
    ask(lambda b: b.set_my_commands([BotCommand("stop", "Stop")]))
    ask(lambda b: b.set_my_commands([BotCommand("stop", "Berhenti")], language_code="ms"))
    assert ask(lambda b: b.get_my_commands())[0].description == "Stop"
    assert ask(lambda b: b.get_my_commands(language_code="ms"))[0].description == "Berhenti"
    assert ask(lambda b: b.set_my_description("What we do", "en")) is True
    assert ask(lambda b: b.set_my_short_description("Short", "en")) is True


def test_a_picture_and_a_file_arrive_with_their_names(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot)
    number = int(phone["number"])
    photo = ask(lambda b: b.send_photo(number, "https://example.sg/map.png", caption="The area"))
    file = telegram.InputFile(b"a,b", filename="report.csv")
    ask(lambda b: b.send_document(number, file))
    first, second = sim.messages(phone["id"])[-2:]
    assert (first["text"], first["media"]) == ("The area", {"kind": "photo", "name": "https://example.sg/map.png"})
    assert (second["media"]["kind"], second["media"]["name"]) == ("document", "report.csv")
    assert sim.file(second["media"]["file"]) == b"a,b"
    assert photo.photo[0].file_id


def test_a_bot_without_a_webhook_polls(sim: Simulator, bot: str, ask: Ask) -> None:
    phone = started(sim, bot, "zh-hans")
    update = ask(lambda b: b.get_updates())[0]
    assert (update.message.text, update.effective_user.language_code) == ("/start", "zh-hans")
    assert str(update.effective_chat.id) == phone["number"]
    assert ask(lambda b: b.get_updates(offset=update.update_id + 1)) == ()


def test_methods_are_also_taken_as_json_and_in_small_letters(sim: Simulator, bot: str) -> None:
    phone = started(sim, bot)
    answer = sim.post(f"/telegram/bot{TELEGRAM_TOKEN}/sendmessage", chat_id=int(phone["number"]), text="as JSON")
    assert answer["result"]["text"] == "as JSON"
