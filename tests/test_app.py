"""What every answer of the web process tells browsers."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import app
import config


@pytest.mark.parametrize("path", ["/health", "/ready", "/nothing", "/hooks/telegram/nobody"])
def test_no_browser_may_run_frame_guess_or_keep_an_answer_of_ours(tmp_path: Path, path: str) -> None:
    keys = Fernet.generate_key().decode()
    house = app.build(config.Settings(database_url=f"sqlite:///{tmp_path / 'app.db'}", secret_keys=keys))
    headers = app.create_app(house).test_client().get(path).headers
    house.close()
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
