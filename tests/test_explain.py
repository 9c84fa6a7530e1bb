"""What is kept of maps: numbers of known maps, pictures, the folder, and what `explain` refuses."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from run_folders import mixed, run_folder, trial

from runners._explain.messages import Explained
from runners._explain.numbers import alikeness, border_area, border_share
from runners._explain.pictures import SIDE, as_read, normalised, overlay, png
from runners._explain.session import ExplainOptions, explain
from runners._explain.summary import EACH, FEWEST, Seen, summary
from trials.explained import load_explained, save_explained
from xrays.errors import UserError


def noise(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def seen(films: int = 60, size: int = 40) -> Seen:
    rng = np.random.default_rng(1)
    return Seen(
        rng.integers(0, 256, (films, size, size, 1)).astype(np.uint8),
        [str(film) for film in range(films)],
        np.array([f"patient {film // 2}" for film in range(films)]),
        rng.uniform(20, 80, films).astype(np.float32),
        np.linspace(20, 45, films, dtype=np.float32),
        (np.arange(films) % 2).astype(np.int8),
    )


def explanation(films: int = 60, seed: int = 2) -> Explained:
    return Explained(
        np.linspace(20, 80, films, dtype=np.float32), noise(films, 4, 4), noise(3, 10, 4, 4, seed=seed), "conv"
    )


def test_even_attention_is_on_the_border_as_its_area_is() -> None:
    assert border_area(100) == pytest.approx(0.36)
    assert border_share(np.full((1, 100, 100), -2.0, np.float32))[0] == pytest.approx(0.36)


def test_border_share_of_known_maps() -> None:
    maps = np.zeros((3, 20, 20), np.float32)
    maps[0, 10, 10], maps[1, 0, 5] = 1.0, -1.0
    shares = border_share(maps)
    assert shares[:2].tolist() == [0.0, 1.0] and np.isnan(shares[2])


def test_maps_are_alike_whatever_their_scale_and_sign() -> None:
    maps = noise(5, 4, 4)
    assert alikeness(maps, np.stack([np.exp(3 * maps[:4]), -maps[:4]])) == pytest.approx(1.0)
    other = alikeness(maps, noise(200, 5, 4, 4, seed=7))
    assert other is not None and 0.1 < other < 0.3
    assert alikeness(np.zeros_like(maps), maps[None]) is None


def test_a_map_has_its_sign_and_the_scale_of_its_own_strongest_place() -> None:
    map_ = np.array([[0, -4], [2, 0]], np.float32)
    large = normalised(map_, 20)
    assert large.shape == (20, 20) and large[0, -1] == -1 and large[-1, 0] == pytest.approx(0.5)
    assert not normalised(np.zeros((2, 2), np.float32), 20).any()
    assert not normalised(np.full((2, 2), np.nan, np.float32), 20).any()


def test_pictures_have_bones_white_and_two_colours() -> None:
    film = np.full((200, 200, 1), 255, np.uint8)
    film[:100] = 55
    read = as_read(film)
    assert read.shape == (SIDE, SIDE) and read[0, 0] == 200 and read[-1, -1] == 0
    map_ = np.zeros((4, 4), np.float32)
    map_[:, 0], map_[:, 3] = 1.0, -1.0
    colours = overlay(read, map_)
    assert colours[5, 0, 0] > colours[5, 0, 2] and colours[5, -1, 2] > colours[5, -1, 0]
    assert (overlay(read, np.zeros((4, 4), np.float32)) == read[..., None]).all()
    decoded = cv2.imdecode(np.frombuffer(png(colours), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    np.testing.assert_array_equal(decoded, colours)


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
    assert {group["ages"] for group in numbers["groups"]} == {"under 30", "30–49"}
    assert all(group["films"] >= FEWEST for group in numbers["groups"])
    low, high = numbers["border"]["interval"]
    assert low < numbers["border"]["share"] < high
    assert "patient" not in json.dumps(numbers)


def test_the_sanity_check_can_fail() -> None:
    found = explanation()
    assert summary(found, seen())[0]["sanity"]["passed"]
    same = Explained(found.predictions, found.maps, np.stack([found.maps[:10]] * 3), "conv")
    sanity = summary(same, seen())[0]["sanity"]
    assert not sanity["passed"] and sanity["alike"] == pytest.approx(1)


def test_blank_maps_are_told_and_pass_no_check() -> None:
    found = Explained(
        np.zeros(60, np.float32), np.zeros((60, 4, 4), np.float32), np.zeros((3, 10, 4, 4), np.float32), "c"
    )
    numbers, _ = summary(found, seen())
    assert numbers["blank"] == 60 and numbers["border"]["share"] is None and not numbers["sanity"]["passed"]
    json.dumps(numbers, allow_nan=False)


def test_films_without_labels_are_shown_as_given() -> None:
    plain = seen(3)
    nothing = np.full(3, np.nan, np.float32)
    without = Seen(plain.images, ["a.png", "b.png", "c.png"], plain.groups, nothing, nothing, np.full(3, -1, np.int8))
    numbers, _ = summary(Explained(np.ones(3, np.float32), noise(3, 4, 4), noise(3, 3, 4, 4), "c"), without)
    assert [entry["film"] for entry in numbers["shown"]] == ["a.png", "b.png", "c.png"] and not numbers["groups"]


def test_the_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    assert load_explained(tmp_path) is None
    save_explained(tmp_path, {"films": 1}, {"a.png": b"1", "b.png": b"2"})
    save_explained(tmp_path, {"films": 2}, {"c.png": b"3"})
    kept = load_explained(tmp_path)
    assert kept is not None and kept.numbers == {"films": 2} and kept.pictures == {"c.png": b"3"}
    assert [path.name for path in tmp_path.iterdir()] == ["explain"]


def test_what_cannot_be_written_leaves_the_old_folder(tmp_path: Path) -> None:
    save_explained(tmp_path, {"films": 1}, {"a.png": b"1"})
    with pytest.raises(TypeError):
        save_explained(tmp_path, {"films": object()}, {"b.png": b"2"})
    kept = load_explained(tmp_path)
    assert kept is not None and kept.pictures == {"a.png": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["explain"]


def test_what_is_neither_run_nor_model_is_refused(tmp_path: Path) -> None:
    run_folder(tmp_path, "none")
    run_folder(tmp_path, "some", [*mixed("age"), trial(9, [12.0], "pruned")])
    cases = {
        ("nowhere",): "is no run",
        ("none",): "none so far",
        ("some", 9): "one: 0, 1, 3, 4",
        ("some", 77): "one: 0, 1, 3, 4",
        ("best.h5",): "best.h5 does not exist",
        ("best.h5", 3): "--trial with a run",
        ("some", None, Path("film.png")): "which is no model",
    }
    for (what, *rest), said in cases.items():
        number = rest[0] if rest else None
        with pytest.raises(UserError, match=said):
            list(explain(ExplainOptions(what, tmp_path, tuple(rest[1:]), number)))  # type: ignore[arg-type]
