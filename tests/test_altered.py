"""Films without border and marks: what is left of them, and that a label which is written there is found out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from explained_runs import explained
from numpy.typing import NDArray
from pages import words
from run_folders import mixed, run_folder

from reports._page.build import build_report
from runners._explain.altered import VERSIONS, border, inside, marks, versions
from runners._explain.asking import ask_altered
from runners._explain.fold import is_reproduced
from runners._explain.folds import found_before
from runners._explain.messages import ExplainReply
from runners._explain.reliance import reliance
from trials.altered import lost_in_words, verdicts
from trials.explained import save_explained
from xrays.tasks import TASKS

GENDER, AGE = TASKS["gender"], TASKS["age"]
SIZE = 40

Film = NDArray[np.uint8]


def smooth(seed: int, size: int = SIZE) -> Film:
    """(S, S, 1) without anything that stands out."""
    coarse = np.random.default_rng(seed).normal(150, 25, (4, 4)).clip(90, 210).astype(np.uint8)
    return cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC)[..., None]


def with_spot(film: Film, top: int, left: int, side: int = 3) -> Film:
    """Bright as a film is read: these are inverted."""
    changed = film.copy()
    changed[top : top + side, left : left + side] = 5
    return changed


@pytest.mark.parametrize("size", [16, 40, 64, 224])
def test_as_many_pixels_are_blank_inside_as_on_the_border_and_others(size: int) -> None:
    ring, rng = border(size), np.random.default_rng(0)
    drawn = [inside(size, rng) for _ in range(3)]
    assert 0.3 < ring.mean() < 0.45
    for mask in drawn:
        assert mask.sum() == ring.sum() and not (mask & ring).any()
    assert (drawn[0] != drawn[1]).any()


def test_nothing_is_left_of_the_border_not_even_in_what_it_is_filled_with() -> None:
    film = smooth(0)
    other = np.where(border(SIZE)[..., None], 255 - film, film)
    one, two = (versions(given, np.random.default_rng(0)) for given in (film, other))
    place = VERSIONS.index("border")
    assert (film != other).any() and np.array_equal(one[place], two[place])
    assert np.array_equal(one[place][~border(SIZE)], film[~border(SIZE)])
    assert np.array_equal(one[0], film), "as it is"


@pytest.mark.parametrize("size", [32, 64, 256])
def test_a_spot_near_the_border_is_painted_over_and_nothing_else(size: int) -> None:
    side, film = size // 16, smooth(1, size)
    near, middle = with_spot(film, size // 10, size // 10, side), with_spot(film, size // 2, size // 2, side)
    line = film.copy()
    line[:, size // 10 : size // 10 + side] = 5
    dark = with_spot(255 - film, size // 10, size // 10, side)
    dark = 255 - dark
    assert marks(near[..., 0]).any()
    assert not any(marks(other[..., 0]).any() for other in (film, middle, line, dark))
    cleared = versions(near, np.random.default_rng(0))[VERSIONS.index("marks")]
    assert np.abs(cleared.astype(int) - film).max() < 30 < np.abs(near.astype(int) - film).max()
    assert np.array_equal(cleared[size // 4 :], film[size // 4 :])


def test_the_control_of_a_mark_is_the_same_place_on_the_other_side() -> None:
    film = with_spot(smooth(2), 4, 4)
    mirrored = versions(film, np.random.default_rng(0))[VERSIONS.index("mirrored")]
    changed = np.argwhere(mirrored[..., 0] != film[..., 0])
    assert len(changed) and changed[:, 1].min() > SIZE // 2 and np.array_equal(mirrored[:, :20], film[:, :20])


def asked(films: list[Film], network: Callable[[NDArray[np.float64]], Any]) -> NDArray[np.float32]:
    """(n, v) what a network, a function of films (v, S, S), answers on their versions."""
    rng = np.random.default_rng(0)
    return np.array([network(versions(film, rng)[..., 0].astype(float)) for film in films], np.float32)


def of_gender(films: int, top: int, left: int) -> tuple[list[Film], NDArray[np.float32], NDArray[np.str_]]:
    """Two films a patient; those of class 1 have a bright spot, one in ten has the wrong one."""
    labels = (np.arange(films) // 2 % 2).astype(np.float32)
    wrong = np.random.default_rng(3).random(films) < 0.1
    made = [smooth(n) for n in range(films)]
    spotted = [with_spot(f, top, left) if (y == 1) != w else f for f, y, w in zip(made, labels, wrong, strict=True)]
    return spotted, labels, np.array([f"p{n // 2}" for n in range(films)])


def reads(top: int, left: int) -> Callable[[NDArray[np.float64]], Any]:
    """How likely there is a bright spot at that place, against what is beside it."""
    return lambda films: (
        1
        / (
            1
            + np.exp((films[:, top : top + 3, left : left + 3].mean(axis=(1, 2)) - films[:, top, left + 6]) / 10 + 3)
        )
    )


def test_a_label_written_in_the_border_is_suspected() -> None:
    films, labels, groups = of_gender(80, 1, 1)
    found = reliance(GENDER, labels, groups, asked(films, reads(1, 1)))
    assert {name: one["verdict"] for name, one in found["verdicts"].items()} == {
        "border": "suspect",
        "marks": "suspect",
    }
    by_version = {row["version"]: row for row in found["rows"]}
    assert by_version["plain"]["scores"]["accuracy"] > 0.8 and by_version["border"]["scores"]["accuracy"] < 0.6
    low, high = by_version["border"]["lost"]["accuracy"]["interval"]
    assert 0.1 < low < by_version["border"]["lost"]["accuracy"]["value"] < high
    assert by_version["border"]["lost"]["auc"]["interval"][0] > 0.1
    said = verdicts({**found, "films": 80, "marked": 40})
    assert all(one.startswith("SUSPICION") for one in said.values()) and "letters" in said["border"]


def test_a_label_written_in_the_middle_is_not() -> None:
    films, labels, groups = of_gender(80, 18, 18)
    found = reliance(GENDER, labels, groups, asked(films, reads(18, 18)))
    assert {one["verdict"] for one in found["verdicts"].values()} == {"kept"}
    by_version = {row["version"]: row for row in found["rows"]}
    assert by_version["border"]["lost"]["accuracy"] == {"value": 0.0, "interval": [0.0, 0.0]}
    assert by_version["inside"]["lost"]["accuracy"]["value"] > 0.05, "what is blank inside has hit it"
    assert "SUSPICION" not in str(verdicts({**found, "films": 80, "marked": 3}))
    assert verdicts({**found, "films": 80, "marked": 0})["marks"].startswith("none of the 80 films")


def test_what_any_loss_of_as_much_costs_is_no_suspicion() -> None:
    """Ages written in the contrast of a fine pattern over the whole film."""
    rng, ages = np.random.default_rng(4), np.linspace(20, 90, 60).astype(np.float32)
    fine = np.where(np.indices((SIZE, SIZE)).sum(axis=0) % 2, 1, -1)
    noisy = [128 + age * fine + rng.normal(0, 5, fine.shape) for age in ages]
    films = [film.clip(0, 255).astype(np.uint8)[..., None] for film in noisy]
    found = reliance(AGE, ages, np.arange(60).astype(str), asked(films, lambda given: given.std(axis=(1, 2))))
    assert found["verdicts"]["border"]["verdict"] == "as elsewhere"
    row = found["rows"][1]
    assert list(row["scores"]) == ["mae"] and row["lost"]["mae"]["interval"][0] > 5
    assert lost_in_words(AGE, row["lost"]).startswith("MAE loses ") and " years (95 % interval " in lost_in_words(
        AGE, row["lost"]
    )


def test_one_patient_says_nothing() -> None:
    films, labels, _ = of_gender(12, 2, 2)
    found = reliance(GENDER, labels, np.array(["one"] * 12), asked(films, reads(2, 2)))
    assert {one["verdict"] for one in found["verdicts"].values()} == {None}
    assert found["rows"][1]["lost"]["accuracy"]["interval"] is None and verdicts({**found, "marked": 9}) == {}


def test_a_network_is_asked_about_every_version_of_its_rows() -> None:
    """A network whose answer is the mean of the film."""

    def network(films: Film) -> NDArray[np.float32]:
        return films.mean(axis=(1, 2, 3), dtype=np.float64).astype(np.float32)

    images = np.stack([with_spot(smooth(n), 3, 3) if n % 2 else smooth(n) for n in range(40)])
    rows, told = np.arange(1, 40), []
    reply = ask_altered(network, images, rows, lambda done, total: told.append((done, total)))
    rng = np.random.default_rng(0)
    expected = [versions(images[row], rng).mean(axis=(1, 2, 3)) for row in rows]
    np.testing.assert_allclose(reply.answers, expected, rtol=1e-5)
    assert reply.marked.tolist() == [bool(row % 2) for row in rows] and told[-1] == (39, 39)


@pytest.mark.parametrize(("place", "suspected"), [(1, True), (18, False)])
def test_the_page_has_the_table_and_warns(place: int, suspected: bool, tmp_path: Any) -> None:
    films, labels, groups = of_gender(60, place, place)
    found = reliance(GENDER, labels, groups, asked(films, reads(place, place)))
    altered = {"films": 60, "folds": [0, 1, 2], "marked": 30, "width": 0.1, "area": 0.36, **found}
    store = run_folder(tmp_path, task="gender", trials=mixed("gender"))
    save_explained(store.path, *explained(task="gender", altered=altered, shown=[]))
    page = build_report([store], tmp_path / "report.html")
    said = words(page)
    assert "The same networks on films without border and marks" in said and "Accuracy lost" in said
    assert "3 networks of folds, 60 films they were not trained on; 30 have bright spots" in said
    assert ("SUSPICION" in said) == suspected
    for row in found["rows"]:
        assert f"{100 * row['scores']['accuracy']:.1f}" in said


def test_maps_of_a_model_do_not_take_it_away(tmp_path: Any) -> None:
    store = run_folder(tmp_path)
    assert found_before(store, 0) is None
    save_explained(store.path, *explained(trial=0, altered={"films": 3}))
    assert (found_before(store, 0), found_before(store, 1)) == ({"films": 3}, None)


@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_kept_network_is_that_of_the_search_but_for_what_precision_does(precision: str, tmp_path: Any) -> None:
    store = run_folder(tmp_path, task="gender", trials=mixed("gender"), precision=precision)
    result, films = store.trials()[0], store.films().assignment.shape
    recorded = np.random.default_rng(0).random(films).astype(np.float32)
    (store.path / "oof").mkdir(exist_ok=True)
    np.save(store.path / "oof" / f"{result.number:05d}.npy", recorded)
    rows = np.arange(films[1])
    nothing = np.zeros((1, 4, 4), np.float32)
    half = precision == "mixed"
    for off, kept, same in ((0, False, True), (0.03, False, False), (0.03, True, half), (0.2, True, False)):
        reply = ExplainReply(recorded[0, rows] + np.float32(off), nothing, nothing, "conv")
        assert is_reproduced(store, result, rows, reply, kept=kept) == same
