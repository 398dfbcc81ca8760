"""What the check of the catalogs holds labels to is what the channels show."""

from channels.telegram.limits import LIMITS as TELEGRAM
from channels.whatsapp.limits import LIMITS as WHATSAPP
from locales.check import ROOM


def test_a_label_may_be_as_long_as_each_channel_shows_it() -> None:
    assert ROOM["WhatsApp's buttons"] == (".button", WHATSAPP.label_length)
    assert ROOM["Telegram's buttons"] == (".button", TELEGRAM.label_length)
