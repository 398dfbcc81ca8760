"""Whatever happens, and however much is logged: no text, no token and no whole address is written down.

The towns of all journeys run at LOG_LEVEL=debug, one in each form.
"""

import urllib.error
import urllib.request
from pathlib import Path

from cryptography.fernet import Fernet
from sqlalchemy import select

from broadcast.models import Broadcast
from subscribers.models import Address
from tests.journeys.hosts import Hosts
from tests.journeys.steps import TEXTS, announce, subscribe, wait_until_quiet
from tests.journeys.town import Town

FAULTS = ("server_error", "drop_before", "drop_after", "throttle")


def secrets_of(place: Town) -> list[str]:
    """What must stand nowhere."""
    bot, line = place.secrets["telegram"], place.secrets["whatsapp"]
    words = [bot["token"], bot["token"].partition(":")[2], bot["webhook_secret"], line["auth_token"]]
    return [*words, place.settings.secret_keys, place.cast.invitation]


def knock(place: Town, path: str, body: bytes, headers: dict[str, str]) -> None:
    """A call that is no provider's, or that nobody can read."""
    request = urllib.request.Request(place.settings.public_url + path, body, headers)
    try:
        urllib.request.urlopen(request, timeout=10).close()
    except urllib.error.HTTPError as problem:
        problem.close()


def test_no_secret_no_text_and_no_whole_address_is_written_down(place: Town) -> None:
    tamil, malay, officer = place.person("telegram", "ta"), place.person("whatsapp", "ms"), place.officer()
    subscribe(tamil, place, "telegram", "ta")
    subscribe(malay, place, "whatsapp", "ms")
    for person in (tamil, malay):
        person.say("my secret illness\0 is none of your business")
    announce(officer, place)
    malay.see(TEXTS["ms"])
    _break_everything(place, tamil.phone, malay.phone)
    for person in (tamil, malay, officer):
        person.say("help")
        person.say("STOP")
    wait_until_quiet(place, 1.5)
    officers = ("officer", "list", place.cast.agency.slug)
    commands = [place.command(*words) for words in (("doctor",), ("sender", "list"), officers)]
    processes = [Path(f"/proc/{each.pid}/cmdline").read_bytes().decode() for each in place.processes.values()]
    said = "\n".join([place.log_text(), *(each.stdout + each.stderr for each in commands), *processes])
    with place.sessions() as session:
        ours = place.cast.agency.id
        addresses = list(session.scalars(select(Address.value).where(Address.agency_id == ours)))
        assert addresses
        assert session.scalars(select(Broadcast.id).where(Broadcast.agency_id == ours)).all()
    assert "hook.forged" in said
    assert "hook.malformed" in said
    for secret in (*secrets_of(place), *addresses, *(each.removeprefix("whatsapp:") for each in addresses)):
        assert secret not in said, next(line for line in said.splitlines() if secret in line)
    for text in (*TEXTS.values(), "secret illness", "STOP"):
        assert text not in said, next(line for line in said.splitlines() if text in line)


def _break_everything(place: Town, *phones: str) -> None:
    path, secret = f"/hooks/telegram/{place.cast.telegram.key}", place.secrets["telegram"]["webhook_secret"]
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
    place = Hosts(folder=tmp_path, environment=wrong)
    for words in (("doctor",), ("migrate",), ("worker",)):
        done = place.command(*words)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert all(name in said for name in wrong), said
        assert "hunter" not in said
        assert "Traceback" not in said


def test_a_database_that_says_no_is_named_without_its_password(tmp_path: Path) -> None:
    environment = {"SECRET_KEYS": Fernet.generate_key().decode(), "LOG_LEVEL": "debug"}
    environment["DATABASE_URL"] = "postgresql://me:hunter2@127.0.0.1:1/db"
    place = Hosts(folder=tmp_path, environment=environment)
    for words in (("doctor", "--offline"), ("migrate",), ("up",), ("agency", "list")):
        done = place.command(*words)
        assert done.returncode == 1
        assert "hunter" not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
