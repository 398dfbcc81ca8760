"""An installation to measure: a migrated database, agencies with senders and people, and the house's own processes.

Everything goes through the commands, as an operator would have it; only people by the hundred thousand are written with
SQL. A worker, a clock and a web process are the real ones, started by `loudhailer worker`, `clock` and `web`.
"""

import contextlib
import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography.fernet import Fernet

from bench import people, processes, servers
from bench.processes import ROOT, Failed, Program, free_port, python, running, until, wait_for_port
from bench.receiver import Receiver
from bench.servers import Servers

LOCALES = ("en", "ms", "ta", "zh_Hans")
TELEGRAM, WHATSAPP = "telegram", "whatsapp"
SECRET = "bench-secret"
TOKEN = secrets.token_hex(16)
PUBLIC_URL = "https://city.example"
KEYS = Fernet.generate_key().decode()
UNLIMITED = 1_000_000.0
TEXTS = {
    "en": "Pasir Ris Drive 3 is closed between Loyang Ave and Jalan Loyang Besar. Avoid the area until 10 am.",
    "ms": "Pasir Ris Drive 3 ditutup antara Loyang Ave dan Jalan Loyang Besar. Elakkan kawasan itu hingga 10 pagi.",
    "ta": "பாசிர் ரிஸ் டிரைவ் 3 லோயாங் அவென்யூ அருகே மூடப்பட்டுள்ளது. காலை 10 மணி வரை அப்பகுதியைத் தவிர்க்கவும்.",
    "zh_Hans": "巴西立3道在罗央路与惹兰罗央勿刹之间封闭，上午10点前请勿前往该地区。",
}
BODIES = {
    "en": "News about {{1}}: {{2}} Reply STOP to stop.",
    "ms": "Pengumuman tentang {{1}}: {{2}} Balas BERHENTI untuk berhenti.",
    "ta": "அறிவிப்பு ({{1}}): {{2}} நிறுத்த STOP எனப் பதிலளியுங்கள்.",
    "zh_Hans": "关于{{1}}的公告：{{2}} 回复“停止”即可退订。",
}
COMMAND_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class House:
    """One installation on one database, its sink and its commands."""

    url: str
    servers: Servers
    sink: Receiver
    environment: dict[str, str]

    def command(self, *words: str, **variables: str) -> str:
        """Run `loudhailer ...` to its end; what it said. Failed if it refused."""
        done = subprocess.run(
            python("cli", *words),
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            raise Failed(f"loudhailer {' '.join(words[:3])}: {(done.stderr or done.stdout).strip()[-600:]}")
        return done.stdout

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of one statement, in a transaction of its own."""
        with servers.connected(self.url) as connection:
            return list(connection.execute(statement.encode()).fetchall())

    def number(self, statement: str) -> float:
        """The one number a statement asks for; NULL is 0."""
        [(value,)] = self.query(statement)
        return float(str(value or 0))

    def agency(self, slug: str, *topics: str) -> "Agency":
        """The agency of this name with these topics, founded if it is not there yet."""
        if self.number(f"SELECT count(*) FROM agencies WHERE slug = '{slug}'"):
            return Agency(self, slug)
        self.command("agency", "create", slug, "--name", "City Council")
        for topic in topics or ("flood",):
            names = [f"--name={locale}=Floods" for locale in LOCALES]
            self.command("topic", "add", slug, topic, *names)
        return Agency(self, slug)

    @contextlib.contextmanager
    def working(self) -> Iterator[dict[str, Program]]:
        """A worker and a clock, started side by side, once both are ready."""
        with contextlib.ExitStack() as stack:
            started = {name: running(python("cli", name), self._environment_of(name)) for name in ("worker", "clock")}
            programs = {name: stack.enter_context(program) for name, program in started.items()}
            for name, program in programs.items():
                _wait_until_running(name, program)
            yield programs

    def _environment_of(self, process: str) -> dict[str, str]:
        return {**self.environment, **processes.procfile_environment(process)}

    @contextlib.contextmanager
    def running(self, process: str, **variables: str) -> Iterator[Program]:
        """`worker`, `clock` or `web`, once it is ready."""
        environment = {**self._environment_of(process), **variables}
        with running(python("cli", process), environment) as program:
            if process == "web":
                wait_for_port(program, int(environment["PORT"]))
            else:
                _wait_until_running(process, program)
            yield program


def _wait_until_running(name: str, program: Program) -> None:
    def says_so() -> bool:
        program.check()
        return "is running" in program.last_words()

    until(says_so, seconds=60, what=f"loudhailer {name}")


@dataclass(frozen=True, slots=True)
class Agency:
    """A tenant to measure with."""

    house: House
    slug: str

    def sender(self, channel: str, *, rate: float | None = None) -> int:
        """A bot or a number with a rate (None: the channel's own), for WhatsApp with approved wordings; its id.

        The agency has one of each channel: asked for again, it gets the new rate.
        """
        if known := self._first("senders", f"AND channel = '{channel}'"):
            self.house.query(
                f"UPDATE senders SET rate = {'NULL' if rate is None else rate} WHERE id = {known} RETURNING 1"
            )
            return known
        number = int(self.house.number("SELECT count(*) FROM senders"))
        handle = f"{self.slug}_{number}_bot" if channel == TELEGRAM else f"+65312300{number:02}"
        rates = [] if rate is None else [f"--rate={rate}"]
        words = ["sender", "add", self.slug, channel, "--handle", handle, "--no-connect", *rates]
        self.house.command(*words, TELEGRAM_TOKEN=f"70010{number}:bench-token")
        sender_id = int(self.house.number("SELECT max(id) FROM senders"))
        if channel == WHATSAPP:
            with servers.connected(self.house.url) as connection:
                people.approve(connection, sender_id, BODIES)
        return sender_id

    def officer(self) -> int:
        """An officer who may announce, invited if there is none; the agency's sender has to be there already."""
        if known := self._first("officers"):
            return known
        self.house.command("officer", "invite", self.slug, "--name", "Bench", "--role", "author")
        return int(self.house.number("SELECT max(id) FROM officers"))

    def _first(self, table: str, more: str = "") -> int:
        """The id of the agency's first row, 0 if there is none."""
        ours = f"agency_id = (SELECT id FROM agencies WHERE slug = '{self.slug}')"
        return int(self.house.number(f"SELECT min(id) FROM {table} WHERE {ours} {more}"))

    def fill(self, senders: Mapping[int, str], **wishes: object) -> None:
        """Subscribers by the thousand; see bench.people.Crowd."""
        crowd = people.Crowd(self.slug, tuple(senders.items()), **wishes)  # type: ignore[arg-type]
        with servers.connected(self.house.url) as connection:
            people.fill(connection, crowd)

    def announce(
        self,
        officer: int,
        *,
        topic: str = "flood",
        kind: str = "notice",
        mark: str = "",
        locales: Sequence[str] = LOCALES,
    ) -> str:
        """Launch an announcement as an operator would; its code."""
        texts = [f"--text={locale}={TEXTS[locale]} {mark}".rstrip() for locale in locales]
        words = ["announce", self.slug, "--officer", str(officer), "--topic", topic, "--kind", kind, *texts, "--yes"]
        self.house.command(*words)
        [(code,)] = self.house.query("SELECT code FROM broadcasts ORDER BY id DESC LIMIT 1")
        return str(code)


@contextlib.contextmanager
def built(on: Servers, sink: Receiver) -> Iterator[House]:
    """A migrated house for as long as the block lasts: without an agency, or a copy of the furnished one."""
    with servers.new_database(on) as url:
        house = House(url, on, sink, environment(url, on.redis_url, sink.url))
        if on.template is None:
            house.command("migrate")
        yield house


@contextlib.contextmanager
def furnished(on: Servers, sink: Receiver) -> Iterator[Servers]:
    """Servers whose new databases hold a house with the agency `bench`, its two senders and an officer.

    Ten commands take ten seconds: so they are run once, and each measurement begins with a copy.
    """
    with built(on, sink) as house:
        agency = house.agency("bench")
        for channel in (TELEGRAM, WHATSAPP):
            agency.sender(channel)
        agency.officer()
        yield replace(on, template=house.url.rpartition("/")[2])


def environment(database_url: str, redis_url: str, sink_url: str) -> dict[str, str]:
    """The settings of an installation whose providers are the sink."""
    return {
        **processes.bare_environment(),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_URL": PUBLIC_URL,
        "PORT": str(free_port()),
        "SECRET_KEYS": KEYS,
        "TELEGRAM_API_URL": sink_url,
        "TWILIO_API_URL": sink_url,
        "TWILIO_CONTENT_URL": sink_url,
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "WHATSAPP_ACCOUNT_SID": "AC" + "1" * 32,
        "WHATSAPP_AUTH_TOKEN": TOKEN,
        "LOG_LEVEL": "warning",
        "COLUMNS": "200",
    }
