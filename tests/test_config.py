"""Settings come from the environment and .env, and one error names everything that is wrong with them."""

from pathlib import Path

import pytest

import config

KEY = "5ZScsmrXWfgJo0OMr8E60lrdR8xBgjY9zkL6PH3ggEI="


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, with nothing of ours in the environment."""
    for name in config.names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def refused(**overrides: object) -> str:
    with pytest.raises(config.BadSettings) as caught:
        config.load(**overrides)
    return str(caught.value)


def test_with_keys_alone_everything_else_has_a_default() -> None:
    settings = config.load(secret_keys=KEY)
    assert settings == config.Settings(secret_keys=KEY)
    assert (settings.port, settings.redis_url, settings.lease_seconds) == (8000, None, 15.0)


def test_the_environment_goes_before_the_file_and_an_override_before_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"SECRET_KEYS={KEY}\nPORT=1\nHOST=::1\nWEB_THREADS=3\nUNKNOWN=x\n", encoding="utf-8")
    monkeypatch.setenv("PORT", "2")
    monkeypatch.setenv("HOST", "::2")
    settings = config.load(host="::3", redis_url=None, ignored="x")
    assert (settings.web_threads, settings.port, settings.host) == (3, 2, "::3")


def test_an_override_of_none_is_the_default_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1/0")
    assert config.load(secret_keys=KEY).redis_url == "redis://127.0.0.1/0"
    assert config.load(secret_keys=KEY, redis_url=None).redis_url is None


def test_a_name_may_be_written_in_small_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("secret_keys", KEY)
    assert config.load().keys() == [KEY]


def test_one_error_names_all_that_is_missing_or_wrong_and_what_each_is_for() -> None:
    said = refused(port="eighty", log_level="loud", tick_seconds="0", public_url="city.example")
    for line in (
        "  SECRET_KEYS (Fernet keys, comma-separated: the first encrypts, all decrypt): is missing",
        "  PORT (the port the web server listens on): must be a whole number from 0 to 65535",
        "must be debug, info, warning or error",
        "  TICK_SECONDS",
        "must begin with http:// or https://",
    ):
        assert line in said
    assert len(said.splitlines()) == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "-1"),
        ("port", ""),
        ("metrics_port", "x"),
        ("web_threads", "0"),
        ("worker_threads", "1"),
        ("worker_threads", "2.5"),
        ("worker_niceness", "-5"),
        ("worker_niceness", "20"),
        ("tick_seconds", "61"),
        ("lease_seconds", "nan"),
        ("lease_seconds", "soon"),
        ("log_format", "JSON"),
        ("redis_url", "http://127.0.0.1"),
        ("redis_url", "redis://me:a/b#c@127.0.0.1:x"),
        ("database_url", "mysql://127.0.0.1/x"),
        ("database_url", "postgresql://me:hunter2@127.0.0.1:port/x"),
        ("twilio_api_url", "ftp://api.twilio.com"),
        ("feed_hosts", "sensors.example,http://10.0.0.5"),
        ("feeds_dir", "no/such/folder"),
        ("secret_keys", " , "),
        ("secret_keys", f"{KEY},hunter2"),
        ("secret_keys", "ключ"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name_and_not_quoted(name: str, value: str) -> None:
    said = refused(**{"secret_keys": KEY, name: value})
    assert said.splitlines()[1].startswith(f"  {name.upper()} (")
    assert len(said.splitlines()) == 2
    assert "hunter2" not in said
    assert KEY not in said


def test_a_value_is_kept_in_the_form_in_which_it_is_used() -> None:
    settings = config.load(
        secret_keys=f" {KEY} ,",
        database_url="postgres://me@127.0.0.1/x",
        redis_url=" ",
        public_url="https://city.example/",
        metrics_port="0",
        feed_hosts=" Sensors.Example, 10.0.0.5:8080,",
        tick_seconds=0.3,
    )
    assert settings.keys() == [KEY]
    assert settings.database_url == "postgresql+psycopg://me@127.0.0.1/x"
    assert settings.redis_url is None
    assert settings.public_url == "https://city.example"
    assert settings.feed_hosts == ("sensors.example", "10.0.0.5:8080")
    assert (settings.metrics_port, settings.tick_seconds) == (0, 0.3)


def test_settings_that_are_shown_show_no_secret() -> None:
    shown = repr(config.load(secret_keys=KEY, database_url="postgresql://me:hunter2@h/x", redis_url="redis://:pw9@h"))
    assert not [secret for secret in (KEY, "hunter2", "pw9") if secret in shown]
