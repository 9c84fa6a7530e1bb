"""What is kept of maps: numbers of known maps, pictures, the folder, and what `explain` refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pages import group_of, words
from run_folders import mixed, run_folder, trial

from reports import load
from reports._page.build import build_report
from runners._commands.explain import ExplainOptions, explain
from runners._explain.films import ExplainedFilms
from runners._explain.legends import file_names, on_film
from runners._explain.mean_maps import FEWEST
from runners._explain.messages import ExplainReply
from runners._explain.numbers import (
    BORDER_AREA,
    SMOOTH,
    alikeness,
    border_share,
    border_verdict,
    chance,
    sanity_verdict,
)
from runners._explain.pictures import LOWERS, RAISES, SIDE, STRONGEST, normalise, overlay
from runners._explain.record import record_explanation
from runners._explain.single_films import EACH
from runners._explain.summary import summary
from trials.explained import in_words, load_explained, percent, save_explained
from trials.store import RunStore
from xrays.errors import UserError
from xrays.pictures import as_read
from xrays.tasks import TASKS


def noise(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def seen(films: int = 60, size: int = 40) -> ExplainedFilms:
    rng = np.random.default_rng(1)
    return ExplainedFilms(
        rng.integers(0, 256, (films, size, size, 1)).astype(np.uint8),
        [str(film) for film in range(films)],
        np.array([f"patient {film // 2}" for film in range(films)]),
        rng.uniform(20, 80, films).astype(np.float32),
        {"age": np.linspace(20, 45, films, dtype=np.float32), "gender": (np.arange(films) % 2).astype(np.float32)},
        TASKS["age"].ends,
    )


def explanation(films: int = 60, seed: int = 2) -> ExplainReply:
    return ExplainReply(
        np.linspace(20, 80, films, dtype=np.float32), noise(films, 4, 4), noise(3, 10, 4, 4, seed=seed), "conv"
    )


@given(st.integers(1, 40), st.integers(1, 40), st.floats(1e-3, 1e3))
def test_even_attention_is_on_the_border_as_its_area_is(high: int, wide: int, level: float) -> None:
    maps = np.full((1, high, wide), -level, np.float32)
    assert border_share(maps)[0] == pytest.approx(BORDER_AREA) == 0.36


@given(st.integers(2, 20), st.data())
def test_a_place_counts_with_the_part_of_it_that_is_on_the_border(side: int, data: st.DataObject) -> None:
    """Against a map of ten times as many places, each of which is on the border or is not."""
    row, column = (data.draw(st.integers(0, side - 1)) for _ in range(2))
    maps = np.zeros((1, side, side), np.float32)
    maps[0, row, column] = -3
    fine = np.kron(maps[0], np.ones((10, 10)))
    inside = slice(side, 9 * side)
    assert border_share(maps)[0] == pytest.approx(1 - fine[inside, inside].sum() / fine.sum())


def test_noise_is_on_the_border_as_its_area_is() -> None:
    for side in (4, 8, 16):
        assert border_share(noise(3000, side, side)).mean() == pytest.approx(BORDER_AREA, abs=0.005)


def test_border_share_of_known_maps() -> None:
    maps = np.zeros((4, 20, 20), np.float32)
    maps[0, 10, 10], maps[1, 0, 5], maps[3, 3, 3] = 1.0, -1.0, np.nan
    shares = border_share(maps)
    assert shares[:2] == pytest.approx([0, 1]) and shares[0] >= 0 and np.isnan(shares[2:]).all()


@pytest.mark.parametrize(
    ("low", "shuffled", "side", "verdict"),
    [
        (0.5, [0.4, 0.45], 10, "above"),
        (0.5, [0.4, 0.55], 10, "not above"),
        (0.35, [0.2, 0.2], 16, "not above"),
        (0.9, [0.1, 0.1], 9, "too coarse"),
        (0.5, [], 16, None),
    ],
)
def test_a_verdict_on_the_border_needs_both_references(
    low: float, shuffled: list[float], side: int, verdict: str | None
) -> None:
    assert border_verdict([low, 0.95], shuffled, (side, side)) == verdict
    assert border_verdict(None, shuffled, (side, side)) is None


def test_maps_are_alike_whatever_their_scale_and_sign() -> None:
    maps = noise(5, 4, 4)
    assert alikeness(maps, np.stack([np.exp(3 * maps[:4]), -maps[:4]])) == pytest.approx(1.0)
    assert alikeness(np.zeros_like(maps), maps[None]) is None


@pytest.mark.parametrize("side", [2, 4, 7, 8, 16])
def test_chance_is_what_independent_maps_come_to(side: int) -> None:
    other = alikeness(noise(20, side, side), noise(200, 20, side, side, seed=7))
    assert other == pytest.approx(chance(side**2), rel=0.06)


@pytest.mark.parametrize("side", [4, 7, 8, 16])
def test_smooth_maps_that_have_nothing_in_common_are_judged_chance(side: int) -> None:
    """Means over 5 × 5 places: the ground of SMOOTH."""
    rough = noise(2, 400, side + 4, side + 4, seed=3)
    maps = np.lib.stride_tricks.sliding_window_view(rough, (5, 5), axis=(2, 3)).mean(axis=(-2, -1))
    alike = alikeness(maps[0], maps[1:])
    assert alike is not None and sanity_verdict(alike, side**2) == "chance"
    assert alike - chance(side**2) > SMOOTH / 3, "smooth maps are alike by more than rough ones"


def test_the_check_has_three_grades_and_one_for_blank_maps() -> None:
    for places in (4, 16, 64, 256):
        grades = [sanity_verdict(alike, places) for alike in np.linspace(0, 1, 200)]
        assert list(dict.fromkeys(grades)) == ["chance", "nearer chance", "nearer same"]
        assert sanity_verdict(chance(places), places) == "chance"
    assert sanity_verdict(0.54, 64) == "nearer chance" and sanity_verdict(0.56, 64) == "nearer same"
    assert sanity_verdict(None, 16) == "blank"


def test_a_map_has_its_sign_and_the_scale_of_its_own_strongest_place() -> None:
    map_ = np.array([[0, -4], [2, 0]], np.float32)
    large = normalise(map_, 20)
    assert large.shape == (20, 20) and large[0, -1] == -1 and large[-1, 0] == pytest.approx(0.5)
    assert not normalise(np.zeros((2, 2), np.float32), 20).any()
    assert not normalise(np.full((2, 2), np.nan, np.float32), 20).any()


def test_maps_have_two_colours() -> None:
    film = np.full((200, 200, 1), 255, np.uint8)
    film[:100] = 55
    read = as_read(film, SIDE)
    map_ = np.zeros((4, 4), np.float32)
    map_[:, 0], map_[:, 3] = 1.0, -1.0
    colours = overlay(read, map_)
    assert colours[5, 0, 0] > colours[5, 0, 2] and colours[5, -1, 2] > colours[5, -1, 0]
    assert (overlay(read, np.zeros((4, 4), np.float32)) == read[..., None]).all()


def test_a_summary_names_the_pictures_that_it_has() -> None:
    numbers, pictures = summary(explanation(), seen())
    entries = numbers["shown"]
    named = {entry[key] for entry in entries for key in ("picture", "overlay")}
    assert named | {group["picture"] for group in numbers["groups"]} == set(pictures)
    assert [entry["kind"] for entry in entries].count("worst") == EACH
    errors = {
        kind: [abs(e["label"] - e["prediction"]) for e in entries if e["kind"] == kind] for kind in ("worst", "best")
    }
    assert min(errors["worst"]) > max(errors["best"])
    low, high = numbers["border"]["interval"]
    assert low < numbers["border"]["share"] < high
    assert numbers["border"]["shuffled"] == pytest.approx(
        [border_share(draw).mean() for draw in explanation().shuffled]
    )
    assert not re.search(r"patient \d", json.dumps(numbers))


def by_patients(ages: list[float], patients: list[str], genders: list[float]) -> tuple[ExplainReply, ExplainedFilms]:
    """One map and one film a patient, known by the patient's number."""
    numbers, own = np.array([int(patient) for patient in patients]), seen(len(ages), 16)
    maps = np.zeros((len(ages), 4, 4), np.float32)
    maps[numbers % 2 == 0, 0, 0], maps[numbers % 2 == 1, 3, 3] = 1, -1
    images = np.zeros_like(own.images) + (10 * numbers).astype(np.uint8)[:, None, None, None]
    labels = {"age": np.array(ages, np.float32), "gender": np.array(genders, np.float32)}
    changed = ExplainedFilms(images, own.names, np.array(patients), own.targets, labels, own.ends)
    return ExplainReply(np.zeros(len(ages), np.float32), maps, maps[None], "c"), changed


def test_a_mean_map_is_of_enough_patients_however_many_films_there_are() -> None:
    one = by_patients([25.0] * 40, ["1"] * 40, [0] * 40)
    numbers, pictures = summary(*one)
    assert not numbers["groups"] and not [name for name in pictures if name.startswith("mean")]
    seven = [str(patient) for patient in range(FEWEST - 1)]
    assert not summary(*by_patients([25.0] * 14, seven * 2, [0] * 14))[0]["groups"]
    eight = [str(patient) for patient in range(FEWEST)]
    (group,) = summary(*by_patients([25.0] * 8, eight, [0] * 8))[0]["groups"]
    assert (group["films"], group["patients"], group["of"]) == (8, 8, {"gender": "female", "age": "20–29"})


def test_each_patient_counts_once_in_a_mean() -> None:
    """Patient 0 has many films: neither the mean film nor the mean map may become theirs."""
    eight = [str(patient) for patient in range(FEWEST)]
    even, uneven = (summary(*by_patients([25.0] * len(p), p, [0] * len(p))) for p in (eight, ["0"] * 50 + eight))
    assert uneven[0]["groups"][0]["films"] == 58
    assert even[1]["mean-1.png"] == uneven[1]["mean-1.png"]


def test_the_bands_are_those_of_the_folds_and_what_is_left_out_is_named() -> None:
    eight = [str(patient) for patient in range(FEWEST)]
    ages = [19.0] * 8 + [20.0] * 8 + [79.0] * 8 + [80.0] * 8 + [50.0, np.nan, 50.0]
    people = [*eight, *eight, *eight, *eight, "8", "9", "8"]
    numbers, _ = summary(*by_patients(ages, people, [1.0] * 32 + [1, 1, np.nan]))
    assert [group["of"]["age"] for group in numbers["groups"]] == ["under 20", "20–29", "70–79", "80 and over"]
    assert len(numbers["groups"]) + len(numbers["few"]) == 16
    (fifty,) = [few for few in numbers["few"] if few["patients"]]
    assert fifty == {"of": {"gender": "male", "age": "50–59"}, "films": 1, "groups": 1, "patients": 1, "unknown": 0}


def test_the_sanity_check_can_fail() -> None:
    found = explanation()
    assert summary(found, seen())[0]["sanity"]["verdict"] == "chance"
    same = ExplainReply(found.predictions, found.maps, np.stack([found.maps[:10]] * 3), "conv")
    sanity = summary(same, seen())[0]["sanity"]
    assert sanity["verdict"] == "nearer same" and sanity["alike"] == pytest.approx(1)
    assert sanity["chance"] == pytest.approx(0.2095, abs=1e-4)


@pytest.mark.parametrize("side", [1, 4])
def test_blank_maps_are_told_and_pass_no_check(side: int) -> None:
    maps = np.zeros((60, side, side), np.float32)
    found = ExplainReply(np.zeros(60, np.float32), maps, np.stack([maps[:10]] * 3), "c")
    numbers, _ = summary(found, seen())
    assert numbers["blank"] == 60 and numbers["sanity"]["verdict"] == "blank"
    assert numbers["border"]["share"] is None and numbers["border"]["verdict"] is None
    json.dumps(numbers, allow_nan=False)


def test_films_without_labels_are_shown_as_given() -> None:
    plain = seen(3)
    nothing = np.full(3, np.nan, np.float32)
    given = tuple(np.full(shape, 90, np.uint8) for shape in ((700, 500), (40, 60), (500, 700)))
    names = ["a b.png", "A b.tif", "Ä.png"]
    without = ExplainedFilms(plain.images, names, plain.groups, nothing, {}, plain.ends, given.__getitem__)
    numbers, pictures = summary(ExplainReply(np.ones(3, np.float32), noise(3, 4, 4), noise(3, 3, 4, 4), "c"), without)
    assert [entry["film"] for entry in numbers["shown"]] == names and not numbers["groups"]
    assert list(pictures) == ["a_b.png", "a_b-map.png", "A_b-2.png", "A_b-2-map.png", "film.png", "film-map.png"]
    sizes = [
        cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED).shape for content in pictures.values()
    ]
    assert sizes[0] == (700, 500) and sizes[1][0] > 700 and sizes[1][1:] == (500, 3), (
        "its own resolution, and a scale"
    )
    assert sizes[2] == (240, 360) and sizes[3][1] == 360


def test_films_of_the_user_are_held_one_at_a_time(tmp_path: Path) -> None:
    """A folder of them, at their own size, is larger than memory."""
    plain, read = seen(3), list[int]()

    def given(row: int) -> np.ndarray:
        read.append(row)
        return np.full((40, 40), 90, np.uint8)

    nothing = np.full(3, np.nan, np.float32)
    own = ExplainedFilms(plain.images, ["a", "b", "c"], plain.groups, nothing, {}, plain.ends, given)
    numbers, pictures = summary(ExplainReply(np.ones(3, np.float32), noise(3, 4, 4), noise(3, 3, 4, 4), "c"), own)
    assert len(numbers["shown"]) == 3 and read == []
    for drawn, _ in enumerate(pictures.items()):
        assert len(read) == drawn + 1
    save_explained(tmp_path, numbers, pictures)
    assert len(list((tmp_path / "explain").glob("*.png"))) == len(pictures) == 6


def test_a_map_lies_where_the_network_saw_it() -> None:
    """The network sees a square, the film in its middle: what lies beside it is cut off, nothing is pulled."""
    film, map_ = np.full((200, 400), 100, np.uint8), np.zeros((64, 64), np.float32)
    map_[:16], map_[24:40, :8] = 1, -1
    found = on_film(film, map_, ("younger", "older"))
    full = {colour: (100 * (1 - STRONGEST) + STRONGEST * np.array(colour)).round() for colour in (RAISES, LOWERS)}
    red, blue = (np.all(found[:200] == full[colour], axis=-1) for colour in (RAISES, LOWERS))
    assert not red.any(), "above the film"
    assert blue[55:145, :40].all() and not blue[:, 60:].any()
    scale = found[200:].astype(int)
    assert scale[2, 0, 2] > scale[2, 0, 0] and scale[2, -1, 0] > scale[2, -1, 2], "blue lowers, orange raises"
    assert (scale.min(axis=(1, 2)) < 40).any() and (scale.max(axis=(1, 2)) > 200).any(), "words below it"


@pytest.mark.parametrize("width", [360, 384, 512, 1024, pytest.param(3000, marks=pytest.mark.long)])
def test_the_words_of_the_scale_stand_apart(width: int) -> None:
    film = np.full((width, width), 100, np.uint8)
    for ends in (("younger", "older"), ("female", "male")):
        words = on_film(film, np.zeros((8, 8), np.float32), ends)[width:, :, 0]
        empty = (words[-(width // 45) :] < 40).all(axis=0)  # columns of the line of words without ink
        gaps = [len(run) / width for run in "".join(map(str, empty.astype(int))).strip("1").split("0") if run]
        assert sum(gap > 0.035 for gap in gaps) == 2, (ends, sorted(gaps)[-3:])


def test_file_names_are_safe_and_apart() -> None:
    names = ["x.png", "X.jpg", "x-map.png", "../../etc/passwd", ".png", "\n", "é" * 300, "a/b.png", "b.png", "x.png"]
    found = file_names(names)
    files = [f"{name}{end}".lower() for name in found for end in (".png", "-map.png")]
    assert len(set(files)) == 2 * len(names) and all(
        re.fullmatch(r"[\w-][\w.-]{0,90}", name, re.ASCII) for name in found
    )
    assert found[0] == "x" and "passwd" in found


def test_the_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    assert load_explained(tmp_path) is None
    save_explained(tmp_path, {"films": 1}, {"a.png": b"1", "b.png": b"2"})
    save_explained(tmp_path, {"films": 2}, {"c.png": b"3"})
    kept = load_explained(tmp_path)
    assert kept is not None and kept.numbers["films"] == 2 and kept.pictures == {"c.png": b"3"}
    assert [path.name for path in tmp_path.iterdir()] == ["explain"]
    (tmp_path / "explain" / "explain.json").write_text('{"films": 2}')
    assert load_explained(tmp_path) is None, "numbers of an older version"


def test_what_cannot_be_written_leaves_the_old_folder(tmp_path: Path) -> None:
    save_explained(tmp_path, {"films": 1}, {"a.png": b"1"})
    with pytest.raises(TypeError):
        save_explained(tmp_path, {"films": object()}, {"b.png": b"2"})
    kept = load_explained(tmp_path)
    assert kept is not None and kept.pictures == {"a.png": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["explain"]


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_two_renames_loses_no_explanation(renames: int, tmp_path: Path) -> None:
    """Ended after so many; what was there before, or the new one, is read, and the next one clears up, even one with
    the same process id, as it is in the next container."""
    save_explained(tmp_path, {"films": 1}, {"a.png": b"1"})
    program = f"""
import os
from pathlib import Path
from trials.explained import save_explained
os.getpid = lambda: {os.getpid()}
left, rename = [{renames}], Path.rename
def counted(self, target):
    if not left[0]:
        os._exit(9)
    left[0] -= 1
    return rename(self, target)
Path.rename = counted
save_explained(Path({str(tmp_path)!r}), {{"films": 2}}, {{"b.png": b"2"}})
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[1], capture_output=True)
    assert done.returncode == (9 if renames < 2 else 0), done.stderr
    kept = load_explained(tmp_path)
    assert kept is not None and kept.numbers["films"] == (1 if renames < 2 else 2)
    assert kept.pictures == ({"a.png": b"1"} if renames < 2 else {"b.png": b"2"})
    save_explained(tmp_path, {"films": 3}, {})
    found = load_explained(tmp_path)
    assert found is not None and found.numbers["films"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["explain"]


def test_what_is_neither_run_nor_model_is_refused(tmp_path: Path) -> None:
    run_folder(tmp_path, "none")
    run_folder(tmp_path, "some", [*mixed("age"), trial(9, [12.0], "pruned")])
    cases = {
        ("nowhere",): "is no run",
        ("none",): "none so far",
        ("some", 9): "one: 0, 3, 4, 1",
        ("some", 77): "one: 0, 3, 4, 1",
        ("best.h5",): "best.h5 does not exist",
        ("best.h5", 3): "--trial with a run",
        ("some", None, Path("film.png")): "which is no model",
    }
    for (what, *rest), said in cases.items():
        number = rest[0] if rest else None
        with pytest.raises(UserError, match=said):
            list(explain(ExplainOptions(what, tmp_path, tuple(rest[1:]), number)))  # type: ignore[arg-type]


def explained_run(
    parent: Path, found: ExplainReply, number: int = 3, own: ExplainedFilms | None = None
) -> tuple[RunStore, str]:
    """A run whose best trial is 3, explained, and what the terminal said."""
    store = run_folder(parent, trials=mixed("age"))
    about = {"network": "fold", "run": store.path.name, "trial": number, "fold": 0, "reproduced": True}
    return store, "\n".join(record_explanation(store.path, about, TASKS["age"], found, own or seen()))


def test_what_is_kept_says_when_and_by_what_it_was_made(tmp_path: Path) -> None:
    store, _ = explained_run(tmp_path, explanation())
    found = load_explained(store.path)
    assert found is not None
    made = datetime.fromisoformat(found.numbers["created"])
    assert timedelta(0) <= datetime.now(UTC) - made < timedelta(minutes=5)
    assert found.numbers["versions"]["cxr-automl"] == version("cxr-automl")
    said = words(build_report([store], tmp_path / "report.html"))
    assert f"Made {found.numbers['created']} with cxr-automl {version('cxr-automl')}" in said


def test_films_that_the_weights_knew_are_not_called_new(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    about = {"network": "fold", "run": store.path.name, "trial": 3, "fold": 0, "reproduced": True}
    for known in (None, "5 of these 60 films were trained on"):
        list(record_explanation(store.path, {**about, "known": known}, TASKS["age"], explanation(), seen()))
        page = words(build_report([store], tmp_path / "report.html"))
        assert ("It had not seen these 60 films." in page) == (known is None)
        assert (f"they are not new to it: {known}." in page) == (known is not None)


def fine(border: float, films: int = 60) -> ExplainReply:
    """Maps of 16 × 16 places with so much more attention on the border."""
    maps = np.abs(noise(films, 16, 16)) + 0.5
    maps[:, :2] += border
    return ExplainReply(np.linspace(20, 80, films, dtype=np.float32), maps, np.abs(noise(3, 10, 16, 16, seed=9)), "c")


@pytest.mark.parametrize(("border", "said"), [(9, "the share is above both"), (0, "not clearly above both")])
def test_terminal_and_page_say_the_same_of_the_border(border: float, said: str, tmp_path: Path) -> None:
    store, lines = explained_run(tmp_path, fine(border))
    page = words(build_report([store], tmp_path / "report.html"))
    found = load_explained(store.path)
    assert found is not None and said in lines and said in page
    assert f"36 % of its area and gets {percent(found.numbers['border']['share'])} of the attention" in page
    assert f"put {percent(*found.numbers['border']['shuffled'])} there" in page and "% on the border" in page


def test_a_map_that_cannot_resolve_the_border_has_no_verdict(tmp_path: Path) -> None:
    store, lines = explained_run(tmp_path, explanation())
    page = words(build_report([store], tmp_path / "report.html"))
    assert "no verdict, since a place of the map is wider than the border" in lines
    assert "no verdict" in page and "(10.0 px against 4.0)" in page and "% on the border" not in page


def test_the_page_says_what_the_check_came_to(tmp_path: Path) -> None:
    for name, found, said in (
        ("chance", explanation(), "no more than smooth maps have by chance"),
        ("same", _alike(0.05), "nearer to the same map than to chance"),
        ("part", _alike(1.5), "nearer to it than to the same map"),
        ("blank", _alike(0.0, scale=0.0), "not known, since maps are blank"),
    ):
        store, lines = explained_run(tmp_path / name, found)
        page = words(build_report([store], tmp_path / f"{name}.html"))
        assert said in lines and said in page, name
        assert ("Do not trust these maps" in page) == (name in ("same", "blank"))
        assert ("ALARM" in lines) == (name == "same")
        assert ("nothing to do with each other by 0.21" in page) == (name != "blank")


def _alike(other: float, scale: float = 1.0) -> ExplainReply:
    """Shuffled weights give the same maps but for some noise."""
    plain = explanation()
    shuffled = plain.maps[:10] + np.float32(other) * plain.shuffled
    return ExplainReply(plain.predictions, np.float32(scale) * plain.maps, shuffled, "c")


@pytest.mark.parametrize(("number", "said"), [(3, False), (0, True)])
def test_a_trial_that_is_not_the_best_now_is_told(number: int, said: bool, tmp_path: Path) -> None:
    store, _ = explained_run(tmp_path, explanation(), number)
    page = words(build_report([store], tmp_path / "report.html"))
    assert (f"Trial {number} is not the best of its run now, trial 3 is" in page) == said
    table = load("explained").data(group_of(store))
    assert table["best"].tolist() == [3]


def test_groups_of_too_few_patients_are_named_on_the_page(tmp_path: Path) -> None:
    eight = [str(patient) for patient in range(FEWEST)]
    found, own = by_patients([25.0] * 8 + [35.0], [*eight, "8"], [0] * 9)
    store, _ = explained_run(tmp_path, found, own=own)
    page = words(build_report([store], tmp_path / "report.html"))
    assert "8 films of 8 patients" in page and f"Fewer than {FEWEST} patients, so no mean map: " in page
    assert (
        "female, 30–39 (1 patient)" in page
        and "male, 80 and over (0 patients)" in page
        and "female, 20–29 (" not in page
    )


def test_an_answer_is_no_certainty() -> None:
    said: dict[Any, str] = {
        0.97: "male, probability 0.97", 0.03: "female, probability 0.97", 0.9996: "male, probability over 0.99",
        0.0001: "female, probability over 0.99", 0.5: "male, probability 0.50",
    }  # fmt: skip
    assert {value: in_words(TASKS["gender"], value) for value in said} == said
    assert in_words(TASKS["age"], 61.04) == "61.0 years"
    assert (percent(0.36), percent(0.384, 0.33, 0.35), percent(0.331, 0.33)) == ("36 %", "33 to 38 %", "33 %")
