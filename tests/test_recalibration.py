"""Answers put right on films of the place: what it takes, the file that comes of it, and what its card says."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from cli_process import called
from numpy.typing import NDArray
from pages import balanced, body, words
from run_folders import experiment

from runners._evaluate import recalibrated
from runners._evaluate.known import known_films
from runners._evaluate.lines import lines_of_recalibration
from runners._models.cards import around_of, read_card
from runners._training.portable import save_portable
from trials.evaluated import Evaluated
from trials.lineage import SeenFilms
from trials.openings import LOG
from xrays.arrays import XrayArrays
from xrays.pixels.recipe import PLAIN
from xrays.statistics.calibration import OF_NUMBERS, OF_PROBABILITIES, Isotonic, Line, Logistic
from xrays.statistics.conformal import Around
from xrays.statistics.logistic import probability
from xrays.statistics.recalibration import Step, enough, gained, mend, some_films
from xrays.tasks import TASKS

SIZE = 32


def of_patients(films: int, seed: int = 0) -> tuple[np.random.Generator, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    return rng, rng.integers(0, films * 2 // 3, films)


class TestStatistics:
    def test_numbers_that_are_off_by_a_line(self) -> None:
        rng, patients = of_patients(600)
        ages = rng.uniform(20, 80, 600)
        said = 0.5 * ages + 10 + rng.normal(0, 2, 600)
        mended = mend(ages, said, patients, OF_NUMBERS)
        assert isinstance(mended.calibration, Line) and mended.around is not None
        assert mended.calibration.factor == pytest.approx(0.5 * 300 / (0.25 * 300 + 4), abs=0.05), "of least squares"
        assert mended.around.covers(ages, mended.of(said)).mean() == pytest.approx(0.9, abs=0.02)

    def test_what_is_right_stays_as_it_is(self) -> None:
        rng, patients = of_patients(600)
        said = rng.uniform(20, 80, 600)
        assert mend(said + rng.normal(0, 5, 600), said, patients, OF_NUMBERS).calibration is None
        logits = rng.normal(0, 2, 600)
        classes = (rng.random(600) < probability(logits)).astype(float)
        assert mend(classes, probability(logits), patients, OF_PROBABILITIES).calibration is None

    def test_a_class_that_is_more_common_here(self) -> None:
        rng, patients = of_patients(1500)
        logits = rng.normal(0, 2, 1500)
        classes = (rng.random(1500) < probability(logits + 1.5)).astype(float)
        mended = mend(classes, probability(logits), patients, OF_PROBABILITIES)
        assert isinstance(mended.calibration, Logistic)
        assert (mended.calibration.factor, mended.calibration.intercept) == pytest.approx((1, 1.5), abs=0.3)

    def test_more_films_are_good_for_more_until_they_are_enough(self) -> None:
        rng, patients = of_patients(500)
        ages = rng.uniform(20, 80, 500)
        said = ages + 8 + rng.normal(0, 6, 500)
        steps = gained(ages, said, patients, OF_NUMBERS, Around(0.9, 10.0))
        errors = {round(step.films, -1): step.value for step in steps if step.figure == "mae"}
        assert errors[0] > 8 and min(errors.values()) < 5.5
        covered = [step.value for step in steps if step.figure == "coverage"]
        assert covered[0] < 0.7 and covered[-1] == pytest.approx(0.9, abs=0.04)
        films = enough(steps, "mae")
        assert films is not None and 20 <= films <= 101
        fine = gained(said + rng.normal(0, 6, 500), said, patients, OF_NUMBERS, Around(0.9, 10.0))
        assert enough(fine, "mae") is None

    def test_patients_are_taken_whole(self) -> None:
        rng, patients = of_patients(300)
        taken = some_films(patients, 50, rng)
        assert 45 <= taken.sum() <= 50 and not set(patients[taken]) & set(patients[~taken])


@pytest.fixture
def arrays(prepared: XrayArrays, tmp_path: Path) -> XrayArrays:
    return XrayArrays.open(Path(shutil.copytree(prepared.path, tmp_path / "data" / "there", ignore=lambda *_: [LOG])))


def real_model(folder: Path, task: str, factor: float, start: float, *, line: bool = False) -> Path:
    """Answers factor × the film's mean + start; a probability of the logit of that, or of a line behind it."""
    import keras

    given = keras.Input((SIZE, SIZE, 1), name="film")
    mean = keras.layers.GlobalAveragePooling2D(name="mean")(given)
    last = keras.layers.Dense(1, name="out" if line else task, activation="sigmoid" if task == "gender" else None)
    end = last(mean)
    last.set_weights([np.array([[factor]], np.float32), np.array([start], np.float32)])
    if line:
        behind = keras.layers.Dense(1, name=task)
        end = behind(end)
        behind.set_weights([np.array([[0.5]], np.float32), np.array([0.2], np.float32)])
    path = folder / "model.h5"
    save_portable(keras.Model(given, end), path)
    card = {
        "task": task,
        "output": "",
        "class_names": list(TASKS[task].class_names),
        "synthetic": False,
        "run": "run",
        "trial": 0,
        "params": {},
        "recipe": {},
        "experiment": experiment(task, size=SIZE).to_json(),
        "input": {"shape": [SIZE, SIZE, 1], "preprocessing": PLAIN.record()},
        "model_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "films_seen": SeenFilms().to_json(),
        "around": {"level": 0.9, "quantile": 9.0, "at": [0.0], "scale": [1.0]} if task == "age" else None,
    }
    path.with_suffix(".json").write_text(json.dumps(card))
    return path


def means(arrays: XrayArrays) -> NDArray[np.float64]:
    return np.asarray(arrays.images.mean((1, 2, 3)) / 255, np.float64)


def evaluated(model: Path, arrays: XrayArrays, *options: object) -> tuple[str, dict[str, Any]]:
    done = called("evaluate", model.name, "--data", arrays.path, *options, cwd=model.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((model.parent / "model-on-there.json").read_text())


class TestFile:
    @pytest.mark.slow
    def test_ages_from_end_to_end(self, arrays: XrayArrays, tmp_path: Path) -> None:
        """40 years off: the file answers otherwise, its card knows what it was fitted on and is a card of a model."""
        model = real_model(tmp_path, "age", 1.0, 90.0)
        said, record = evaluated(model, arrays, "--recalibrate", 30)
        assert "mended" in said and "model:   model-for-there.h5" in said
        card = read_card(tmp_path / "model-for-there.h5")
        before, (done,) = json.loads(model.with_suffix(".json").read_text()), card["recalibrated"]
        assert done["from"] == before["model_sha256"] and done["promised_before"]["around"] == before["around"]
        assert done["films"] <= 30 and around_of(card) is not None
        known = known_films(SeenFilms.from_json(card["films_seen"]), arrays)
        assert (known == "trained").sum() == done["films"]
        figures = {(row["figure"], row["when"]): row["value"] for row in record["recalibrated"]}
        assert done["rest"]["after"]["metrics"]["mae"] == figures["mae", "after"]
        assert figures["mae", "after"] < 20 < figures["mae", "before"]
        assert figures["coverage", "before"] < 0.2 < figures["coverage", "after"]
        import keras

        network = keras.models.load_model(tmp_path / "model-for-there.h5", compile=False)
        answers = np.asarray(network.predict_on_batch(arrays.images[:8].astype(np.float32) / 255))[:, 0]
        factor, start = done["calibration"]["factor"], done["calibration"]["start"]
        np.testing.assert_allclose(answers, factor * (means(arrays)[:8] + 90) + start, rtol=1e-4)
        assert balanced(body(tmp_path / "model-on-there.html"))
        assert "What local films are good for" in words(tmp_path / "model-on-there.html")
        again, _ = evaluated(tmp_path / "model-for-there.h5", arrays, "--out", "model-on-there.html")
        assert "left out that the model has seen" in again
        assert "legacy" not in said + again and f"card:    {Path('model-for-there.html')}" in said
        assert f"recalibrated on {done['films']} films" in words(tmp_path / "model-for-there.html")

    @pytest.mark.parametrize("line", [False, True])
    def test_probabilities(
        self, arrays: XrayArrays, tmp_path: Path, line: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Right in their order, and far too low: of one that has a line inside it is another line."""
        monkeypatch.setattr(recalibrated, "check_reloaded", lambda *given: None)  # a process: once is enough
        model = real_model(tmp_path, "gender", -40.0, 40 * float(np.median(means(arrays))) - 4, line=line)
        _, record = evaluated(model, arrays, "--recalibrate", 40)
        card = read_card(tmp_path / "model-for-there.h5")
        figures = {(row["figure"], row["when"]): row["value"] for row in record["recalibrated"]}
        assert figures["calibration_error", "after"] < figures["calibration_error", "before"]
        assert not line or card["recalibrated"][0]["calibration"]["kind"] == Isotonic.__name__.lower()

    def test_what_cannot_be_mended_costs_no_page(self, arrays: XrayArrays, tmp_path: Path) -> None:
        """The look is on record by then. Of a model that says one half of everybody nothing is learnt."""
        model = real_model(tmp_path, "gender", 0.0, 0.0)
        said, record = evaluated(model, arrays, "--recalibrate", 30)
        assert "no model is written" in said and record["local"] and "recalibrated" not in record
        assert not (tmp_path / "model-for-there.h5").exists()

    def test_how_many_it_takes_writes_no_model(self, arrays: XrayArrays, tmp_path: Path) -> None:
        model = real_model(tmp_path, "age", 1.0, 90.0)
        said, record = evaluated(model, arrays, "--recalibrate", 0)
        assert (
            "films are enough" in said
            and "intervals hold for" in said
            and record["local"]
            and "recalibrated" not in record
        )
        assert not (tmp_path / "model-for-there.h5").exists()

    @pytest.mark.parametrize(("words", "said"), [
        (["--recalibrate", "-1"], "--recalibrate -1"), (["--recalibrate", "5"], "patients are fitted on"),
        (["--recalibrate", "60"], "patients are left to be scored"),
        (["--recalibrate", "20", "--with-seen"], "--with-seen"),
    ])  # fmt: skip
    def test_what_cannot_be(self, words: list[str], said: str, arrays: XrayArrays, tmp_path: Path) -> None:
        model = real_model(tmp_path, "age", 1.0, 90.0)
        done = called("evaluate", model.name, "--data", arrays.path, *words, cwd=tmp_path)
        assert done.returncode == 2 and said in done.stderr, done.stderr
        assert not (arrays.path / LOG).exists() or not (arrays.path / LOG).read_text(), "nobody has looked"
        assert sorted(path.name for path in tmp_path.glob("model*")) == ["model.h5", "model.json"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([40.0], "too few films to tell"),
        ([40.0, 41.0], "films do not mend it"),
        ([40.0, 9.0, 8.9], "50 films are enough"),
    ],
)
def test_what_was_not_tried_is_not_told_as_no_use(values: list[float], said: str) -> None:
    steps = [Step(50.0 * number, 40.0 * number, "mae", value, value, value) for number, value in enumerate(values)]
    evaluated = SimpleNamespace(task=TASKS["age"], steps=steps, recalibrated=None)
    (line,) = lines_of_recalibration(cast(Evaluated, evaluated))
    assert said in line and f"{values[0]:.2f} years as it is" in line
