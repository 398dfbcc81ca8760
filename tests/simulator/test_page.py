"""What a browser is told of the phones' page, and what another website may do with it: nothing."""

import urllib.error
import urllib.request

import pytest

from tests.simulated import Simulator


def ask(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, b"{}" if method == "POST" else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, dict(answer.headers.items())
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, dict(problem.headers.items())


@pytest.mark.parametrize("path", ["/", "/page/phones.js", "/api/state", "/nothing"])
def test_no_answer_lets_a_browser_run_what_somebody_wrote(sim: Simulator, path: str) -> None:
    _, headers = ask(sim.url + path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/api/phones", "/control/reset", "/control/record"])
def test_another_websites_page_may_not_touch_the_phones(sim: Simulator, path: str) -> None:
    method = "GET" if path.endswith("record") else "POST"
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        assert ask(sim.url + path, method, Origin=origin)[0] == 403
    assert ask(sim.url + "/api/state", Origin=sim.url)[0] == 200
