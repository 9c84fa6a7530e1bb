"""A leaderboard as its readers use it, in a real browser: what they search for by name, which columns they choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from devtools import CHROMIUM, Browser, visit_and
from pages import alone, group_of
from run_folders import run_folder, trial

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)"),
]
HOSTILE = "<img src=x>\u202e\"'"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three trials, one that was stopped, and baselines. Of `rate` the first trial's has no effect."""
    folder = tmp_path_factory.mktemp("board")
    params = [{"head": head, "rate": rate} for head, rate in (("max", 0.5), ("average", 0.01), (HOSTILE, 0.0012345))]
    trials = [trial(n, [9.0 + n] * 3, params=given) for n, given in enumerate(params)]
    trials[0] = replace(trials[0], recipe={"head": "max"})
    trials += [trial(12, [9.0, 30.0], "pruned", params=params[1])]
    return alone(group_of(run_folder(folder, "a run", trials)), folder / "report.html")


TOOLS = """
const board = document.querySelector('.board'), rows = () => [...board.querySelectorAll('tbody tr')];
const names = () => rows().map((row) => row.querySelector('th').firstChild.data.trim());
const field = board.querySelector('input[type=search]'), problem = () => board.querySelector('.problem').textContent;
const type = (value) => { field.value = value; field.dispatchEvent(new Event('input')); return names(); };
const box = (name) => [...board.querySelectorAll('fieldset label')].find((label) => label.textContent === name)
  .querySelector('input');
const heads = () => [...board.querySelectorAll('thead th')].filter((head) => head.checkVisibility())
  .map((head) => head.textContent);
const column = (name) => {
  const place = [...board.querySelectorAll('thead th')].findIndex((head) => head.textContent === name);
  return rows().map((row) => row.children[place].innerText); };
"""


def test_rows_are_found_by_what_is_in_their_columns_and_parameters(browser: Browser, page: Path) -> None:
    searches = {
        "mae<10.5": ["trial 0", "trial 1", "trial 12"],
        "mae<10.5 state:complete": ["trial 0", "trial 1"],
        "-state:pruned head:average": ["trial 1"],
        "rate<0.1": ["trial 1", "trial 2", "trial 12"],
        "rate>0.1": [],  # that of trial 0 has no effect
        "trial:1": ["trial 1"],
        "state:baseline": ["linear probe", "constant"],
        "rank<=2 and seconds>0": ["trial 0", "trial 1"],
    }
    seen = visit_and(
        page, browser, f"{TOOLS} return {list(searches)}.map((search) => [search, type(search), problem()]);"
    )
    assert seen == [[search, names, ""] for search, names in searches.items()]


def test_what_is_not_understood_is_said_beside_the_field(browser: Browser, page: Path) -> None:
    seen = visit_and(
        page,
        browser,
        f"{TOOLS} const left = type('state:complete mea<3');"
        "const told = document.getElementById(field.getAttribute('aria-describedby'));"
        "return [left, told.textContent, field.ariaInvalid, told.checkVisibility(), type('mae<3'), field.ariaInvalid,"
        "told.checkVisibility(), board.dataset.example, type(board.dataset.example).length > 0];",
    )
    assert seen[0] == ["trial 0", "trial 1", "trial 2"], "the rest is searched for"
    assert "do you mean mae?" in seen[1] and "ms_per_film" in seen[1]
    assert seen[2:4] == ["true", True] and seen[4:7] == [[], "false", False]
    assert seen[7].startswith("mae<") and seen[8], "the example is one that finds something"


def test_the_help_lists_what_can_be_named(browser: Browser, page: Path) -> None:
    seen = visit_and(
        page,
        browser,
        f"{TOOLS} const help = board.querySelector('.help'); help.open = true;"
        "await new Promise((done) => setTimeout(done, 50));"
        "const examples = [...help.querySelectorAll('code')].map((code) => code.textContent);"
        "return [help.innerText, examples.map((example) => [type(example), problem()][1])];",
    )
    assert "Parameters, where they have an effect: head, rate." in seen[0] and "rank, trial, mae" in seen[0]
    assert set(seen[1]) == {""}, "every example is understood"


def test_a_link_leads_to_what_was_found(browser: Browser, page: Path) -> None:
    link = visit_and(
        page, browser, f"{TOOLS} type('head:average \"a run\"'); return board.querySelector('.tools a').href;"
    )
    assert link.startswith(page.as_uri() + "#age-1-leaderboard?search=head")
    browser.renew()
    browser.call("Page.navigate", url=link)
    browser.wait("Page.loadEventFired")
    look = f"(() => {{{TOOLS} return [names(), field.value];}})()"
    assert browser.tell(look) == [["trial 1", "trial 12"], 'head:average "a run"']
    browser.tell("location.hash = '#age-1-leaderboard?search=mae%3C9.5'")
    browser.until("document.querySelector('.board input').value === 'mae<9.5'")
    assert browser.tell(look)[0] == ["trial 0", "trial 12"]
    assert browser.console == []


def test_columns_are_chosen_and_parameters_become_columns(browser: Browser, page: Path) -> None:
    seen = visit_and(
        page,
        browser,
        f"{TOOLS} const all = heads(); board.querySelector('.columns').open = true;"
        "await new Promise((done) => setTimeout(done, 50));"
        "for (const name of ['Configuration', 'Seconds', 'rate', 'head']) box(name).click();"
        "const chosen = heads(), rate = column('rate'), head = column('head');"
        "[...board.querySelectorAll('thead button')].find((button) => button.textContent === 'rate').click();"
        "const sorted = names(); type('state:complete'); const found = heads();"
        "box('rate').click(); box('Seconds').click();"
        "return [all, chosen, rate, head, sorted, found, heads()];",
    )
    every, chosen, rate, head, by_rate, found, last = seen
    assert set(every) - set(chosen) == {"Configuration", "Seconds"} and set(chosen) - set(every) == {"rate", "head"}
    assert rate == ["–", "0.01", "0.00123", "–", "–", "0.01"], "rounded, and only where it has an effect"
    assert head[:3] == ["max", "average", HOSTILE.replace("\u202e", "�")]
    assert by_rate[:3] == ["trial 2", "trial 1", "trial 12"]
    assert found == chosen and "Seconds" in last and "rate" not in last


@pytest.mark.long
def test_search_and_columns_are_used_by_keyboard_alone(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.tell("document.querySelector('.board input').focus()")
    browser.call("Input.insertText", text="mae<9.5")
    assert browser.tell("document.querySelectorAll('.board tbody tr').length") == 2

    def press(key: str, code: int) -> None:
        text = {"text": key} if len(key) == 1 else {}
        for kind in ("keyDown", "keyUp"):
            browser.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                windowsVirtualKeyCode=code,
                **(text if kind == "keyDown" else {}),
            )

    for _ in range(20):
        press("Tab", 9)
        if browser.tell("document.activeElement.textContent") == "Columns":
            break
    press(" ", 32)
    browser.until("document.querySelectorAll('.board fieldset').length === 2")
    press("Tab", 9)
    press("Tab", 9)
    press(" ", 32)
    assert browser.tell("document.activeElement.checked") is False
    name = browser.tell("document.activeElement.closest('label').textContent")
    assert browser.tell(
        "[...document.querySelectorAll('.board th')]"
        f".find((head) => (head.dataset.title ?? head.textContent) === '{name}').hidden"
    )
