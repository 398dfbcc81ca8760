"""What a person does with a phone, whichever app is on it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from simulator import telegram_phone, whatsapp_phone
from simulator.phones import Media, Msg, Phone
from simulator.telegram_phone import Impossible
from simulator.world import TELEGRAM, WHATSAPP, Bot, TelegramBot, World


def say(world: World, bot: Bot, phone: Phone, text: str) -> Msg:
    """Write a text to a bot or a number."""
    _able(phone, bot)
    if not text.strip():
        raise Impossible("nothing written")
    if isinstance(bot, TelegramBot):
        return telegram_phone.say(world, bot, phone, text)
    return whatsapp_phone.say(world, bot, phone, text)


def send(world: World, bot: Bot, phone: Phone, text: str, media: Media, content: bytes = b"") -> Msg:
    """Send a picture or a file with a caption, or a location."""
    _able(phone, bot)
    if media.kind != "location":
        owner = bot.id if isinstance(bot, TelegramBot) else bot.account_sid
        media.hold(world.files.keep(owner, media.kind, media.name, content))
    if isinstance(bot, TelegramBot):
        return telegram_phone.say(world, bot, phone, text, media)
    return whatsapp_phone.say(world, bot, phone, text, media)


def send_album(world: World, bot: Bot, phone: Phone, text: str, photos: Sequence[tuple[Media, bytes]]) -> Sequence[Msg]:
    """Send pictures in one go, the caption with the first. Telegram tells bots that they belong together."""
    if isinstance(bot, TelegramBot) and len(photos) > 1:
        album = str(world.random.getrandbits(53))
        for media, _ in photos:
            media.album = album
    captions = (text, *[""] * (len(photos) - 1))
    return [send(world, bot, phone, said, *each) for said, each in zip(captions, photos, strict=True)]


def tap(world: World, bot: Bot, phone: Phone, message_id: str, key: str) -> str | None:
    """Tap a button or a row of a list; gives the address to open where it is a link."""
    _able(phone, bot)
    if isinstance(bot, TelegramBot):
        return telegram_phone.tap(world, bot, phone, message_id, key)
    return whatsapp_phone.tap(world, bot, phone, message_id, key)


def follow(world: World, phone: Phone, url: str) -> Bot:
    """Open a t.me, tg: or wa.me link; gives whom it led to."""
    channel, handle, text = read_link(url)
    bot = find_handle(world, channel, handle)
    _able(phone, bot)
    if isinstance(bot, TelegramBot):
        telegram_phone.start(world, bot, phone, text)
    elif text:
        whatsapp_phone.say(world, bot, phone, text)
    else:
        phone.chat(bot.id)
        world.touch(phone)
    return bot


def read_link(url: str) -> tuple[str, str, str]:
    """Give the channel, the bot's handle and the start payload or text of a link."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    path = parts.path.strip("/")
    match parts.netloc.lower():
        case "t.me" | "telegram.me":
            return TELEGRAM, path, query.get("start", "")
        case "resolve" if parts.scheme == "tg":
            return TELEGRAM, query.get("domain", ""), query.get("start", "")
        case "wa.me":
            return WHATSAPP, path, query.get("text", "")
        case "api.whatsapp.com":
            return WHATSAPP, query.get("phone", ""), query.get("text", "")
        case _:
            raise Impossible("not a link to a bot or a WhatsApp number")


def find_handle(world: World, channel: str, handle: str) -> Bot:
    """Find a bot by its username (any case) or a sender by its number."""
    wanted = handle.lower().lstrip("@+")
    for bot in world.bots.values():
        if bot.channel == channel and bot.handle.lower().lstrip("@+") == wanted:
            return bot
    raise Impossible("nobody answers to that name")


def block(world: World, bot: Bot, phone: Phone) -> None:
    """Block a bot or a number; Telegram tells the bot, WhatsApp tells nobody."""
    if isinstance(bot, TelegramBot):
        telegram_phone.block(world, bot, phone)
    phone.blocked |= {bot.id}
    world.touch(phone)


def unblock(world: World, bot: Bot, phone: Phone) -> None:
    """Take back a block."""
    if isinstance(bot, TelegramBot):
        telegram_phone.unblock(world, bot, phone)
    phone.blocked -= {bot.id}
    world.touch(phone)


def deactivate(world: World, phone: Phone) -> None:
    """Close the person's account for good."""
    phone.deactivated = True
    world.touch(phone)


def read(world: World, bot: Bot, phone: Phone) -> None:
    """Look at a chat: WhatsApp's delivered messages become read; Telegram tells bots nothing."""
    if not isinstance(bot, TelegramBot):
        whatsapp_phone.read(world, bot, phone)


def begin(world: World, bot: Bot, phone: Phone) -> None:
    """Put a phone where it has already written to the bot, without a word being said (for tests in bulk)."""
    chat = phone.chat(bot.id)
    chat.started = True
    if not isinstance(bot, TelegramBot):
        whatsapp_phone.open_window(world, chat)


def _able(phone: Phone, bot: Bot) -> None:
    if phone.deactivated:
        raise Impossible("this account is gone")
    if phone.channel != bot.channel:
        raise Impossible("this phone has another app")
