"""One bot's way to the outside, behind the contract all channels keep."""

import hmac
import logging
import re
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import orjson
import telegram
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
)
from telegram.error import NetworkError

from channels.contract import (
    Accepted,
    Answer,
    Attachment,
    Choice,
    Event,
    Forged,
    GroupSaid,
    Hook,
    Inbound,
    Line,
    Media,
    MediaKind,
    Message,
    Misconfigured,
    Prepared,
    Rejected,
    shorten,
)
from channels.http import Wire
from channels.pairing import Pair
from channels.telegram import hooks, media
from channels.telegram.limits import LIMITS
from channels.telegram.media import Picture, Shelf
from channels.telegram.refusals import BAD_MESSAGE_ID, GONE, NO_TEXT, UNCHANGED
from channels.telegram.transport import Letterpress, Refused, Transport, downloaded, written

# At debug level python-telegram-bot logs URLs (which hold the token) and parameters (which hold texts).
logging.getLogger("telegram").setLevel(logging.INFO)

API = "https://api.telegram.org"
KEY_BYTES = 64
BUTTONS_IN_A_ROW = 8
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
HOOK_CONNECTIONS = 100
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
JOINS = "+"  # between the message_ids of a text and of what came below it
MARKS = {None: "", True: "✅ ", False: "▫️ "}

T = TypeVar("T")


class TelegramChannel:
    """Sends through the Bot API, hears through its webhook. Telegram tells nothing of a message after accepting it."""

    name = "telegram"
    CREDENTIALS = ("token", "webhook_secret")
    INVENTED = ("webhook_secret",)
    timeout_seconds = 15.0
    limits = LIMITS

    def __init__(self, line: Line) -> None:
        """Nothing is opened yet. Raises Misconfigured for a missing token or a secret Telegram would not take."""
        token, self._secret = (line.credentials.get(field, "") for field in self.CREDENTIALS)
        if not token:
            raise Misconfigured("no_token")
        if not SECRET.fullmatch(self._secret):
            raise Misconfigured("bad_webhook_secret")
        self._hook_url = line.hook_url
        self._handle = line.handle.removeprefix("@")
        self._wire = Wire(total_seconds=self.timeout_seconds)
        self._shelf = Shelf()
        self._bot = _bot(token, line.endpoints.get("telegram", API).rstrip("/"), Transport(self._wire))

    async def send(self, message: Message) -> Accepted:
        """sendMessage, as plain text. Raises a refusal; a text, a key or a keyboard too long is Rejected unsent."""
        if message.media is not None:
            return await (await self.prepare(message)).send(message.to, message.reference)
        return Accepted(str((await _made(self._sent(message))).message_id))

    async def prepare(self, message: Message) -> Prepared:
        """The same sendMessage for many chats: python-telegram-bot writes it once. So with media, uploaded once."""
        if message.media is not None:
            return await self._illustrated(message, message.media)
        return await self._pressed(message)

    async def edit(self, provider_id: str, message: Message) -> Accepted:
        """editMessageText, with its buttons, or editMessageCaption; an edit that changes nothing is no error."""
        self._check(message)
        try:
            await _made(self._edited(provider_id, message))
        except Rejected as refusal:
            if refusal.reason == NO_TEXT:
                return await self._recaption(provider_id, message)
            if refusal.reason != UNCHANGED:
                raise
        return Accepted(provider_id)

    def _edited(self, provider_id: str, message: Message) -> Coroutine[object, object, object]:
        return self._bot.edit_message_text(
            chat_id=_chat(message.to),
            message_id=_message_ids(provider_id)[0],
            text=message.text,
            reply_markup=_keyboard(message),
            link_preview_options=None if message.has_preview else NO_PREVIEW,
        )

    async def _recaption(self, provider_id: str, message: Message) -> Accepted:
        """The words below a picture or document; they have less room."""
        if self.limits.measure(message.text) > self.limits.caption_length:
            raise Rejected("too_long")
        call = self._bot.edit_message_caption(
            chat_id=_chat(message.to), message_id=_message_ids(provider_id)[0], caption=message.text
        )
        try:
            await _made(call)
        except Rejected as refusal:
            if refusal.reason != UNCHANGED:
                raise
        return Accepted(provider_id)

    async def delete(self, to: str, provider_id: str) -> None:
        """deleteMessage(s); a message that is gone already is no error, one older than 48 hours is Rejected."""
        chat, ids = _chat(to), _message_ids(provider_id)
        call = self._bot.delete_message(chat, ids[0]) if len(ids) == 1 else self._bot.delete_messages(chat, ids)
        try:
            await _made(call)
        except Rejected as refusal:
            if refusal.reason != GONE:
                raise

    def verify(self, hook: Hook) -> None:
        """Raise Forged unless the call carries the secret we gave to setWebhook. Takes the same time either way."""
        said = hook.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(said.encode("utf-8", "replace"), self._secret.encode()):
            raise Forged("wrong secret token")

    def parse(self, hook: Hook) -> list[Event]:
        """What was said, tapped, or blocked in a private chat, and commands in a group; everything else is no event."""
        return hooks.read(hook.body, self._handle)

    async def fetch(self, attachment: Attachment) -> bytes:
        """getFile, and the file. Raises a refusal; Rejected for what is too large."""
        file = await _made(self._bot.get_file(attachment.file))
        return await downloaded(self._wire, file, self._bot.base_file_url)

    def answer(self, events: Sequence[Event]) -> Answer:
        """Stop the tapped button's spinner, in the webhook's own answer: no further call."""
        acks = (event.ack for event in events if isinstance(event, Inbound | GroupSaid) and event.ack)
        if ack := next(acks, None):
            body = orjson.dumps({"method": "answerCallbackQuery", "callback_query_id": ack})
            return Answer(body, "application/json")
        return Answer()

    def hook_address(self) -> str:
        """The door's address; `connect` tells it to Telegram, which retries by itself."""
        return self._hook_url

    def link(self, payload: str = "", words: str = "") -> str:
        """A t.me link; its START button sends the payload. It carries no words."""
        return f"https://t.me/{self._handle}" + (f"?start={payload}" if payload else "")

    async def check(self) -> str:
        """getMe and getWebhookInfo: the username. Misconfigured if Telegram calls somebody else."""
        me = await _made(self._bot.get_me())
        info = await _made(self._bot.get_webhook_info())
        if info.url != self._hook_url:
            raise Misconfigured("webhook_elsewhere", code=info.url[:80])
        return me.username or ""

    async def connect(self) -> str:
        """getMe and setWebhook: the bot's username, once Telegram knows where to call us."""
        me = await _made(self._bot.get_me())
        await _made(
            self._bot.set_webhook(
                url=self._hook_url,
                secret_token=self._secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=HOOK_CONNECTIONS,
            )
        )
        return me.username or ""

    async def describe(self, commands: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Fill the menu of commands in private chats, per locale; the first locale serves every other language too."""
        scope = BotCommandScopeAllPrivateChats()
        for language_code, listed in _menus(commands):
            menu = [BotCommand(command, text) for command, text in listed]
            await _made(self._bot.set_my_commands(menu, scope=scope, language_code=language_code))

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._wire.aclose()

    async def _pressed(self, message: Message) -> Letterpress:
        return Letterpress(self._wire, await written(self._sent(replace(message, to="0"))))

    async def _illustrated(self, message: Message, shown: Media) -> Prepared:
        """One message where the text fits below the media, else the text and then the media with its alternative."""
        plain = replace(message, media=None, text=message.without_media or message.text)
        if not self.limits.shows(shown.kind, shown.mime_type):
            return await self.prepare(plain)
        self._check(message)
        if self.limits.messages(shown.kind, message.text) == 1:
            return self._picture(message, shown, instead=plain)
        alone = Message("", shown.alternative, media=shown, is_silent=True, is_paid=message.is_paid)
        text = await self.prepare(replace(message, media=None))
        if shown.kind is MediaKind.LOCATION:
            return Pair(text, await self._pressed(alone), joins=JOINS)
        return Pair(text, self._picture(alone, shown, instead=replace(alone, media=None)), joins=JOINS)

    def _picture(self, message: Message, shown: Media, *, instead: Message) -> Picture:
        shelf = Shelf() if shown.is_private else self._shelf
        return Picture(shelf, message, shown, self._upload, self._pressed, lambda: self._pressed(instead))

    async def _upload(self, message: Message) -> Accepted:
        sent = await _made(self._sent(message))
        return Accepted(str(sent.message_id), media.handle_of(sent))

    def _sent(self, message: Message) -> Coroutine[object, object, telegram.Message]:
        self._check(message)
        options = {
            "chat_id": _chat(message.to),
            "reply_markup": _keyboard(message),
            "disable_notification": message.is_silent or None,
            "allow_paid_broadcast": message.is_paid or None,
        }
        if message.media is not None:
            caption = shorten(message.text, self.limits.caption_length)
            return media.call(self._bot, message.media, caption=caption, **options)
        preview = None if message.has_preview else NO_PREVIEW
        return self._bot.send_message(text=message.text, link_preview_options=preview, **options)  # type: ignore[arg-type]

    def _check(self, message: Message) -> None:
        if self.limits.measure(message.text) > self.limits.text_length:
            raise Rejected("too_long")
        if len(message.choices) > self.limits.buttons:
            raise Rejected("too_many_choices")
        if any(not 1 <= len(choice.key.encode()) <= KEY_BYTES for choice in message.choices):
            raise Rejected("bad_choice_key")
        largest = self.limits.largest(message.media.kind) if message.media else None
        if message.media and largest is not None and message.media.size > largest:
            raise Rejected("media_too_large")


def _bot(token: str, endpoint: str, transport: Transport) -> Bot:
    return Bot(
        token,
        base_url=f"{endpoint}/bot",
        base_file_url=f"{endpoint}/file/bot",
        request=transport,
        get_updates_request=transport,  # never used; without it the Bot would build an httpx client for it
    )


async def _made(call: Coroutine[object, object, T]) -> T:
    try:
        return await call
    except Refused as error:
        raise error.refusal from None
    except NetworkError as error:  # so it wraps whatever is raised below it, a programmer's mistake too
        raise error.__cause__ or error from None


def _chat(to: str) -> int | str:
    return int(to) if to.removeprefix("-").isascii() and to.removeprefix("-").isdigit() else to


def _message_ids(provider_id: str) -> list[int]:
    """One, or those of a text and of what came below it."""
    ids = provider_id.split(JOINS)
    if not all(each.isascii() and each.isdigit() for each in ids):
        raise Rejected(BAD_MESSAGE_ID)
    return [int(each) for each in ids]


def _keyboard(message: Message) -> InlineKeyboardMarkup | None:
    if not message.choices:
        return None
    width = max(1, min(message.columns, BUTTONS_IN_A_ROW))
    buttons = [_button(choice) for choice in message.choices]
    return InlineKeyboardMarkup([buttons[start : start + width] for start in range(0, len(buttons), width)])


def _button(choice: Choice) -> InlineKeyboardButton:
    label = shorten(MARKS[choice.is_selected] + choice.label, LIMITS.label_length)
    return InlineKeyboardButton(label, callback_data=choice.key)


def _menus(
    commands: Mapping[str, Sequence[tuple[str, str]]],
) -> Iterable[tuple[str | None, Sequence[tuple[str, str]]]]:
    """Telegram knows two-letter languages only: zh_Hans is zh there. None is everybody without a menu of their own."""
    yield from ((None, listed) for listed in list(commands.values())[:1])
    yield from ((locale.partition("_")[0], listed) for locale, listed in commands.items())
