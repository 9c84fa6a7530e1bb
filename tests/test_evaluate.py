"""`evaluate`: which films are new to a model, whether they fit it, the record of the look, and figures that are those
of the films that are scored."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_process import called
from mean_model import model_of_means
from numpy.typing import NDArray
from pages import balanced, body, words

from runners._commands import evaluate as command
from runners._evaluate.fitting import taken_by
from runners._evaluate.known import known_films
from runners._models.asked import VECTORS, in_batches
from trials.lineage import SeenFilms
from trials.openings import LOG
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.pixels.recipe import PixelRecipe
from xrays.statistics.classification import calibration_line
from xrays.statistics.conformal import Around
from xrays.statistics.metrics import score
from xrays.tasks import TASKS
from xrays.vectors import keep_vectors
from xrays.vectors_file import read_vectors

SIZE, AGE = 32, TASKS["age"]


@pytest.fixture
def arrays(prepared: XrayArrays, tmp_path: Path) -> XrayArrays:
    """Films that an evaluation may be recorded beside."""
    return XrayArrays.open(Path(shutil.copytree(prepared.path, tmp_path / "data" / "there", ignore=lambda *_: [LOG])))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Answers 100 times the film's mean, and has seen nothing; its intervals are 20 years to both sides."""
    path = model_of_means(tmp_path, SIZE, monkeypatch)
    monkeypatch.setattr(command, "check_file", lambda model: None)
    monkeypatch.setattr(command, "network_of", lambda model, shape: lambda films: 100 * films.mean((1, 2)))
    around = {"level": 0.9, "quantile": 20.0, "at": [0.0], "scale": [1.0]}
    amend(path, films_seen=SeenFilms().to_json(), around=around, constant=40.0)
    return path


def amend(model: Path, **entries: Any) -> None:
    card = json.loads(model.with_suffix(".json").read_text())
    model.with_suffix(".json").write_text(json.dumps(card | entries))


def answered(arrays: XrayArrays, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(100 * arrays.images[rows].mean((1, 2, 3)) / 255, np.float64)


class TestKnownFilms:
    def test_exactly_as_a_copy_or_of_a_patient(self, prepared: XrayArrays) -> None:
        alone = [row for row, group in enumerate(prepared.groups) if (prepared.groups == group).sum() == 1][:3]
        pair = next(row for row, group in enumerate(prepared.groups) if (prepared.groups == group).sum() == 2)
        prints = [int(value) for value in prepared.fingerprints()]
        facts = prepared.facts()
        look = bytearray.fromhex(facts["hash"][alone[2]])
        look[5] ^= 0b101  # as a film has it that was compressed
        seen = SeenFilms(
            frozenset({prints[alone[0]], prints[pair]}), frozenset({prints[alone[1]]}), (), frozenset({look.hex()})
        )
        known = known_films(seen, prepared)
        expected = {alone[0]: "trained", pair: "trained", alone[1]: "chosen", alone[2]: "copy"}
        other = next(row for row in np.flatnonzero(prepared.groups == prepared.groups[pair]) if row != pair)
        assert {row: known[row] for row in expected} == expected and known[other] == "patient"
        assert (known == "").sum() == len(known) - 5

    def test_nobody_knows_a_film_by_nothing(self, prepared: XrayArrays) -> None:
        assert (known_films(SeenFilms(unknown=("a.h5",)), prepared) == "").all()

    def test_looks_are_kept_in_a_card(self) -> None:
        seen = SeenFilms(frozenset({1}), looks=frozenset({"0f" * 32, "a0" * 32}))
        assert SeenFilms.from_json(json.loads(json.dumps(seen.to_json()))) == seen
        both = SeenFilms(looks=frozenset({"0f" * 32})) | SeenFilms(looks=frozenset({"a0" * 32}))
        assert both.looks == both.as_choice().looks == seen.looks
        for looks in ("AAAA", "not base64"):
            with pytest.raises(ValueError, match=r"looks|base64|padding"):
                SeenFilms.from_json(seen.to_json() | {"looks": looks})


class TestCommand:
    def test_new_films_are_scored_and_the_look_is_on_record(self, model: Path, arrays: XrayArrays) -> None:
        labels = arrays.targets(AGE)
        seen = frozenset(arrays.fingerprints()[:20].tolist())
        amend(model, films_seen=SeenFilms(seen).to_json())
        new = np.isfinite(labels) & ~np.isin(arrays.groups, arrays.groups[:20])
        done = called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
        assert done.returncode == 0, done.stderr
        expected = score(AGE, labels[new], answered(arrays, new))
        first, second = done.stdout.splitlines()[1:3]
        assert (
            first.startswith(f"films    {new.sum()} films of")
            and "in the folder 60" in first
            and "left out that the model has seen" in first
        )
        assert f"MAE {expected['mae']:.2f} years (95 % interval" in second
        record = json.loads((model.parent / "model-on-there.json").read_text())
        assert record["evaluation"]["metrics"] == pytest.approx(expected, rel=1e-5)
        about = record["evaluation"]
        assert (about["films"], about["independent"], about["openings"]) == (new.sum(), True, 1)
        assert sum(about["left_out"].values()) + new.sum() == np.isfinite(labels).sum()
        figures = {(row["model"], row["figure"]): row["value"] for row in record["figures"]}
        assert figures["one answer a film", "mae"] == pytest.approx(expected["mae"], rel=1e-5)
        assert figures["constant", "mae"] == pytest.approx(np.abs(labels[new] - 40).mean(), rel=1e-5)
        assert "one answer a patient" in {of for of, _ in figures}
        coverage = next(row for row in record["coverage"] if (row["of"], row["figure"]) == ("film", "coverage"))
        assert coverage["value"] == pytest.approx((np.abs(answered(arrays, new) - labels[new]) <= 20).mean())
        page = model.parent / "model-on-there.html"
        assert balanced(body(page)) and "Synthetic films" in words(page)
        again = called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
        assert "looked at 2 times now" in again.stdout
        entries = [json.loads(line) for line in (arrays.path / LOG).read_text().splitlines()]
        assert len(entries) == 2 and entries[0]["hold_out"] == entries[1]["hold_out"]
        assert len(entries[0]["films"]) == 8 * new.sum()

    def test_films_that_it_has_seen_are_scored_on_demand_and_marked(self, model: Path, arrays: XrayArrays) -> None:
        amend(model, films_seen=SeenFilms(frozenset(arrays.fingerprints()[:30].tolist())).to_json())
        done = called("evaluate", model.name, "--data", arrays.path, "--with-seen", cwd=model.parent)
        assert "NOT NEW to the model (30 trained on" in done.stdout.replace("29 trained", "30 trained"), done.stdout
        record = json.loads((model.parent / "model-on-there.json").read_text())
        assert record["evaluation"]["films"] == np.isfinite(arrays.targets(AGE)).sum()
        assert record["evaluation"]["independent"] is False
        assert record["seen"][0]["what"] == "new to the model" and len(record["seen"]) >= 2
        assert "are not new to the model" in words(model.parent / "model-on-there.html")

    def test_a_model_that_does_not_tell_what_it_has_seen(self, model: Path, arrays: XrayArrays) -> None:
        amend(model, films_seen={"trained": 7})
        done = called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
        assert "which films model.h5 has seen is unknown" in done.stdout
        record = json.loads((model.parent / "model-on-there.json").read_text())
        assert record["evaluation"]["independent"] is None

    def test_films_unlike_the_training_films(self, model: Path, arrays: XrayArrays) -> None:
        card = json.loads(model.with_suffix(".json").read_text())
        shapes = (arrays.facts()["width"] / arrays.facts()["height"]).to_numpy()
        card["input"]["pictures"] = {"width by height": [0.0, 1.0], "another version's": [0.0, 1.0]}
        amend(model, input=card["input"])
        called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
        record = json.loads((model.parent / "model-on-there.json").read_text())
        rows = {row["property"]: row for row in record["pictures"]}
        labelled = np.isfinite(arrays.targets(AGE))
        assert rows["width by height"]["share"] == pytest.approx((shapes[labelled] > 1).mean())
        assert set(rows) == {"width by height", "any of them"}

    def test_classes(self, model: Path, arrays: XrayArrays, monkeypatch: pytest.MonkeyPatch) -> None:
        card = json.loads(model.with_suffix(".json").read_text())
        experiment = card["experiment"] | {"task": "gender"}
        amend(model, task="gender", class_names=["female", "male"], experiment=experiment, around=None, constant=0.4)
        monkeypatch.setattr(command, "network_of", lambda model, shape: lambda films: 1.4 - 1.5 * films.mean((1, 2)))
        done = called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
        assert done.returncode == 0, done.stderr
        assert "probabilities are off by" in done.stdout
        record = json.loads((model.parent / "model-on-there.json").read_text())
        names = {"films", "figures", "confusion", "curves", "subgroups", "thresholds", "calibration"}
        assert names <= record.keys() and "coverage" not in record
        assert {row["name"] for row in record["calibration"]} == {
            "calibration_error", "logit_slope", "logit_intercept"
        }  # fmt: skip
        assert balanced(body(model.parent / "model-on-there.html"))


class TestMistakes:
    def refused(self, model: Path, arrays: XrayArrays, *options: object) -> str:
        before = sorted(model.parent.rglob("*"))
        done = called("evaluate", model.name, "--data", arrays.path, *options, cwd=model.parent)
        assert done.returncode == 2 and done.stdout == "", (done.stdout, done.stderr)
        assert "accepted:" in done.stderr and "next:" in done.stderr
        assert {path for path in sorted(model.parent.rglob("*")) if path not in before} <= {arrays.path / LOG}
        return done.stderr

    def test_films_of_another_size_or_recipe(self, model: Path, arrays: XrayArrays) -> None:
        card = json.loads(model.with_suffix(".json").read_text())
        card["input"]["preprocessing"] = replace(PixelRecipe(), clahe=True).record()
        amend(model, input=card["input"])
        said = self.refused(model, arrays)
        assert "clahe True" in said and "--clahe --size 32 --out" in said and "python cli.py prepare" in said
        card["input"] |= {"shape": [16, 16, 1], "preprocessing": PixelRecipe().record()}
        amend(model, input=card["input"], experiment=card["experiment"] | {"size": 16})
        assert "films of 32 px" in (said := self.refused(model, arrays)) and "--size 16" in said

    def test_nothing_that_is_new(self, model: Path, arrays: XrayArrays) -> None:
        amend(model, films_seen=SeenFilms(frozenset(arrays.fingerprints().tolist())).to_json())
        assert "has seen all" in (said := self.refused(model, arrays)) and "--with-seen" in said

    def test_no_score_where_a_look_cannot_be_recorded(self, model: Path, arrays: XrayArrays) -> None:
        (arrays.path / LOG).mkdir()
        assert "cannot be written" in self.refused(model, arrays)

    def test_what_is_not_its_own_is_not_overwritten(self, model: Path, arrays: XrayArrays) -> None:
        (model.parent / "mine.html").write_text("mine")
        assert "would be overwritten" in self.refused(model, arrays, "--out", "mine.html")
        assert "an HTML file" in self.refused(model, arrays, "--out", "mine.json")
        assert "is no folder" in self.refused(model, arrays, "--out", "none/mine.html")

    def test_a_card_that_somebody_has_edited(self, model: Path, arrays: XrayArrays) -> None:
        for constant in ("forty", float("inf"), [40]):
            amend(model, constant=constant)
            assert "is no model card" in self.refused(model, arrays)

    def test_vectors_of_another_model(self, model: Path, arrays: XrayArrays, tmp_path: Path) -> None:
        """What a model on vectors takes lies beside the films, or it is said how it gets there."""
        given = tmp_path / "vectors.npz"
        np.savez(given, ids=arrays.ids, vectors=np.ones((len(arrays.ids), 6)))
        card = {"input": {"shape": [6], "vectors": {"origin": "a model", "file": "vectors.npz"}}}
        with pytest.raises(UserError, match="no vectors") as caught:
            taken_by(card, model, arrays)
        assert "--features VECTORS.npz" in caught.value.remedy
        keep_vectors(arrays, read_vectors(given), "a model")
        kept = XrayArrays.open(arrays.path)
        assert taken_by(card, model, kept).shape == (len(kept.ids), 6)
        for about, said in (
            ({"shape": [7]}, "vectors of 6"),
            ({"vectors": {"origin": "another"}}, "a model has made"),
        ):
            with pytest.raises(UserError, match=said):
                taken_by({"input": card["input"] | about}, model, kept)

    def test_answers_that_are_no_numbers(
        self, model: Path, arrays: XrayArrays, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(command, "network_of", lambda model, shape: lambda films: np.nan * films.mean((1, 2)))
        assert "no number" in self.refused(model, arrays)


def test_a_network_is_asked_in_batches_of_one_shape() -> None:
    shapes: list[tuple[int, ...]] = []

    def predict(given: NDArray[np.float32]) -> NDArray[np.float32]:
        shapes.append(given.shape)
        return given.sum(axis=1, keepdims=True)

    vectors = np.arange(2 * (VECTORS + 3), dtype=np.float32).reshape(-1, 2)
    vectors[4, 1] = np.nan
    rows = np.arange(len(vectors))[::-1]
    said = in_batches(predict, vectors, rows)
    assert shapes == [(VECTORS, 2)] * 2
    np.testing.assert_array_equal(said, vectors.sum(1)[rows])
    films = np.full((3, 8, 8, 1), 51, np.uint8)
    np.testing.assert_allclose(in_batches(lambda x: x.mean((1, 2)), films, np.array([2, 0])), [0.2, 0.2], rtol=1e-6)


def test_a_line_of_calibration_is_the_one_that_was_drawn_from() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 60_000)
    truth = (rng.random(len(logits)) < 1 / (1 + np.exp(-(0.5 + 0.6 * logits)))).astype(float)
    said, every = 1 / (1 + np.exp(-logits)), np.ones((1, len(logits)))
    _, slope = calibration_line(truth, said, every)
    assert slope[0] == pytest.approx(0.6, abs=0.03)
    shifted = 1 / (1 + np.exp(-(logits * 0.6 + 0.2)))
    assert calibration_line(truth, shifted, every)[0][0] == pytest.approx(0.3, abs=0.03)
    alone = np.stack([np.ones(4), np.array([1, 1, 0, 0])])
    apart = calibration_line(np.array([1.0, 1, 0, 0]), np.array([0.9, 0.8, 0.2, 0.1]), alone)
    assert np.isnan(apart[1]).all() and np.isnan(apart[0][1])


def test_intervals_by_patient_are_those_of_a_mean(model: Path, arrays: XrayArrays) -> None:
    """Those with one film have the interval of a film."""
    wide = Around(0.9, 1000.0)
    amend(model, around_patient={"level": wide.level, "quantile": wide.quantile, "at": [0.0], "scale": [1.0]})
    called("evaluate", model.name, "--data", arrays.path, cwd=model.parent)
    record = json.loads((model.parent / "model-on-there.json").read_text())
    coverage = {row["of"]: row["value"] for row in record["coverage"] if row["figure"] == "coverage"}
    labelled = np.isfinite(arrays.targets(AGE))
    groups, counts = np.unique(arrays.groups[labelled], return_counts=True)
    errors = np.abs(answered(arrays, labelled) - arrays.targets(AGE)[labelled])
    single = np.isin(arrays.groups[labelled], groups[counts == 1])
    assert coverage["patient"] == pytest.approx(((counts > 1).sum() + (errors[single] <= 20).sum()) / len(groups))
