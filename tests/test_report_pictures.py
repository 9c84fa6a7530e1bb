"""Pictures of films on the page, the ages and genders of the splits, and what `explain` has kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cli_process import called
from explained_runs import explained
from numpy.typing import NDArray
from pages import balanced, body, group_of, rows_of, words
from predicted_runs import predicted_run
from run_folders import mixed, run_folder, with_films

from reports import load
from reports._drawing.gallery import picture
from reports._evidence.groups import run_groups
from reports._evidence.pixels import pixels_of
from reports._page.build import build_report
from trials.commands import commands_of
from trials.explained import load_explained, save_explained
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.assignment import UNUSED
from xrays.pictures import png
from xrays.seal import write_meta
from xrays.tasks import TASKS

SIDE = 8


def prepared_films(folder: Path, films: int = 120, pixels: str = "pixels0123", side: int = SIDE) -> NDArray[np.uint8]:
    """A prepared folder: film i is i everywhere but for a white corner, inverted."""
    folder.mkdir()
    images = np.empty((films, side, side, 1), np.uint8)
    images[:] = 255 - np.arange(films, dtype=np.uint8)[:, None, None, None]
    images[:, 0, 0] = 0
    np.save(folder / "images.npy", images)
    lines = [f"{film},50.0,0,patient {film // 2}" for film in range(films)]
    (folder / "films.csv").write_text("\n".join(["imageId,age,gender,group", *lines]) + "\n")
    write_meta(folder, {"pixels": pixels, "synthetic": False})
    return images


def pictured(parent: Path, task: str = "age", **changes: Any) -> RunStore:
    prepared_films(parent / "films", **changes)
    provenance = {"synthetic": False, "arrays": str(parent / "films")}
    return predicted_run(parent, task, [0.5, 1.0], provenance=provenance)


def decoded(content: bytes) -> NDArray[np.uint8]:
    found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return np.asarray(found[..., ::-1] if found.ndim == 3 else found, np.uint8)


def test_what_is_no_png_is_no_picture() -> None:
    assert picture(b"<script>", "x", 10) == "" == picture(b"", "x", 10)
    assert 'alt="&quot;&gt;"' in picture(png(np.zeros((1, 1), np.uint8)), '">', 10)


@pytest.mark.parametrize("task", TASKS)
def test_worst_and_best_films_are_those_of_the_best_trial(task: str, tmp_path: Path) -> None:
    store = pictured(tmp_path, task)
    table = load("pictures").data(group_of(store))
    films, answers = store.films(), store.out_of_fold(0)
    assert answers is not None
    error = np.abs(answers[0] - films.targets(group_of(store).task))
    rows = table["film"].astype(int).to_numpy()
    assert table["kind"].tolist() == ["worst"] * 6 + ["best"] * 6
    np.testing.assert_allclose(table["error"], error[rows], rtol=1e-6)
    assert error[rows[0]] == np.nanmax(error) and error[rows[6]] == np.nanmin(error)
    assert len(set(films.groups[rows])) == 12, "at most one film a patient"
    assert (films.assignment[0, rows] >= 0).all(), "none of the hold-out"
    for content, row in zip(table["pixels"], rows, strict=True):
        film = decoded(content)
        assert film.shape == (SIDE, SIDE) and film[-1, -1] == row and film[0, 0] == 255, "bones are white"


@pytest.mark.parametrize(
    ("answer", "said"), [(0.97, "male, probability 0.97"), (0.25, "female, probability 0.75"), (1.0, "over 0.99")]
)
def test_an_answer_is_a_probability_and_no_certainty(answer: float, said: str, tmp_path: Path) -> None:
    store = pictured(tmp_path, "gender")
    table = load("pictures").data(group_of(store)).assign(answer=answer)
    shown = "".join(str(panel) for panel in load("pictures").show(table))
    assert shown.count(said) == 12 and "sure" not in shown


def test_large_films_are_made_small(tmp_path: Path) -> None:
    store = pictured(tmp_path, side=300)
    seen, why = pixels_of(store, [7])
    assert seen[7].shape == (128, 128) and seen[7][50, 50] == 7 and not why


def test_films_are_left_out_on_request(tmp_path: Path) -> None:
    store = pictured(tmp_path)
    save_explained(store.path, *explained())
    shown = build_report([store], tmp_path / "with.html")
    assert body(shown).count("data:image/png") == 12 + 3 and balanced(body(shown))
    page = build_report([store], tmp_path / "without.html", images=False)
    assert body(page).count("data:image/png") == 1, "the mean map is of many patients"
    assert words(page).count("(--no-images)") == 2 and "film 7" not in words(page).split("What the network")[1]
    for each in (shown, page):
        assert "patient 1" not in body(each)


@pytest.mark.parametrize("change", ["gone", "others", "broken", "unknown"])
def test_a_page_without_its_films_says_why(change: str, tmp_path: Path) -> None:
    store = pictured(tmp_path, pixels="others" if change == "others" else "pixels0123")
    if change == "gone":
        (tmp_path / "films").rename(tmp_path / "moved")
    if change == "broken":
        (tmp_path / "films" / "images.npy").write_bytes(b"")
    if change == "unknown":
        store = predicted_run(tmp_path, "age", [0.5], name="other")
    said = words(build_report([store], tmp_path / "report.html"))
    assert ("others now" if change == "others" else "not where the search had them") in said
    table = load("pictures").data(group_of(store))
    (_, panel) = load("pictures").show(table)
    assert len(rows_of(str(panel))) == 13, "labels and answers are told in any case"


def test_maps_are_shown_with_their_numbers(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    assert f"No maps yet: python cli.py explain run --runs {tmp_path}" in words(
        build_report([store], tmp_path / "report.html")
    )
    save_explained(store.path, *explained())
    said = words(build_report([store], tmp_path / "report.html"))
    for part in (
        "It had not seen these 40 films",
        "36 % of its area and gets 50 % of the attention (95 % interval 45 to 55 %)",
        "learnt nothing, put 33 to 38 % there: the share is above both",
        "alike by 0.25",
        "16 × 16 places that have nothing to do with each other by 0.21",
        "16 × 16 places (layer conv) on films of 64 px: nothing smaller than about 4 px",
        "male, 30–49 9 films of 8 patients 40 % on the border",
        "Fewer than 8 patients, so no mean map: female, 70–79 (1 patient).",
        "film 7 label 20 years, answer 61.0 years blank map",
        "Made 2026-01-02T03:04:05+00:00 with cxr-automl 9.8.7.",
    ):
        assert part in said, part
    assert "Do not trust" not in said and "is not the best of its run now" in said, "trial 3 is the best"
    save_explained(store.path, *explained(trial=3))
    assert "best of its run" not in words(build_report([store], tmp_path / "report.html"))


def test_a_map_that_is_coarser_than_the_border_has_no_verdict_on_it(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    border = {**explained()[0]["border"], "verdict": "too coarse"}
    save_explained(store.path, *explained(map=[4, 4], border=border))
    said = words(build_report([store], tmp_path / "report.html"))
    assert "no verdict" in said and "(16.0 px against 6.4)" in said and "40 % on the border" not in said


@pytest.mark.parametrize(
    ("alike", "verdict", "said"),
    [(0.9, "nearer same", "give maps that are nearer to the same"), (None, "blank", "all of them are blank")],
)
def test_maps_that_fail_the_check_raise_an_alarm(
    alike: float | None, verdict: str, said: str, tmp_path: Path
) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    sanity = {"draws": 3, "films": 32, "alike": alike, "chance": 0.21, "verdict": verdict}
    save_explained(store.path, *explained(sanity=sanity))
    page = words(build_report([store], tmp_path / "report.html"))
    assert "Do not trust these maps" in page and said in page


def test_maps_of_an_exported_model_say_that_it_knew_the_films(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    save_explained(
        store.path, *explained(network="model", model="best_<b>age.h5", border={"area": 0.36, "verdict": None})
    )
    page = build_report([store], tmp_path / "report.html")
    assert "It was trained on these 40 films" in words(page) and "best_<b>" not in body(page)
    assert "95 % interval 45" not in words(page)


def test_a_lost_picture_does_not_stop_the_page(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    (save_explained(store.path, *explained()) / "a.png").write_bytes(b"no picture")
    (store.path / "explain" / "b.png").unlink()
    assert body(build_report([store], tmp_path / "report.html")).count("data:image/png") == 1


def test_ages_and_genders_of_the_splits(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    (group,) = run_groups([store])
    table = load("splits").data(group)
    assert table["split"].tolist() == ["fold 0", "fold 1", "fold 2", "hold-out"]
    films = store.films()
    own = films.assignment[0] == 1
    row = table.iloc[1]
    assert (row["films"], row["patients"], row["age_missing"], row["gender_missing"]) == (3, 3, 0, 0)
    age, gender = films.labels["age"][own], films.labels["gender"][own]
    assert row["age"] == pytest.approx(age.mean()) and row["gender"] == gender.mean()
    assert (row["age_least"], row["age_most"]) == (age.min(), age.max())
    assert [sum(shares) for shares in table["age_shares"]] == pytest.approx([100] * 4, abs=0.1)
    cells = rows_of(str(load("splits").show(table)[0]))
    assert cells[0][0] == "Split" and len(cells) == 5 and "±" in cells[1][3]


def test_patients_are_said_to_be_in_one_split_where_there_are_any(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    alone = "No patient is known to have two films: every film counts as a patient of its own."
    for groups, said in (
        (store.films().groups, alone),
        (np.arange(12) % 4, "All films of a patient are in one split."),
    ):
        changed = with_films(store, groups=groups.astype(np.str_))
        section = load("splits")
        page = str(section.show(section.data(group_of(changed)))[0])
        assert said in page and (alone in page) == (said == alone)
        assert "one split" not in section.SECTION.note


@pytest.mark.parametrize(
    ("known", "said"), [(12, ""), (4, "Patients are known for 4 of 12 films"), (0, "No patient is known")]
)
def test_no_page_claims_more_patients_than_are_known(tmp_path: Path, known: int, said: str) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    groups = np.array([f"patient {film // 2}" if film < known else f"film {film}" for film in range(12)])
    page = build_report([with_films(store, groups=groups)], tmp_path / "report.html").read_text()
    assert said in page and ("<strong>Patients.</strong>" in page) == bool(said)
    assert ("Films of unknown patients" in page) == bool(said)


def test_a_split_without_labels_is_shown(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    films = store.films()
    own, assignment = films.assignment[0] == 2, films.assignment.copy()
    assignment[0, 0] = UNUSED
    labels = {name: np.where(own, np.float32(np.nan), values) for name, values in films.labels.items()}
    changed = with_films(store, labels=labels, assignment=assignment)
    table = load("splits").data(group_of(changed))
    assert table["split"].tolist()[-2:] == ["hold-out", "not used"]
    cells = rows_of(str(load("splits").show(table)[0]))
    assert cells[3][3:6] == ["–", "–", "–"] and cells[3][6:] == ["3", "3"]


@pytest.mark.long
def test_explain_from_the_command_line(prepared: XrayArrays, films_folder: Path, tmp_path: Path, warm: None) -> None:
    """A run, its exported model, films of the user; the hold-out stays closed until `export` opens it."""

    def done(*given: object) -> str:
        found = called(*given, cwd=tmp_path)
        assert found.returncode == 0, found.stdout + found.stderr
        return found.stdout

    small = ["--trials", 1, "--folds", 2, "--epochs", 2, "--set", "filters=8", "--set", "depth=2", "--no-ablation"]
    done("search", "--task", "age", "--data", prepared.path, "--name", "mine", *small)
    said = done("explain", "mine")
    assert "predictions are those of the search" in said and "has not seen them" in said
    folder = tmp_path / "runs" / "mine"
    first = load_explained(folder)
    assert first is not None and first.numbers["reproduced"] and first.numbers["map"] == [8, 8]
    held = set(np.flatnonzero(RunStore.open(folder).films().assignment[0] != 0).astype(str))
    assert not held & {entry["film"] for entry in first.numbers["shown"]}
    assert not (folder / "holdout.json").exists()
    page = (tmp_path / "runs" / "report.html").read_text()
    assert page.count("data:image/png") > 12 + 2 * len(first.numbers["shown"]) - 1
    assert sum(map(len, first.pictures.values())) * 4 / 3 < 600_000

    done("export", "--task", "age", "--run", "mine")
    opened = (folder / "holdout.json").read_text()
    assert "TRAINED on them" in done("explain", "best_age.h5")
    again = load_explained(folder)
    assert again is not None and again.numbers["model"] == "best_age.h5"
    film = films_folder / "train" / "000003.png"
    given = done("explain", "best_age.h5", film)
    answer = done("predict", "best_age.h5", film)
    assert re.search(r"000003.png: [\d.]+ years", given) and answer.split()[-2] in given
    assert sorted(path.name for path in (tmp_path / "best_age_explained" / "explain").iterdir()) == [
        "000003-map.png", "000003.png", "explain.json",
    ]  # fmt: skip
    assert load_explained(folder) == again and (folder / "holdout.json").read_text() == opened
    written = [made.command.split()[2] for made in commands_of(folder)]
    assert written == ["search", "explain", "export", "explain"], "each command that wrote into the folder"
    done("report", "--no-images")
    assert "map of film" not in (tmp_path / "runs" / "report.html").read_text()
