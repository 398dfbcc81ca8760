"""Setting the stage: start the simulator, make the agency, introduce them to each other, and say where to look."""

import contextlib
import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

import config
from broadcast import policy
from broadcast.policy import ApprovalRule
from broadcast.states import Kind
from channels.contract import Channel, Templating
from commands import fittings
from db import migrate
from db.crypto import Vault
from db.engine import Sessions
from delivery import senders
from delivery.models import Sender
from delivery.switchboard import Switchboard
from demo import agency
from demo.agency import Cast
from demo.furniture import furnish
from locales import texts

PHONES_PORT = 8100
FOLDER = Path("data/demo")
START_SECONDS = 20.0
BOT = {"handle": "city_council_bot", "token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"}
NUMBER = {"handle": "+6531234567", "account_sid": "AC" + "5" * 32}
PAGE_NOTE = "What anybody sees on the web: topics, the latest announcements, and whether a code is genuine."
ALERTS = ApprovalRule(Kind.ALERT, 0, 1)  # so that whoever plays sees four eyes
POSTER_NOTE = "The link of a QR code in the street: Tamil is offered first, and the topic is chosen already."


@dataclass(frozen=True, slots=True)
class Stage:
    """The running simulator and the settings that make Loudhailer talk to it."""

    phones_url: str
    settings: config.Settings
    credentials: dict[str, dict[str, str]]


@contextlib.contextmanager
def simulator(folder: Path = FOLDER, *, phones_port: int = PHONES_PORT, port: int = 8000) -> Iterator[Stage]:
    """A simulator of its own and settings for a fresh database, both gone when the block ends."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    phones_port, port = _free(phones_port), _free(port)
    command = [sys.executable, "-m", "simulator", "--port", str(phones_port), "--until-input-ends"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        url = f"http://127.0.0.1:{phones_port}"
        _wait_for(process, url)
        yield Stage(url, _settings(folder, url, port), _credentials())
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdin is not None
        process.stdin.close()


def _settings(folder: Path, phones_url: str, port: int) -> config.Settings:
    return config.load(
        database_url=f"sqlite:///{folder / 'loudhailer.db'}",
        redis_url=None,
        public_url=f"http://127.0.0.1:{port}",
        secret_keys=Fernet.generate_key().decode(),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        log_format="console",
        telegram_api_url=f"{phones_url}/telegram",
        twilio_api_url=f"{phones_url}/twilio",
        twilio_content_url=f"{phones_url}/twilio-content",
        twilio_media_url=f"{phones_url}/twilio-media",
    )


def _credentials() -> dict[str, dict[str, str]]:
    return {
        "telegram": {**BOT, "webhook_secret": secrets.token_urlsafe(24)},
        "whatsapp": {**NUMBER, "auth_token": secrets.token_hex(16)},
    }


def raise_curtain(stage: Stage, sessions: Sessions, board: Switchboard, *, now: datetime) -> Cast:
    """Make the agency and register its bot and its number with the simulator."""
    migrate.upgrade(stage.settings.database_url)
    with sessions.begin() as session:
        cast = agency.found(session, Vault(stage.settings.keys()), stage.credentials, now=now)
        cast = replace(cast, poster=furnish(session, cast.agency, now=now))
        policy.set_rule(session, cast.agency, ALERTS, now=now)
    bot, number = stage.credentials["telegram"], stage.credentials["whatsapp"]
    _post(stage, "/control/bots", token=bot["token"], username=bot["handle"], name=agency.NAME)
    _post(
        stage,
        "/control/senders",
        account_sid=number["account_sid"],
        auth_token=number["auth_token"],
        number=number["handle"],
        name=agency.NAME,
        webhook_url=board.channel(cast.whatsapp).hook_address(),
    )
    return cast


async def introduce(stage: Stage, sessions: Sessions, board: Switchboard, cast: Cast) -> None:
    """Tell the platforms where to call, have the templates approved, and put the links on the page."""
    for sender in (cast.telegram, cast.whatsapp):
        await fittings.connect(board, sender)
    templates = await approved_templates(board.channel(cast.whatsapp))
    with sessions.begin() as session:
        note_templates(session, cast.whatsapp, templates)
    _show_links(stage, board, cast)


Approved = Mapping[tuple[str, str], str]
"""The provider's ids by purpose and locale."""


def note_templates(session: Session, sender: Sender, templates: Approved) -> None:
    """Remember which wording the provider approved, by purpose and locale."""
    for (purpose, locale), provider_id in templates.items():
        senders.set_template(
            session,
            sender_id=sender.id,
            purpose=purpose,
            locale=locale,
            provider_id=provider_id,
            body=agency.TEMPLATES[purpose][locale],
        )


async def approved_templates(channel: Channel) -> Approved:
    """Submit the agency's wordings in every language; the provider's ids."""
    assert isinstance(channel, Templating)
    return {
        (purpose, locale): await channel.create_template(
            f"{purpose}_{locale.lower()}", locale, body, agency.EXAMPLES[purpose]
        )
        for purpose, bodies in agency.TEMPLATES.items()
        for locale, body in bodies.items()
    }


def _show_links(stage: Stage, board: Switchboard, cast: Cast) -> None:
    telegram, whatsapp = board.channel(cast.telegram), board.channel(cast.whatsapp)
    hello = texts.say("arriving.hello", "ta", link=cast.poster)
    officer = (
        "Works once, on Telegram. Then type /announce, /inbox or /answers. Roads and transport and Community events "
        f"have a daily bulletin at {cast.bulletin_at}, Singapore time."
    )
    for title, url, note in (
        (
            "Subscribe on Telegram",
            telegram.link(""),
            "As a citizen: press START. Then ask it something.",
        ),
        (
            "Subscribe on WhatsApp",
            whatsapp.link(""),
            "As a citizen: send the greeting. Then ask it something.",
        ),
        ("Become an officer", telegram.link(f"o-{cast.invitation}"), officer),
        ("The agency's page", f"{stage.settings.public_url}/{cast.agency.slug}/", PAGE_NOTE),
        ("A poster about floods, on Telegram", telegram.link(cast.poster), POSTER_NOTE),
        ("A poster about floods, on WhatsApp", whatsapp.link(cast.poster, hello), POSTER_NOTE),
    ):
        _post(stage, "/api/links", title=title, url=url, note=note)


def _post(stage: Stage, path: str, **values: Any) -> None:
    request = urllib.request.Request(  # noqa: S310 - our own simulator on loopback
        stage.phones_url + path, json.dumps(values).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        answer.read()


def _free(wanted: int) -> int:
    """The wanted port if nobody has it, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise click.ClickException("No port of this machine is free.")


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/control/health", timeout=2).close()  # noqa: S310
            return
        time.sleep(0.05)
    raise click.ClickException("The simulator did not start; try `loudhailer simulator` to see why.")
