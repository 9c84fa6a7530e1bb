"""The report in a real browser: no console message, no request, and every plot drawn.

Plain Chromium, no driver: it logs the console to stderr, the network to a file, and prints the page as it stands
after the scripts ran. The second test shows that the logs would tell.
"""

from __future__ import annotations

import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from run_folders import infeasible, run_folder, transfer_folder, transfer_trial, trial

from reports._page import build_report

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Names lead nowhere: the browser's own calls home fail, and a request of the page is logged but reaches nobody.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--v=0",
    "--net-log-capture-mode=Everything",
    "--virtual-time-budget=10000",
    "--dump-dom",
]


@dataclass(frozen=True)
class Visit:
    """What a page did: console lines, addresses it asked for, and its markup after the scripts ran."""

    console: list[str]
    requests: list[str]
    dom: str


def visit(page: Path, work: Path) -> Visit:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    log = work / "net.json"
    command = [CHROMIUM, *FLAGS, "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={work / 'profile'}"]
    command += [f"--log-net-log={log}", page.as_uri()]
    # A group of its own: Chromium's helpers must not outlive the test.
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as browser:
        try:
            dom, errors = browser.communicate(timeout=90)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
    return Visit(re.findall(r"CONSOLE.*", errors), asked_for(json.loads(log.read_text())), dom)


def asked_for(log: dict[str, object]) -> list[str]:
    """Addresses that a page asked for. Requests of the browser itself carry the initiator `not an origin`."""
    events = log["events"]
    assert isinstance(events, list)
    params = [event.get("params", {}) for event in events]
    return [p["url"] for p in params if "url" in p and p.get("initiator", "not an origin") != "not an origin"]


def tags(dom: str, tag: str, name: str) -> int:
    """How many such elements have that class; what scripts contain as text does not count."""
    found = 0

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, own: str, attrs: list[tuple[str, str | None]]) -> None:
            nonlocal found
            found += own == tag and name in (dict(attrs).get("class") or "").split()

    Parser().feed(dom)
    return found


def test_the_report_opens_without_error_or_request(tmp_path: Path) -> None:
    hostile = "<img src=http://example.invalid/x.png onerror=console.error(1)></script>"
    runs = [
        run_folder(
            tmp_path,
            task,
            [
                *(trial(n, [best + step, best, best], task=task, label=hostile) for n, step in enumerate(steps)),
                trial(3, [best], "pruned", task),
                trial(4, [], "failed", task, error=hostile),
            ],
            task=task,
        )
        for task, best, steps in (("age", 9.0, (0.1, 0.2, 80.0)), ("gender", 0.8, (0.01, 0.02, 0.03)))
    ]
    transferred = [
        transfer_trial(0, "densenet121", [8.8] * 3, probes=[14.5] * 3, label="seed"),
        transfer_trial(1, hostile, [80.0] * 3, probes=[14.6] * 3),
        infeasible(2, hostile),
    ]
    runs.append(transfer_folder(tmp_path, trials=transferred, weights=hostile))
    page = build_report(runs, tmp_path / "report.html")
    seen = visit(page, tmp_path)
    assert seen.console == []
    assert seen.requests == []
    plots = page.read_text().count('<script type="application/json" data-plot=')
    assert plots == 7  # three a task, and the backbones of one
    assert tags(seen.dom, "div", "js-plotly-plot") == plots
    assert tags(seen.dom, "path", "point") > plots
    assert tags(seen.dom, "p", "banner") == 2  # an alarm for each backbone
    assert tags(seen.dom, "span", "mark") == 4  # on the leaderboard and among the backbones


def test_the_browser_would_tell(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><script>fetch('https://example.invalid/f').catch(() => 0); missing();</script>"
        "<img src='http://example.invalid/x.png'>"
    )
    seen = visit(page, tmp_path)
    assert any("missing is not defined" in line for line in seen.console)
    assert {"https://example.invalid/f", "http://example.invalid/x.png"} <= set(seen.requests)
