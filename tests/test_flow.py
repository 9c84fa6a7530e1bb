"""The flow of films: numbers that add up whatever came in, and a picture that says what the table says."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import balanced, group_of, rows_of
from run_folders import FILMS, mixed, run_folder, with_films

from reports import load
from reports._card.blocks import Flow, Rows
from reports._card.flow import flow as card_flow
from reports._drawing.flow import MOST
from trials.collected import FILE, Collected, collected_of, load_collected, save_collected
from trials.kept import DamagedRun
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.assignment import UNUSED
from xrays.flow import OTHERS, flow
from xrays.tasks import TASKS

REASONS = {
    "none": {},
    "of both kinds": {"rejected": {"cannot be read": 3, "is blank": 1}, "left out": {"no row in the labels": 2}},
    "many": {"left out": {f"reason {n}": n + 1 for n in range(20)}},
}


def told_of(run: RunStore, reasons: Mapping[str, Mapping[str, int]], copies: int = 0) -> RunStore:
    """The run with what it remembers of its collection."""
    films = len(run.films().ids)
    out = sum(many for of in reasons.values() for many in of.values())
    save_collected(run.path, Collected("NIH ChestX-ray14", films + out, films, reasons, copies, {"version": 3}))
    return run


def flow_of(*runs: RunStore) -> pd.DataFrame:
    table: pd.DataFrame = load("flow").data(group_of(*runs))
    return table


def altered(run: RunStore, *, lacking: int, unused: int, hold_out: bool) -> RunStore:
    """So many films without the label and so many that are in no split; with a hold-out or none."""
    films = run.films()
    ages = films.labels["age"].copy()
    ages[:lacking] = np.nan
    assignment = films.assignment.copy()
    assignment[:, FILMS - unused :] = UNUSED
    if not hold_out:
        assignment[assignment == -1] = 0
    return with_films(run, labels={**films.labels, "age": ages}, assignment=assignment)


@pytest.mark.parametrize(
    ("reasons", "lacking", "unused", "hold_out"),
    [*itertools.product(REASONS, (0, 2), (0, 3), (True, False))],
)
def test_what_came_in_is_what_was_left_out_and_the_splits(
    tmp_path: Path, reasons: str, lacking: int, unused: int, hold_out: bool
) -> None:
    run = altered(run_folder(tmp_path), lacking=lacking, unused=unused, hold_out=hold_out)
    table = flow_of(told_of(run, REASONS[reasons]))
    step = table["step"].tolist()
    films = dict.fromkeys(("listed", "out", "prepared", "split"), 0) | table.groupby("step")["films"].sum().to_dict()
    assert films["listed"] == films["out"] + films["split"]
    before = table.iloc[: step.index("prepared")]
    assert films["listed"] == before.loc[before["step"] == "out", "films"].sum() + films["prepared"]
    assert step.count("split") == 1 + hold_out
    assert ("without age" in table["what"].tolist()) == bool(lacking)
    # The picture has every number that it names, and its boxes of what was left out their sums.
    (panel,) = load("flow").show(table)
    assert balanced(f"<footer>{panel}")
    drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)", str(panel)))
    assert all(re.search(rf"\b{n} films?\b", drawn) for n in table.loc[table["step"] != "out", "films"])
    left = [int(each) for each in re.findall(r"Not used: (\d+)", drawn)]
    assert sum(left) == films["out"]


def test_flow_of_one_task_and_of_the_other_on_the_same_films(tmp_path: Path) -> None:
    """A film without an age is none of the first task, and one of the other."""
    runs = [altered(run_folder(tmp_path, name, task=name), lacking=3, unused=0, hold_out=True) for name in TASKS]
    ends = [flow_of(run)[["step", "what", "films"]].to_numpy().tolist() for run in runs]
    assert ["out", "without age", 3] in ends[0]
    assert [row[2] for row in ends[1] if row[0] == "out"] == []
    assert sum(row[2] for row in ends[1] if row[0] == "split") == FILMS


def test_boxes_say_films_patients_and_folds(tmp_path: Path) -> None:
    run = with_films(run_folder(tmp_path), groups=np.array([f"patient {n // 2}" for n in range(FILMS)]))
    table = flow_of(told_of(run, REASONS["of both kinds"], copies=2))
    assert table[["step", "what", "films"]].to_numpy().tolist() == [
        ["listed", "listed by the collection", FILMS + 6],
        ["out", "rejected: cannot be read", 3],
        ["out", "rejected: is blank", 1],
        ["out", "left out: no row in the labels", 2],
        ["prepared", "prepared, 2 of them copies of another", FILMS],
        ["split", "development, in 3 folds of 3 films", 9],
        ["split", "hold-out, no part of the search", 3],
    ]
    assert table["patients"].tolist()[4:5] == [6.0] and table["patients"].isna().sum() == 4


def test_heard_and_read_it_is_the_same(tmp_path: Path) -> None:
    table = flow_of(told_of(run_folder(tmp_path), {"rejected": {"<b>broken & cut": 1, "שבור": 1}}))
    markup = str(load("flow").show(table)[0])
    described = re.search("<desc[^>]*>(.*?)</desc>", markup)
    assert described and "<b>" not in markup and "rejected: &lt;b&gt;broken &amp; cut: 1 film" in described[1]
    own = " ".join(re.findall('<(?:title|desc) id="([^"]*)', markup))
    assert f'aria-labelledby="{own}"' in markup
    assert [row[1] for row in rows_of(markup)[1:]] == [str(films) for films in table["films"]]


def test_of_many_reasons_the_picture_has_the_first_and_the_sum(tmp_path: Path) -> None:
    markup = str(load("flow").show(flow_of(told_of(run_folder(tmp_path), REASONS["many"])))[0])
    drawn = re.sub("</text><text[^>]*>", " ", markup)
    rest = sum(range(MOST, 21))
    assert f"{rest} for {20 - MOST + 1} more reasons" in drawn and len(rows_of(markup)) == 1 + 20 + 4


def test_runs_that_kept_nothing_begin_with_what_was_prepared(tmp_path: Path) -> None:
    table = flow_of(run_folder(tmp_path, trials=mixed("age")))
    assert table["step"].iloc[0] == "prepared"
    assert "is not in these run folders" in "".join(map(str, load("flow").show(table)))


def test_one_flow_for_runs_of_two_sizes_and_two_for_other_films(tmp_path: Path) -> None:
    reasons = REASONS["of both kinds"]
    runs = [told_of(run_folder(tmp_path, f"run{n}", data=f"tiny{n}"), reasons) for n in (32, 64)]
    table = flow_of(*runs)
    assert set(table["flow"]) == {1} and set(table["data"]) == {"tiny32 and tiny64"}
    told_of(runs[1], {})
    assert set(flow_of(*runs)["flow"]) == {1, 2}


def test_what_is_kept_is_what_prepare_has_written(prepared: XrayArrays, tmp_path: Path) -> None:
    found = collected_of(prepared)
    assert (found.came, found.used) == (len(prepared.ids) + len(prepared.rejected()) + len(prepared.left_out()),
                                        len(prepared.ids))  # fmt: skip
    assert found.preprocessing == prepared.meta["preprocessing"]
    run = run_folder(tmp_path)
    save_collected(run.path, replace(found, came=found.came - found.used + FILMS, used=FILMS))
    kept = load_collected(run)
    assert kept and kept.reasons == found.reasons
    save_collected(run.path, found)  # of another run
    with pytest.raises(DamagedRun, match=f"{FILE} cannot be used: it is of {found.used} films"):
        load_collected(run)
    (run.path / FILE).write_text((run.path / FILE).read_text().replace(f'"came": {found.came}', '"came": 7'))
    with pytest.raises(DamagedRun, match="of 7 films"):
        load_collected(run)


def test_reasons_that_are_not_named_are_counted() -> None:
    broken = pd.DataFrame({"reason": [f"reason {n}" for n in range(6) for _ in range(6 - n)] + [OTHERS] * 2})
    for most in (2, 3, 4, 6, 7, 9, None):
        of = flow(5, broken, broken[:0], most)["reasons"]["rejected"]
        assert sum(of.values()) == len(broken) and (most is None or len(of) <= most)
    assert list(flow(5, broken, broken[:0], 3)["reasons"]["rejected"]) == ["reason 0", "reason 1", OTHERS]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("unused", [0, 2])
def test_a_card_draws_the_same_and_adds_up(task: str, unused: int) -> None:
    label = TASKS[task].label.name
    parts = {"folds": (100, 3), "hold-out": (20, 0), **({"not used": (unused, 1)} if unused else {})}
    splits = [
        {"split": name, "films": films, "patients": films // 2, "unknown": 0, f"{label}_missing": missing}
        for name, (films, missing) in parts.items()
    ]
    broken = pd.DataFrame({"reason": ["is blank"] * 4})
    of = flow(120 + unused, broken, broken[:0])
    rows = drawing({"data": {"flow": of, "splits": splits}}, task)
    films = pd.DataFrame(rows).groupby("step")["films"].sum()
    assert films["listed"] == 124 + unused == films["out"] + films["split"]
    assert [row["films"] for row in rows if row["step"] == "split"] == [97, 20]
    assert [row["patients"] for row in rows if row["step"] == "split"][1] == 10 and math.isnan(rows[-2]["patients"])
    assert drawing({"data": {"flow": of}}, task) == [], "of films that were not divided there is a table alone"
    splits[0]["films"] = "many"
    assert drawing({"data": {"flow": of, "splits": splits}}, task) == []


def drawing(card: Mapping[str, Any], task: str) -> list[Mapping[Hashable, Any]]:
    """Rows of the picture in a card, none where there is none; the table is there in any case."""
    table, *drawn = card_flow(card, TASKS[task])
    assert isinstance(table, Rows)
    return [row for block in drawn if isinstance(block, Flow) for row in block.rows]


def test_no_line_runs_along_or_through_a_box(tmp_path: Path) -> None:
    """Lines begin and end at boxes; the one that branches off to the hold-out lies between them."""
    run = altered(run_folder(tmp_path), lacking=2, unused=0, hold_out=True)
    markup = str(load("flow").show(flow_of(told_of(run, REASONS["of both kinds"])))[0])
    boxes = [
        tuple(map(float, box))
        for box in re.findall('<rect x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"', markup)
    ]
    lines = [tuple(map(float, ends)) for ends in re.findall(r'd="M(\S+) (\S+)L([\d.]+) ([\d.]+)', markup)]
    assert len(boxes) == 6 and len(lines) == 6
    for left, top, width, height in boxes:
        for x, y, to_x, to_y in lines:
            across = min(max(x, to_x), left + width) - max(min(x, to_x), left)
            along = min(max(y, to_y), top + height) - max(min(y, to_y), top)
            assert across < 0 or along < 0 or across == along == 0, ((left, top, width, height), (x, y, to_x, to_y))
