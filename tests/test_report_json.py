"""`report.json` is what its schema says: every key that it tells of and no other, of every task."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from predicted_runs import hold_final, predicted_run
from readme import SCHEMA, schema_text
from run_folders import mixed, opened_ways, run_folder

from reports._page.build import build_report
from reports._page.schema import VERSION, schema
from xrays.tasks import TASKS

VALIDATOR = jsonschema.Draft202012Validator(schema())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of a raced search with a final and an opened hold-out, of every state of a trial, and of no trial."""
    folder = tmp_path_factory.mktemp("runs")
    raced = predicted_run(folder, "age", [0.5, 0.9, 1.2], name="raced", plan="raced", pruned={1: 2})
    hold_final(raced, {0: [0.6, 0.7]})
    raced.add_opening(opened_ways("age", 0))
    states = [run_folder(folder, f"mixed {task}", mixed(task), task=task) for task in TASKS]
    build_report([raced, *states, run_folder(folder, "none", [], plan="other")], folder / "report.html")
    made: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return made


def faults(content: Any) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(content)]


def test_what_is_written_is_valid(written: dict[str, Any]) -> None:
    VALIDATOR.check_schema(VALIDATOR.schema)
    assert faults(written) == []
    groups = written["groups"]
    assert {group["task"] for group in groups} == set(TASKS)
    assert {row["kind"] for group in groups for row in group["rows"]} == {"trial", "baseline"}


def small(written: dict[str, Any]) -> dict[str, Any]:
    """The raced search alone, with the first of all rows and checks: every kind of object is in it."""
    group = next(group for group in written["groups"] if group["seed_noise"])
    few = {**group, "rows": group["rows"][:1], "checks": group["checks"][:1]}
    return {**written, "groups": [few]}


def objects(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Those with keys of their own."""
    (group,) = content["groups"]
    return [content, group, group["corrected"], group["seed_noise"], *group["checks"], *group["rows"]]


def without_one(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, one in enumerate(objects(content)):
        for key in one:
            less = deepcopy(content)
            del objects(less)[place][key]
            yield key, less


def test_a_key_that_goes_is_noticed(written: dict[str, Any]) -> None:
    gone = dict(without_one(small(written)))
    assert {"version", "corrected", "interval", "difference", "severity", "rank", "mae_se"} < gone.keys()
    assert [key for key, less in without_one(small(written)) if not faults(less)] == []


def test_a_key_that_nobody_told_of_is_noticed(written: dict[str, Any]) -> None:
    for place in range(len(objects(small(written)))):
        more = deepcopy(small(written))
        objects(more)[place]["new"] = 1
        assert any("'new' was unexpected" in fault for fault in faults(more)), place


def test_metrics_are_those_of_the_task(written: dict[str, Any]) -> None:
    foreign = deepcopy(small(written))
    foreign["groups"][0]["rows"][0]["auc"] = 0.9
    assert faults(foreign)


def test_another_version_is_another_schema(written: dict[str, Any]) -> None:
    assert written["version"] == VERSION and next(iter(written)) == "version"
    assert faults({**small(written), "version": VERSION + 1}) == [f"{VERSION} was expected"]


def test_the_schema_in_the_manual_is_that_of_the_code() -> None:
    assert SCHEMA.read_text() == schema_text(), "python tests/readme.py writes it anew"


def test_a_report_of_before_versions_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{\n "groups": [\n ]\n}')
    build_report([run_folder(tmp_path, trials=[])], tmp_path / "report.html")
    assert json.loads((tmp_path / "report.json").read_text())["version"] == VERSION
