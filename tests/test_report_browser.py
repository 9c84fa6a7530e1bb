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
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from run_folders import infeasible, run_folder, transfer_folder, transfer_trial, trial

from reports._page.build import build_report

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
    assert plots >= 7  # three a task, and the backbones of one
    assert tags(seen.dom, "div", "js-plotly-plot") == plots
    assert tags(seen.dom, "path", "point") > plots
    assert tags(seen.dom, "p", "banner") == 2  # an alarm for each backbone
    assert tags(seen.dom, "span", "mark") == 4  # on the leaderboard and among the backbones


def visit_and(page: Path, work: Path, script: str) -> str:
    """What the script returns after the page's own have run."""
    told = page.with_name("told.html")
    told.write_text(
        page.read_text().replace(
            "</body>",
            f"<script>addEventListener('load',async()=>{{const seen=await(async()=>{{{script}}})();"
            "const p=document.createElement('p');p.id='seen';p.textContent=JSON.stringify(seen);"
            "document.body.append(p)});</script></body>",
        )
    )
    seen = visit(told, work)
    assert seen.console == [] and seen.requests == []
    (found,) = re.findall('<p id="seen">(.*?)</p>', seen.dom, re.DOTALL)
    return html.unescape(found)


LEADERBOARD = """
const board = document.querySelector('.board'), rows = () => [...board.querySelectorAll('tbody tr')];
const names = () => rows().map((row) => row.querySelector('th') ? row.querySelector('th').firstChild.data : 'open');
const head = (name) => [...board.querySelectorAll('thead th')].find((cell) => cell.textContent.startsWith(name));
const type = (value) => { const box = board.querySelector('input[type=search]'); box.value = value;
  box.dispatchEvent(new Event('input')); };
const seen = {start: names(), sorted: head('#').getAttribute('aria-sort')};
head('Seconds').querySelector('button').click();
seen.least = names(); seen.up = head('Seconds').getAttribute('aria-sort');
head('Seconds').querySelector('button').click();
seen.most = names(); seen.down = head('Seconds').getAttribute('aria-sort');
seen.rank = head('#').getAttribute('aria-sort');
head('#').querySelector('button').click();
seen.again = names();
type('HEAD max'); seen.max = names();
type('nothing like that'); seen.none = names(); type('');
const select = [...board.querySelectorAll('label')].find((label) => label.textContent.startsWith('State'))
  .querySelector('select');
select.value = [...select.options].find((option) => option.text === 'pruned').value;
select.dispatchEvent(new Event('change')); seen.pruned = names();
select.value = ''; select.dispatchEvent(new Event('change'));
board.querySelector('details').open = true; await new Promise((done) => setTimeout(done, 50));
seen.open = names(); seen.told = rows()[1].textContent; seen.code = rows()[1].querySelectorAll('script, img').length;
board.querySelector('details').open = false; await new Promise((done) => setTimeout(done, 50));
seen.closed = names();
return seen;
"""


def test_the_leaderboard_is_sorted_searched_filtered_and_opened(tmp_path: Path) -> None:
    hostile = "<script>document.title='x'</script><img src=x>\u202e\"'"
    heads = ["max", "average", hostile]
    trials = [trial(n, [9.0 + n] * 3, params={"head": head}) for n, head in enumerate(heads)]
    trials = [replace(each, seconds=seconds) for each, seconds in zip(trials, (2000.0, 30.0, 100.0), strict=True)]
    run = run_folder(tmp_path, "a run", [*trials, trial(3, [9.0, 30.0], "pruned", params={"head": "max"})])
    page = build_report([run], tmp_path / "report.html")
    seen = json.loads(visit_and(page, tmp_path, LEADERBOARD))
    order = ["trial 0", "trial 1", "trial 2", "linear probe", "constant", "trial 3"]
    assert [name.strip() for name in seen["start"]] == order and seen["sorted"] == "ascending"
    assert [name.strip() for name in seen["least"]] == ["trial 3", *order[1:3], "trial 0", *order[3:5]]
    assert [name.strip() for name in seen["most"]] == ["trial 0", "trial 2", "trial 1", "trial 3", *order[3:5]]
    assert (seen["up"], seen["down"], seen["rank"]) == ("ascending", "descending", None)
    assert seen["again"] == seen["start"] and seen["closed"] == seen["start"]
    assert [name.strip() for name in seen["max"]] == ["trial 0", "trial 3"] and seen["none"] == []
    assert [name.strip() for name in seen["pruned"]] == ["trial 3"]
    assert seen["open"][1] == "open" and "python cli.py rerun 'a run' --trial 0" in seen["told"]
    told = visit_and(
        page, tmp_path, LEADERBOARD.replace("'details')", "'tr:nth-child(3) details')").replace("[1]", "[3]")
    )
    assert hostile in json.loads(told)["told"] and json.loads(told)["code"] == 0


def test_a_long_leaderboard_shows_more_on_request(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [9.0 + n / 100] * 3) for n in range(450)])
    page = build_report([run], tmp_path / "report.html")
    seen = visit_and(
        page,
        tmp_path,
        "const count = () => document.querySelectorAll('.board tbody tr').length, seen = [count()];"
        "document.querySelector('.board > button').click(); seen.push(count());"
        "seen.push(document.querySelector('.board > button').hidden);"
        "seen.push([...document.querySelectorAll('.tools a')].map((a) => a.href.split('/').pop())); return seen;",
    )
    assert json.loads(seen) == [200, 452, True, ["told.csv", "told.json"]]


def test_the_browser_would_tell(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><script>fetch('https://example.invalid/f').catch(() => 0); missing();</script>"
        "<img src='http://example.invalid/x.png'>"
    )
    seen = visit(page, tmp_path)
    assert any("missing is not defined" in line for line in seen.console)
    assert {"https://example.invalid/f", "http://example.invalid/x.png"} <= set(seen.requests)
