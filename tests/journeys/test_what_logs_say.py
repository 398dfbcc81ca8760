"""Whatever happens, and however much is logged: no text, no token and no whole address is written down."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from broadcast.models import Broadcast
from demo.stage import BOT, NUMBER
from subscribers.models import Address
from tests.journeys.steps import TEXTS, announce, subscribe, wait_until_quiet
from tests.journeys.town import Town, town

FAULTS = ("server_error", "drop_before", "drop_after", "throttle")


@pytest.fixture(params=["embedded", "scaled out"])
def loud(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """Both sizes at LOG_LEVEL=debug, one in each form."""
    if request.param == "embedded":
        wishes = {"LOG_LEVEL": "debug"}
        with town(database_url=request.getfixturevalue("migrated_sqlite_url"), folder=tmp_path, wishes=wishes) as made:
            yield made
        return
    postgres, redis = request.getfixturevalue("migrated_postgresql_url"), request.getfixturevalue("redis_url")
    wishes = {"LOG_LEVEL": "debug", "LOG_FORMAT": "json"}
    with town(database_url=postgres, folder=tmp_path, redis_url=redis, wishes=wishes) as made:
        yield made


def secrets_of(place: Town) -> list[str]:
    """What must stand nowhere."""
    lines = [place.board.line(sender).credentials for sender in (place.cast.telegram, place.cast.whatsapp)]
    words = [value for credentials in lines for value in credentials.values() if value != NUMBER["account_sid"]]
    return [*words, BOT["token"].partition(":")[2], place.settings.secret_keys, place.cast.invitation]


def knock(place: Town, path: str, body: bytes, headers: dict[str, str]) -> None:
    """A call that is no provider's, or that nobody can read."""
    request = urllib.request.Request(place.settings.public_url + path, body, headers)
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as problem:
        problem.close()


def test_no_secret_no_text_and_no_whole_address_is_written_down(loud: Town) -> None:
    tamil, malay, officer = loud.person("telegram", "ta"), loud.person("whatsapp", "ms"), loud.officer()
    subscribe(tamil, loud, "telegram", "ta")
    subscribe(malay, loud, "whatsapp", "ms")
    for person in (tamil, malay):
        person.say("my secret illness\0 is none of your business")
    announce(officer, loud)
    malay.see(TEXTS["ms"])
    _break_everything(loud, tamil.phone, malay.phone)
    for person in (tamil, malay, officer):
        person.say("help")
        person.say("STOP")
    wait_until_quiet(loud, 2.0)
    commands = [loud.command(*words) for words in (("doctor",), ("sender", "list"), ("officer", "list", "city"))]
    processes = [Path(f"/proc/{each.pid}/cmdline").read_bytes().decode() for each in loud.processes.values()]
    said = "\n".join([loud.log_text(), *(each.stdout + each.stderr for each in commands), *processes])
    with loud.sessions() as session:
        addresses = list(session.scalars(select(Address.value)))
        assert session.scalars(select(Broadcast.id)).all()
    assert "hook.forged" in said
    assert "hook.malformed" in said
    for secret in (*secrets_of(loud), *addresses, *(each.removeprefix("whatsapp:") for each in addresses)):
        assert secret not in said, next(line for line in said.splitlines() if secret in line)
    for text in (*TEXTS.values(), "secret illness", "STOP"):
        assert text not in said, next(line for line in said.splitlines() if text in line)


def _break_everything(place: Town, *phones: str) -> None:
    path, secret = f"/hooks/telegram/{place.cast.telegram.key}", secrets_of(place)[1]
    knock(place, path, b'{"text": "my secret illness"}', {"X-Telegram-Bot-Api-Secret-Token": "guessed"})
    knock(place, path, b'{"text": "my secret illness"}', {"X-Telegram-Bot-Api-Secret-Token": secret})
    knock(place, path, b"[" * 5_000, {"X-Telegram-Bot-Api-Secret-Token": secret})
    knock(place, f"/hooks/whatsapp/{place.cast.whatsapp.key}?x=my+secret+illness", b"Body=x", {})
    for kind in FAULTS:
        for channel, phone in zip(("telegram", "whatsapp"), phones, strict=True):
            place.simulator.fault(kind, channel=channel, count=1, seconds=1)
            bot = place.bots[channel]
            place.simulator.say(phone, bot, "help")
        wait_until_quiet(place, 0.5)


def test_a_wrong_setting_is_named_and_not_shown(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    wrong = {
        "DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:hunter3/db",
        "REDIS_URL": "redis://:hunter2/x@127.0.0.1:1/0",
        "SECRET_KEYS": f"{key[:-2]}hunter2",
        "PUBLIC_URL": "ftp://hunter2",
    }
    place = Town.__new__(Town)
    place.environment = wrong
    for words in (("doctor",), ("migrate",), ("worker",)):
        done = place.command(*words)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert all(name in said for name in wrong), said
        assert "hunter" not in said
        assert "Traceback" not in said


def test_a_database_that_says_no_is_named_without_its_password(tmp_path: Path) -> None:
    place = Town.__new__(Town)
    place.environment = {"SECRET_KEYS": Fernet.generate_key().decode(), "LOG_LEVEL": "debug"}
    place.environment["DATABASE_URL"] = "postgresql://me:hunter2@127.0.0.1:1/db"
    for words in (("doctor", "--offline"), ("migrate",), ("up",), ("agency", "list")):
        done = place.command(*words)
        assert done.returncode == 1
        assert "hunter" not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
