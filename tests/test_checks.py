"""What holds of every check of the report, so that a new one is tested by existing: it looks at whatever runs there
are, links lead somewhere, and what is to be typed can be typed."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_process import COMMANDS
from pages import balanced, body, group_of, words
from predicted_runs import predicted_run
from run_folders import mixed, run_folder
from test_every_section import OTHERS, STORES, rich

from reports import checks as package
from reports import load as load_section
from reports import sections
from reports._evidence.groups import Group
from reports._page.build import build_report
from reports._page.found import found_lines
from reports._place import ELSEWHERE
from reports._section import table_of
from reports.checks import checks, load
from reports.checks._check import Check
from reports.checks._looked import Entry, looked_at
from trials.commands import note_command
from xrays.audit._finding import SEVERITIES
from xrays.splits import Splits
from xrays.tasks import TASKS


@pytest.mark.parametrize("code", checks())
def test_a_check_says_what_it_is(code: str) -> None:
    check = load(code).CHECK
    assert isinstance(check, Check)
    assert check.title and check.why.endswith(".") and not OTHERS.search(check.title + check.why)
    assert check.section in {*ELSEWHERE, *sections()}
    if check.section in sections():
        assert set(check.kinds) <= set(load_section(check.section).SECTION.kinds)


def test_titles_and_places_are_given_once() -> None:
    every = [load(code).CHECK for code in checks()]
    assert len({check.title for check in every}) == len({check.order for check in every}) == len(every)


def found_by(group: Group) -> list[Entry]:
    """What all checks say, each of which can be made."""
    entries = looked_at(group, checks(), load)
    assert {entry.code for entry in entries} == {
        code for code in checks() if group.task.kind in load(code).CHECK.kinds
    }
    for entry in entries:
        said = entry.finding
        assert "could not be made" not in said.found, said.found
        assert said.severity in SEVERITIES and said.found.strip() and "nan" not in f"{said.found} {said.more}".lower()
        if said.command:
            typed(said.command)
    return entries


def typed(command: str) -> None:
    """Raises what the command line raises for what cannot be typed."""
    words_ = shlex.split(command)
    assert words_[:2] == ["python", "cli.py"]
    if words_[-1] != "--help":
        COMMANDS.commands[words_[2]].make_context(words_[2], words_[3:])  # type: ignore[attr-defined]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("store", STORES)
def test_every_check_can_be_made_of_every_store(store: str, task: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=STORES[store](task), task=task)
    note_command(run.path, f"python cli.py search --task {task} --data data/tiny32 --set depth=2..3 --no-ablation")
    found_by(group_of(run))


@pytest.mark.parametrize("task", TASKS)
def test_links_of_the_page_lead_somewhere(task: str, tmp_path: Path) -> None:
    group = rich(tmp_path, task)
    found_by(group)
    page = body(build_report(group.runs, tmp_path / "report.html"))
    assert balanced(page)
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall('href="#([^"]+)"', page)) <= set(ids)


def told(counts: Mapping[str, int], severity: str) -> str:
    number = counts.get(severity, 0)
    return f"{number} {severity}{'' if number == 1 else 's'}"


def test_the_strip_and_the_json_say_what_the_section_says(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"), provenance={"synthetic": True})
    page = build_report([run], tmp_path / "report.html")
    table = table_of(group_of(run), "checks")
    counts = table["severity"].value_counts()
    said = words(page)
    assert f"Checks: {told(counts, 'problem')}, {told(counts, 'hint')}, {counts['passed']} passed" in said
    assert said.count("The films were drawn by a computer: nothing here says anything about patients.") == 2
    lines = list(found_lines(page, run.path.name))
    assert lines[0].startswith("problem: The films were drawn by a computer") and lines[1].endswith("prepare --help")
    assert lines[-1] == f"checks:  {counts.get('hint', 0)} hints, under “Checks” in the report"
    assert list(found_lines(page, "another")) == list(found_lines(tmp_path / "gone.html", run.path.name)) == []
    (group,) = json.loads((tmp_path / "report.json").read_text())["groups"]
    assert [(row["code"], row["severity"]) for row in group["checks"]] == list(
        zip(table["code"], table["severity"], strict=True)
    )


NEW = '''
"""How many films there are."""
from reports.checks._check import Check, Finding
CHECK = Check(order=1, title="Films at all", section="splits", why="Without films there is nothing.")
def look(group):
    return Finding("hint", f"There are {len(group.films.ids)} films.", "More are better.", "python cli.py runs")
'''
BROKEN = (
    NEW.replace("return", "raise ValueError('no')\n    return")
    .replace("Films at all", "Broken")
    .replace("=1,", "=2,")
)


def test_a_file_is_all_that_a_new_check_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a broken one costs itself alone."""
    (tmp_path / "plugged").mkdir()
    (tmp_path / "plugged" / "counted.py").write_text(NEW)
    (tmp_path / "plugged" / "broken.py").write_text(BROKEN)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "plugged")])
    for name in ("counted", "broken"):
        monkeypatch.delitem(sys.modules, f"reports.checks.{name}", raising=False)
    page = build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html")
    said = words(page)
    assert "Hint Films at all : There are 12 films." in said.replace(": There", " : There").replace("  ", " ")
    assert "Broken This check could not be made: ValueError: no" in said
    assert '<code class="command">python cli.py runs</code>' in body(page)


@pytest.mark.parametrize("task", TASKS)
def test_checks_of_repeats_and_of_a_stress_test(task: str, tmp_path: Path) -> None:
    repeated = predicted_run(tmp_path, task, [0.5, 0.6, 0.9], name="repeated", repeats=2, pruned={2: 1}, films=200)
    found_by(group_of(repeated))
    stress = {"splits": Splits(stress="id-blocks")}
    stressed = predicted_run(tmp_path, task, [0.5, 0.6], name="stressed", provenance=stress)
    (odd,) = [entry for entry in found_by(group_of(stressed)) if entry.code == "odd_fold"]
    assert odd.finding.severity == "not applicable"
