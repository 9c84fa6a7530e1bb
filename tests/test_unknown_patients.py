"""What is said of patients whom nobody knows: wherever a page, a terminal or an audit counts patients, it counts
those who are known, and films of others as films."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from html import unescape
from pathlib import Path

import numpy as np
import predicted_runs
import pytest
from explained_runs import explained
from numpy.typing import NDArray
from pages import group_of, rows_of
from predicted_runs import patients, predicted_run
from test_ablation_report import FOUND, OFF, ablated_run
from test_audit import FILMS, chests, collection_of
from test_every_section import fitting, rich
from test_folds import films as arrays_of

from reports._page.build import build_report
from runners._terminal.head import patients_of
from trials.explained import save_explained
from trials.films import Films
from xrays.audit import checks
from xrays.audit._audit import look_at
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.patients import whose
from xrays.splits import Splits
from xrays.tasks import TASKS

# A number of patients as text has it; "fewer than 10 patients" claims none.
COUNTED = re.compile(r"(?<!fewer than )(?<!Fewer than )\b(\d[\d,]*) (?:known )?patients?\b")


def unknown(groups: NDArray[np.str_], known: float) -> NDArray[np.str_]:
    """The groups (n,) with the patients of the first films known only, as far as this share of the films goes."""
    return np.array([group if row < known * len(groups) else f"film {row}" for row, group in enumerate(groups)])


@pytest.mark.parametrize(
    ("groups", "said", "people"),
    [
        (["patient a", "patient a", "patient b"], "3 films of 2 patients", "2 patients"),
        (["patient a"], "1 film of 1 patient", "1 patient"),
        (["film 1", "film 2"], "2 films of unknown patients", "2 films of unknown patients"),
        (["patient a", "patient a", "film 3"], "3 films, 2 of 1 patient and 1 of unknown ones",
         "1 patient and 1 of unknown ones"),
        ([f"patient {n // 2}" for n in range(4000)], "4,000 films of 2,000 patients", "2,000 patients"),
        ([], "0 films of 0 patients", "0 patients"),
    ],
)  # fmt: skip
def test_films_of_patients_in_words(groups: list[str], said: str, people: str) -> None:
    of = whose(np.array(groups, np.str_))
    assert (str(of), of.people()) == (said, people)


def test_copies_of_one_picture_stand_for_one_film() -> None:
    of = whose(np.array(["film 3", "film 3", "patient a", "film 9"]))
    assert (of.films, of.groups, of.patients, of.unknown) == (4, 3, 1, 3)


@pytest.fixture
def half_known(known: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs know the patients of so many of their films."""

    def of(films: int, folds: int, seed: int = 0, repeats: int = 1) -> Films:
        all_known = patients(films, folds, seed, repeats)
        return replace(all_known, groups=unknown(all_known.groups, known))

    monkeypatch.setattr(predicted_runs, "patients", of)
    monkeypatch.setattr("test_every_section.patients", of)


def patients_among(groups: NDArray[np.str_]) -> int:
    return len({group for group in groups.tolist() if group.startswith("patient ")})


def counted(page: Path) -> list[int]:
    """Every number of patients in the sentences, tables and figures of a page."""
    text = unescape(page.read_text().split("<body>")[1])
    numbers = [int(number.replace(",", "")) for number in COUNTED.findall(re.sub("<[^>]*>", " ", text))]
    for table in re.findall("<table.*?</table>", text, re.DOTALL):
        head, *rows = rows_of(table)
        places = [place for place, name in enumerate(head) if name == "Patients"]
        numbers += [int(row[place].replace(",", "")) for row in rows for place in places if row[place] != "–"]
    return numbers


@pytest.mark.parametrize(("known", "task"), [(0.0, "gender"), pytest.param(0.5, "age", marks=pytest.mark.long)])
def test_no_section_counts_more_patients_than_are_known(
    known: float, task: str, half_known: None, tmp_path: Path
) -> None:
    group = rich(tmp_path, task)
    groups = group.films.groups
    of = asdict(whose(groups[:9])) if known else asdict(whose(groups[-9:]))
    mean = {"of": {"gender": "male", "age": "30–49"}, **of, "border": 0.4, "picture": "mean.png"}
    save_explained(tmp_path / "race", *explained(task=task, groups=[mean], few=[{**mean, **of}], shown=[]))
    group = group_of(*group.runs)
    page = build_report(group.runs, tmp_path / "report.html")
    said = counted(page)
    assert len(said) > 10 and max(said) <= patients_among(groups), sorted(said)[-9:]
    text = " ".join(re.sub("<[^>]*>", " ", unescape(page.read_text().split("<body>")[1])).split())
    assert "of unknown" in text and "each counted as a patient" not in text
    assert [name for name in fitting(TASKS[task]) if f"{group.slug}-{name}" not in page.read_text()] == []


@pytest.mark.parametrize("known", [0.0, 0.5])
def test_neither_does_an_ablation(known: float, half_known: None, tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0})
    page = build_report([store], tmp_path / "report.html")
    text = page.read_text()
    said = re.search(r"which is worse, on (\d+ films[^.]*)\.", text)
    assert said and "of unknown" in said[1], "the sentence about augmentation"
    assert max(counted(page)) <= patients_among(store.films().groups)


@pytest.mark.parametrize("known", [0.0, 0.5])
def test_neither_does_the_audit(known: float) -> None:
    every = np.array([f"patient {n // 2}" for n in range(FILMS)])
    collection = collection_of(chests(np.random.default_rng(0)), groups=unknown(every, known))
    most = patients_among(collection.groups)
    for entry in look_at(collection, [code for code in checks() if not code.startswith("leak_")]).entries:
        said = [int(number) for number in COUNTED.findall(f"{entry.check.note} {entry.finding.found}")]
        assert max(said, default=0) <= most, entry


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (0.0, "no patient is known: every film counts as a patient of its own"),
        (0.5, "films of 10 patients with several kept together; patients are known for 20 of 40 films; the others"),
        (1.0, "films of 20 patients with several kept together"),
    ],
)
def test_neither_does_the_terminal(known: float, said: str) -> None:
    groups = unknown(np.array([f"patient {n // 2}" for n in range(40)]), known)
    groups[38:] = groups[38]  # copies of one picture, which are no patient
    arrays = replace(arrays_of(np.full(40, 50.0), np.arange(40) % 2), groups=groups)
    assert patients_of(arrays).startswith(said)


@pytest.mark.parametrize(
    ("known", "said"),
    [(0.0, "10 films of unknown patients"), (0.4, "2 patients and 6 of unknown ones"), (1.0, "5 patients")],
)
def test_neither_does_a_refusal(known: float, said: str) -> None:
    groups = unknown(np.array([f"patient {n // 2}" for n in range(10)]), known)
    arrays = replace(arrays_of(np.full(10, 50.0), np.arange(10) % 2), groups=groups)
    with pytest.raises(UserError) as refused:
        make_plan(arrays, folds=8, splits=Splits())
    assert refused.value.given == f"--folds 8 with {said}"


def test_a_split_with_copies_on_both_sides_says_which_are_patients() -> None:
    groups = np.array(["patient a", "patient a", "film 2", "film 2", *(f"film {n}" for n in range(4, 40))])
    split = np.array(["test", "train"] * 2 + ["test"] * 6 + ["train"] * 30)
    arrays = replace(arrays_of(np.full(40, 50.0), np.arange(40) % 2), groups=groups, columns={"split": split})
    (note,) = make_plan(arrays, folds=2, splits=Splits(column="split")).notes
    assert note.startswith("patients on both sides of the split: 1, and copies of one picture: 1; ")


def test_a_run_whose_every_known_patient_has_one_film_says_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = patients(120, 3)
    groups = np.array([f"patient {n}" if n < 60 else f"film {n}" for n in range(120)])
    monkeypatch.setattr(predicted_runs, "patients", lambda *_, **__: replace(alone, groups=groups))
    store = predicted_run(tmp_path, "gender", [1.0])
    text = build_report([store], tmp_path / "report.html").read_text()
    assert "DeLong's, as every known patient has one film" in text
