"""The report in a real browser: no console message, no request, every plot drawn, and what a reader does with it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from devtools import CHROMIUM, Browser, visit_and
from predicted_runs import predicted_run
from run_folders import infeasible, run_folder, transfer_folder, transfer_trial, trial

from reports._page.build import build_report
from xrays.tasks import TASKS

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]
DRAWN = "document.querySelectorAll('.js-plotly-plot').length"
ALL_DRAWN = f"{DRAWN} === document.querySelectorAll('.plot').length"


def test_the_report_opens_without_error_or_request(browser: Browser, tmp_path: Path) -> None:
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
    plots = page.read_text().count('<script type="application/json" data-plot=')
    assert plots >= 7  # three a task, and the backbones of one
    browser.open(page)
    browser.until(f"{DRAWN} === {plots}")

    def count(selector: str) -> int:
        return int(browser.tell(f"document.querySelectorAll({selector!r}).length"))

    assert count("path.point") > plots
    assert count("p.banner") == 2  # an alarm for each backbone
    assert count("span.mark") == 4  # on the leaderboard and among the backbones
    assert browser.console == [] and browser.requests == []


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
type('nothing like that'); seen.none = names(); seen.empty = board.querySelector('output').textContent; type('');
seen.sight = rows()[0].querySelector('td.c').innerText;
const select = [...board.querySelectorAll('label')].find((label) => label.textContent.startsWith('State'))
  .querySelector('select');
select.value = [...select.options].find((option) => option.text === 'pruned').value;
select.dispatchEvent(new Event('change')); seen.pruned = names();
select.value = ''; select.dispatchEvent(new Event('change'));
board.querySelector('tbody details').open = true; await new Promise((done) => setTimeout(done, 50));
seen.open = names(); seen.told = rows()[1].textContent; seen.code = rows()[1].querySelectorAll('script, img').length;
board.querySelector('tbody details').open = false; await new Promise((done) => setTimeout(done, 50));
seen.closed = names();
return seen;
"""


def test_the_leaderboard_is_sorted_searched_filtered_and_opened(browser: Browser, tmp_path: Path) -> None:
    hostile = "<script>document.title='x'</script><img src=x>\u202e\"'"
    heads = ["max", "average", hostile]
    trials = [trial(n, [9.0 + n] * 3, params={"head": head}) for n, head in enumerate(heads)]
    trials = [replace(each, seconds=seconds) for each, seconds in zip(trials, (2000.0, 30.0, 100.0), strict=True)]
    run = run_folder(tmp_path, "a run", [*trials, trial(3, [9.0, 30.0], "pruned", params={"head": "max"})])
    page = build_report([run], tmp_path / "report.html")
    seen = visit_and(page, browser, LEADERBOARD)
    order = ["trial 0", "trial 1", "trial 2", "linear probe", "constant", "trial 3"]
    assert [name.strip() for name in seen["start"]] == order and seen["sorted"] == "ascending"
    assert [name.strip() for name in seen["least"]] == ["trial 3", *order[1:3], "trial 0", *order[3:5]]
    assert [name.strip() for name in seen["most"]] == ["trial 0", "trial 2", "trial 1", "trial 3", *order[3:5]]
    assert (seen["up"], seen["down"], seen["rank"]) == ("ascending", "descending", None)
    assert seen["again"] == seen["start"] and seen["closed"] == seen["start"]
    assert [name.strip() for name in seen["max"]] == ["trial 0", "trial 3"] and seen["none"] == []
    assert seen["empty"] == "No row fits; there are 6 in all"
    assert "head max" in seen["sight"] and f"rerun 'a run' --runs {tmp_path} --trial 0" in seen["sight"]
    assert [name.strip() for name in seen["pruned"]] == ["trial 3"]
    assert seen["open"][1] == "open" and "python cli.py rerun 'a run' --runs" in seen["told"]
    told = visit_and(
        page,
        browser,
        LEADERBOARD.replace("'tbody details')", "'tbody tr:nth-child(3) details')").replace("[1]", "[3]"),
    )
    assert hostile.replace("\u202e", "�") in told["told"] and told["code"] == 0


@pytest.mark.long
def test_a_long_leaderboard_shows_more_on_request(browser: Browser, tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [9.0 + n / 100] * 3) for n in range(450)])
    page = build_report([run], tmp_path / "report.html")
    seen = visit_and(
        page,
        browser,
        "const count = () => document.querySelectorAll('.board tbody tr').length, seen = [count()];"
        "document.querySelector('.board > button').click(); seen.push(count());"
        "seen.push(document.querySelector('.board > button').hidden);"
        "seen.push([...document.querySelectorAll('.tools a[href]')].map((a) => a.href.split('/').pop()));"
        "return seen;",
    )
    assert seen == [200, 452, True, ["report.csv", "report.json"]]


# What is on the paper is what stands there when the page hears of the printing: nothing later gets onto it.
ON_PAPER = """
window.paper = null;
matchMedia('print').addEventListener('change', ({ matches }) => {
  const main = document.querySelector('main').clientWidth;
  const plots = [...document.querySelectorAll('.plot')].map((div) =>
    Math.abs(div.clientWidth - (div.querySelector('.main-svg')?.getBoundingClientRect().width ?? 0)));
  const tables = [...document.querySelectorAll('table')].map((table) => table.getBoundingClientRect().width - main);
  const size = (element) => parseFloat(getComputedStyle(element).fontSize);
  const tags = [...document.querySelectorAll('.board em')].map((tag) => size(tag) / size(tag.parentElement));
  const open = [...document.querySelectorAll('section > details')].every((part) => part.open);
  const rows = Math.max(...[...document.querySelectorAll('.board tbody tr')].map((row) => row.clientHeight));
  const told = document.querySelector('.configurations').clientHeight > 0;
  const day = document.querySelector('.printed-on').textContent;
  window[matches ? 'paper' : 'screen_again'] = { main, plots, tables, tags, open, day, rows, told };
});
"""


@pytest.mark.long
def test_it_prints_on_paper_of_its_own_width(browser: Browser, tmp_path: Path) -> None:
    runs = [predicted_run(tmp_path, task, [0.5, 1.0], name=task) for task in TASKS]
    page = build_report(runs, tmp_path / "report.html")
    browser.open(page)
    browser.until(ALL_DRAWN)
    browser.tell(ON_PAPER)
    assert browser.printed().startswith(b"%PDF")
    paper = browser.tell("window.paper")
    browser.until("window.screen_again")
    again = browser.tell("window.screen_again")
    assert paper["main"] < 800 < again["main"], "nothing wider has made the paper wide"
    assert len(paper["plots"]) > 10 and max(paper["plots"]) <= 1, "each plot has the width of its place"
    assert max(paper["tables"]) <= 1, "no column is cut off"
    assert paper["tags"] and max(paper["tags"]) < 1
    assert paper["told"] and not again["told"] and paper["rows"] < 120, "what a row is stands below the table"
    assert paper["open"] and re.fullmatch(r"Printed \d{4}-\d\d-\d\d\. ", paper["day"])
    assert max(again["plots"]) <= 1


@pytest.mark.parametrize("width", [pytest.param(1400, marks=pytest.mark.long), 420])
def test_the_page_is_as_wide_as_the_window(width: int, browser: Browser, tmp_path: Path) -> None:
    """Whatever is wider scrolls in a box of its own."""
    run = predicted_run(tmp_path, "gender", [0.5, 1.0], name="n" * 200)
    page = build_report([run, predicted_run(tmp_path, "gender", [0.7], name="other")], tmp_path / "report.html")
    browser.call(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
    )
    browser.open(page)
    assert browser.tell("innerWidth") == width
    assert browser.tell("document.documentElement.scrollWidth") <= width


USED = """
const board = document.querySelector('.board'), search = board.querySelector('input[type=search]');
search.value = 'trial'; search.dispatchEvent(new Event('input'));
const select = [...board.querySelectorAll('label')].find((label) => label.textContent.startsWith('State'))
  .querySelector('select');
select.value = [...select.options].find((option) => option.text === 'complete').value;
select.dispatchEvent(new Event('change'));
const heads = [...board.querySelectorAll('th')];
const seconds = heads.find((head) => head.textContent === 'Seconds').querySelector('button');
seconds.click(); seconds.click();
board.querySelector('tbody tr:nth-child(2) details').open = true;
document.querySelector('#runs details').open = true;
for (const name of ['Run', 'depth']) {
  [...board.querySelectorAll('fieldset label')].find((label) => label.textContent === name)
    .querySelector('input').click();
}
window.old = true;
"""
SEEN = """(() => {
const board = document.querySelector('.board');
return {
  names: [...board.querySelectorAll('tbody th')].map((cell) => cell.firstChild.data.trim()),
  sorted: [...board.querySelectorAll('th[aria-sort]')].map((head) => [head.textContent, head.ariaSort]),
  search: board.querySelector('input').value,
  heads: [...board.querySelectorAll('thead th')].filter((head) => !head.hidden).map((head) => head.textContent)
    .map((head) => / to /.test(head) ? 'scale' : head),  // which a new best trial makes longer
  open: [...document.querySelectorAll('details[open] > summary')].map((summary) => summary.textContent),
  told: board.querySelector('tr.parameters')?.textContent ?? '',
};
})()"""


@pytest.mark.long
def test_what_the_reader_chose_outlasts_a_reload(browser: Browser, tmp_path: Path) -> None:
    trials = [replace(trial(n, [9.0 + n] * 3), seconds=10.0 + n) for n in range(3)]
    run = run_folder(tmp_path, "a run", [*trials, trial(3, [9.0, 30.0], "pruned")])
    page = build_report([run], tmp_path / "report.html", reload=1)
    browser.open(page)
    browser.tell(f"(() => {{{USED}}})()")
    browser.until("document.querySelector('tr.parameters')")
    before = browser.tell(SEEN)
    assert before["names"] == ["trial 2", "trial 1", "trial 0"] and "--trial 1" in before["told"]
    run.append(trial(4, [8.0] * 3))
    build_report([run], page, reload=1)
    browser.until("!window.old && document.readyState === 'complete' && document.querySelector('tr.parameters')")
    after = browser.tell(SEEN)
    assert after.pop("names") == ["trial 4", *before.pop("names")], "what is new is there"
    assert "depth" in before["heads"] and "Run" not in before["heads"]
    assert after == before and after["sorted"] == [["Seconds", "descending"]] and len(after["open"]) == 2

    browser.tell("document.querySelector('.live input').click(); window.old = true; location.reload()")
    browser.until("!window.old && document.readyState === 'complete'")
    assert browser.tell("document.querySelector('.live input').checked"), "a pause outlasts a reload, too"
    assert browser.tell(SEEN)["names"][0] == "trial 4"
    # Paused, it stays, however late it becomes.
    browser.tell(
        "{window.old = true; const now = performance.now.bind(performance);performance.now = () => now() + 1e6;}"
    )
    browser.tell("new Promise((done) => setTimeout(done, 1500))")
    assert browser.tell("window.old")
    browser.tell("document.querySelector('.live input').click()")
    browser.until("!window.old")


@pytest.mark.long
def test_the_browser_would_tell(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><script>fetch('https://example.invalid/f').catch(() => 0); missing();</script>"
        "<img src='http://example.invalid/x.png'>"
    )
    browser.open(page)
    browser.until("document.images[0].complete")
    assert any("missing is not defined" in line for line in browser.console)
    assert {"https://example.invalid/f", "http://example.invalid/x.png"} <= set(browser.requests)
