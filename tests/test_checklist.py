"""The checklist on the page: the items of the card, answered where the runs have what one asks for, and linked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pages import body, group_of, rows_of, words
from run_folders import mixed, opened_ways, run_folder, trial
from test_flow import told_of

from reports import load, sections
from reports._card.claim import CLAIM
from reports._card.items import AUTHORS, CARD
from reports._page.build import build_report
from reports._place import ELSEWHERE
from reports.checklist import ASKED, BY_CARD
from trials.store import RunStore
from xrays.tasks import TASKS


def checklist(*runs: RunStore) -> dict[str, dict[str, str]]:
    """By the number of the item."""
    table: pd.DataFrame = load("checklist").data(group_of(*runs))
    return {row["number"]: row for row in table.to_dict("records")}


def test_every_item_is_there_and_names_places_that_there_are(tmp_path: Path) -> None:
    rows = checklist(run_folder(tmp_path))
    assert [(row["number"], row["topic"]) for row in rows.values()] == [(i.number, i.topic) for i in CLAIM.items]
    known = {*sections(), *ELSEWHERE, *ASKED, CARD}
    assert {section for section, _ in ASKED.values()} <= {*sections(), *ELSEWHERE}
    for item in CLAIM.items:
        assert set(item.page) <= known, item
        assert not item.page or item.part, "what the page answers, the card does, too"


@pytest.mark.parametrize("task", TASKS)
def test_what_is_answered_is_on_the_page_and_what_is_not_says_why(task: str, tmp_path: Path) -> None:
    run = told_of(run_folder(tmp_path, "run", mixed(task), task=task, holdout=[opened_ways(task, 3)]), {})
    page = build_report([run], tmp_path / "report.html")
    markup, rows = body(page), checklist(run)
    for item in CLAIM.items:
        row = rows[item.number]
        if row["href"]:
            assert f'id="{row["href"][1:]}"' in markup and item.page and row["left"] == item.open
        else:
            assert (row["place"], row["left"]) == ((BY_CARD, item.open) if CARD in item.page else ("", item.blank))
    for number in ("7", "8", "22", "32", "35"):
        assert rows[number]["href"], number
    assert rows["1"]["left"] == AUTHORS and rows["33"]["place"] == "" and rows["43"]["place"] == BY_CARD
    answered = [row for row in rows.values() if row["place"]]
    whole = sum(not row["left"] for row in answered)
    left = len(rows) - len(answered)
    said = f"Of 44 items {whole} are answered and {len(answered) - whole} in part; {left} are left to people."
    assert said in words(page)
    shown = {line[0]: line for line in rows_of(markup.partition('-checklist">')[2]) if len(line) == 4}
    nowhere = {number: "yours to answer" if row["left"] == AUTHORS else "–" for number, row in rows.items()}
    assert all(shown[number][2] == (row["place"] or nowhere[number]) for number, row in rows.items())


@pytest.mark.parametrize("lacking", ["collection", "complete trial", "opening"])
def test_nothing_is_claimed_that_is_not_on_record(lacking: str, tmp_path: Path) -> None:
    """And all else is, so that each of them decides about its own items alone."""
    task = next(iter(TASKS))
    trials = [trial(0, [], "failed", task, error="x")] if lacking == "complete trial" else mixed(task)
    opened = [] if lacking == "opening" else [opened_ways(task, 3)]
    run = run_folder(tmp_path, "run", trials, task=task, holdout=opened)
    if lacking != "collection":
        told_of(run, {})
    words_of = {"collection": {"flow"}, "complete trial": {"answer", "best"}, "opening": {"hold-out"}}
    rows = checklist(run)
    for item in CLAIM.items:
        if (own := set(item.page)) and own <= set(ASKED):
            assert bool(rows[item.number]["href"]) == (not own & words_of[lacking]), item
            if not rows[item.number]["href"]:
                assert rows[item.number]["left"] == item.blank
