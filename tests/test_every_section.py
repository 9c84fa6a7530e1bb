"""What holds of every section of the report, so that a new one is tested by existing: it has words for every task
that it fits, and is shown where there is something to show."""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest
from explained_runs import explained
from more_labels import MORE, VIEW, add, put_in_place
from pages import balanced, body, group_of, words
from predicted_runs import patients, predicted_run
from rows import first_and_others
from run_folders import (
    add_seed,
    experiment,
    infeasible,
    mixed,
    opened_ways,
    provenance_of,
    run_folder,
    scores,
    transfer_trial,
    transferred,
    trial,
)

import reports
from reports import _section, load, sections
from reports._drawing.html import Html
from reports._drawing.words import phrase, words_of_labels
from reports._evidence.groups import Group
from reports._page import build
from reports._page.build import build_report
from reports._section import BOTH, Section, SectionFile
from trials.explained import save_explained
from trials.records import TrialResult
from trials.seeds import Final, save_final
from trials.store import RunStore
from xrays.tasks import TASKS, Task

ALL = {**TASKS, **MORE}
OTHERS = re.compile(r"\b(ages?|aged|genders?|years?|female|male|young|younger|old|older|wom[ae]n|m[ae]n)\b", re.I)
STORES: dict[str, Callable[[str], list[TrialResult]]] = {
    "empty": lambda task: [],
    "single": lambda task: [trial(0, scores(task, 9.0, 9.5, 10.0), task=task)],
    "one fold": lambda task: [trial(0, scores(task, 9.0), task=task)],
    "failed only": lambda task: [trial(n, [], "failed", task, error="ValueError: bad") for n in range(3)],
    "failed without a word": lambda task: [trial(0, [], "failed", task, params={})],
    "pruned only": lambda task: [trial(n, scores(task, 12.0, 11.0), "pruned", task) for n in range(2)],
    "pruned in fold 0": lambda task: [trial(0, scores(task, 12.0), "pruned", task)],
    "all equal": lambda task: [trial(n, scores(task, 9.0, 9.0, 9.0), task=task) for n in range(3)],
    "no number": lambda task: [trial(0, [math.nan, 9.0, 9.0], task=task), trial(1, scores(task, 9, 9, 9), task=task)],
    "mixed": mixed,
    "infeasible only": lambda task: [infeasible(n, f"{n} too large", task=task) for n in range(2)],
    "backbones": transferred,
    "backbones without a score": lambda task: [
        transfer_trial(0, "densenet121", scores(task, 9.0, 9.5), state="pruned", task=task),
        transfer_trial(1, "densenet121", [], state="failed", task=task),
        transfer_trial(2, "mobilenetv2", scores(task, 9.0), state="pruned", probes=[math.nan], task=task),
    ],
}


def fitting(task: Task) -> list[str]:
    return [name for name in sections() if task.kind in load(name).SECTION.kinds]


NEW = '''
"""How many films there are."""
import pandas as pd
from reports._drawing.html import Html
from reports._section import Section
SECTION = Section(order=1000, title="Films with {a_label}", note="A new section of {lower} and {higher}.")
def data(group):
    return pd.DataFrame({"films": [len(group.films.ids)]})
def show(table):
    return [Html(f"<p>There are {table['films'].iloc[0]}.</p>")]
'''


def test_a_file_is_all_that_a_new_section_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugged").mkdir()
    (tmp_path / "plugged" / "counted.py").write_text(NEW)
    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(tmp_path / "plugged")])
    monkeypatch.delitem(sys.modules, "reports.counted", raising=False)
    assert "counted" in sections()
    page = words(build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html"))
    assert page.count("Films with an age") == 2, "in the contents and over the section"
    assert "A new section of younger and older. There are 12." in page


@pytest.mark.parametrize("name", sections())
def test_a_section_says_what_it_is(name: str) -> None:
    section = load(name).SECTION
    assert isinstance(section, Section)
    assert section.title and section.note.endswith(".") and (section.empty is None or section.empty.endswith("."))
    assert section.kinds and set(section.kinds) <= set(BOTH)


def test_no_text_of_a_report_names_a_label() -> None:
    """Docstrings apart, which are no text of the page."""
    for file in Path(reports.__path__[0]).rglob("*.py"):
        tree = ast.parse(file.read_text())
        bodies = [
            node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        ]
        docstrings = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                assert not OTHERS.search(node.value), f"{file}:{node.lineno} {node.value}"


@pytest.mark.parametrize("task", ALL.values(), ids=list(ALL))
def test_a_section_has_words_and_a_place_of_its_own_for_every_task(task: Task) -> None:
    of_labels = words_of_labels(task, [task.label, VIEW.label])
    files = [load(name).SECTION for name in fitting(task)]
    titles = [phrase(section.title, task, **of_labels) for section in files]
    notes = [phrase(section.note, task, **of_labels) for section in files]
    assert len(set(titles)) == len(titles) and len({section.order for section in files}) == len(files)
    for text in (*titles, *notes):
        assert "{" not in text and (task.name in TASKS or not OTHERS.search(text)), text


def rich(parent: Path, task: str) -> Group:
    """Runs of every kind in one group, so that every section of the task's kind has something to show."""
    noises = [0.5, *[1.0 + n / 40 for n in range(38)], math.inf]
    race = predicted_run(parent, task, noises, name="race", films=240, pruned={7: 1, 8: 0, 9: 2})
    twin = [{"only": number} for number in range(3)]
    kinds = {
        "empty": {},
        "failed": {},
        "transfer": {"space": "transfer", "weights": "imagenet"},
        "augmented": {"space": "third"},
    }
    others = {
        name: RunStore.create(
            parent / name, experiment(task, seed=seed, **identity), patients(240, 3), provenance_of()
        )
        for seed, (name, identity) in enumerate(kinds.items(), 5)
    }
    others["failed"].append(trial(0, [], "failed", task, error="ValueError: bad"))
    for result in transferred(task):
        others["transfer"].append(result)
    for number in range(12):
        flip = number % 2 == 0
        plain = trial(number, scores(task, *[9 + number / 10] * 3), task=task, params={"augment_flip": flip})
        others["augmented"].append(replace(plain, recipe={"augment": {"flip": flip}}))
    film = {"kind": "worst", "film": "7", "label": 1.0, "prediction": 0.9, "border": None, "picture": "a.png"}
    save_final(race.path, Final((0, 1), (11, 12)))
    for number, seed in ((0, 11), (0, 12), (1, 11), (1, 12)):
        add_seed(race, number, seed, scores(task, *[8.0 + number] * race.experiment.folds))
    race.add_opening(opened_ways(task, 3))
    save_explained(race.path, *explained(task=task, shown=[{**film, "overlay": "b.png"}]))
    return group_of(
        race,
        predicted_run(parent, task, noises[:3], name="twin", films=240, params=twin, space="other"),
        *others.values(),
    )


def built(runs: Sequence[RunStore], out: Path) -> tuple[str, dict[str, pd.DataFrame]]:
    """The page of one group, and what each section's `data` made of it: none of them changes the group's frame, and
    each shows something of a table that is not empty."""
    import plotly.graph_objects as go

    tables: dict[str, pd.DataFrame] = {}

    def watched(name: str) -> SectionFile:
        def data(group: Group) -> pd.DataFrame:
            before = group.frame.copy()
            tables[name] = load(name).data(group)
            pd.testing.assert_frame_equal(group.frame, before)
            return tables[name]

        def show(table: pd.DataFrame) -> list[Any]:
            panels = load(name).show(table)
            assert panels and all(isinstance(panel, (Html, go.Figure)) for panel in panels), name
            return panels

        return cast("SectionFile", SimpleNamespace(SECTION=load(name).SECTION, data=data, show=show))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "load", watched)
        patch.setattr(_section, "load", watched)
        page = body(build.build_report(runs, out))
    return page, dict(sorted(tables.items()))


@pytest.mark.parametrize("name", [*TASKS, *(pytest.param(name, marks=pytest.mark.long) for name in MORE)])
def test_every_section_shows_what_there_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch)
    page, tables = built(rich(tmp_path, name).runs, tmp_path / "report.html")
    assert list(tables) == fitting(ALL[name])
    assert [section for section, table in tables.items() if table.empty] == []
    assert balanced(page) and ">nan" not in page.lower()


@pytest.mark.parametrize("name", first_and_others(MORE))
def test_a_page_of_a_new_label_names_no_other(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is neither age nor gender, no word of them is on the page."""
    put_in_place(monkeypatch)
    of = {"view_position": "AP", "heart_width": "120–139"}
    group = rich(tmp_path, name)
    save_explained(
        tmp_path / "race",
        *explained(
            task=name,
            few=[],
            groups=[
                {"of": of, "films": 9, "groups": 8, "patients": 8, "unknown": 0, "border": 0.4, "picture": "mean.png"}
            ],
            shown=[],
        ),
    )
    page = words(build_report(group.runs, tmp_path / "report.html"))
    assert [part for part in SAID[name] if part not in page] == []
    assert OTHERS.findall(page) == []


SAID = {
    "view_position": (
        "View position and heart width from chest X-rays", "View position · tiny32", "Called AP, %",
        "A film is called AP from a probability", "True view position", "Accuracy by heart width band",
        "chance that a random AP film scores above a random PA one", "View position and heart width of the splits",
        "raised the answer (AP), blue lowered it (PA)", "Heart width, mm", "140–159",
    ),
    "heart_width": (
        "Predicted against true heart width", "Within 4 mm, %", "Error by view position and heart width band",
        "the narrow are predicted too wide and the wide too narrow", "Mm (95 % interval)",
        "for each true mm: 1 without this pull", "raised the answer (wider), blue lowered it (narrower)",
        "MAE, mm, by heart width band and view position", "mm that true heart width rises by for each predicted mm",
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", first_and_others(TASKS))
@pytest.mark.parametrize("with_baselines", first_and_others([True, False]))
@pytest.mark.parametrize("store", STORES)
def test_a_page_can_be_built_of_every_store(store: str, with_baselines: bool, task: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=STORES[store](task), task=task, with_baselines=with_baselines)
    page, tables = built([run], tmp_path / "report.html")
    assert list(tables) == fitting(TASKS[task])
    assert ">nan" not in page.lower() and "None" not in page.replace("None of", "")
    assert balanced(page)
