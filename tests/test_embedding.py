"""The space `embedding`: what of its networks is computed from training vectors, and a search on vectors from its
options to answers of the exported model."""

from __future__ import annotations

import json
import shutil
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cli_process import called
from material import drawn, on_hand
from numpy.typing import NDArray
from pages import body
from test_vectors import given_vectors

from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces.embedding import REDUCTIONS
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.moments import moments_of
from xrays.tasks import TASKS
from xrays.vectors import keep_vectors, vectors_of
from xrays.vectors_file import read_vectors

SPACE = load_space("embedding")


def reduced(reduction: str, vectors: NDArray[np.float32], components: int = 16) -> NDArray[np.float32]:
    """What a network makes of vectors whose moments it was given, before its first learned layer."""
    import keras

    recipe = SPACE.recipe({**SPACE.first, "reduction": reduction, "components": components})
    model = SPACE.build(recipe, TASKS["age"], vectors.shape[1:])
    assert SPACE.settle is not None
    SPACE.settle(recipe, model, moments_of(vectors))
    within = keras.Model(model.input, model.get_layer("reduction").output)
    return np.asarray(within(vectors, training=True))


def clouds() -> NDArray[np.float32]:
    """80 vectors of 24 numbers, from a hundredth to a hundred, one of which is the same for all."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(80, 24)) @ rng.normal(size=(24, 24)) * np.geomspace(0.01, 100, 24) + rng.normal(
        size=24
    )
    vectors[:, 5] = 4
    return vectors.astype(np.float32)


class TestReduction:
    def test_standardised(self) -> None:
        found = reduced("standardise", clouds())
        np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-3)
        varies = np.arange(24) != 5
        np.testing.assert_allclose(found.std(axis=0)[varies], 1, rtol=1e-3)
        np.testing.assert_array_equal(found[:, 5], 0)

    def test_on_one_scale(self) -> None:
        found, vectors = reduced("scale", clouds()), clouds()
        np.testing.assert_allclose(np.square(found).mean(), 1, rtol=1e-3)
        apart, before = found[0] - found[1], vectors[0] - vectors[1]
        np.testing.assert_allclose(apart / apart[-1], before / before[-1], rtol=0.01, atol=1e-4)

    @pytest.mark.parametrize(("reduction", "spread"), [("pca", False), ("whiten", True)])
    def test_principal_components(self, reduction: str, spread: bool) -> None:
        found = reduced(reduction, clouds())
        covariance = np.cov(found.T, bias=True)
        assert found.shape == (80, 16)
        np.testing.assert_allclose(np.trace(covariance), 16, rtol=1e-3)
        np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=2e-2)
        assert np.allclose(np.diag(covariance), 1, atol=2e-2) == spread

    def test_more_components_than_a_vector_has_numbers(self) -> None:
        assert reduced("whiten", clouds(), components=256).shape == (80, 24)

    def test_fewer_vectors_than_components_make_no_noise(self) -> None:
        found = reduced("whiten", clouds()[:5])
        assert np.isfinite(found).all() and not found[:, 5:].any() and found[:, :4].any()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("layers", [0, 2])
def test_the_footprint_is_exact(reduction: str, layers: int) -> None:
    recipe = SPACE.recipe({**SPACE.first, "reduction": reduction, "layers": layers, "components": 16})
    model = SPACE.build(recipe, TASKS["gender"], (24,))
    footprint = SPACE.footprint(recipe, (24,))
    assert footprint.parameters == model.count_params()
    assert footprint.trained == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    kept = [layer.output.shape[1:] for layer in model.layers]
    assert footprint.activations == sum(int(np.prod(shape)) for shape in kept)


def trainer_of(folder: Path, **own: Scalar) -> tuple[Any, NDArray[np.float32], Any]:
    from runners._training.trainer import Trainer

    images, labels = drawn(24, 32)
    material = on_hand(images, folder)
    recipe = SPACE.recipe({**SPACE.first, "batch_size": 16, **own})
    return Trainer(SPACE, recipe, TASKS["age"], material, steps=1, epochs=1, seed=0, trial=0), labels, material


def test_a_fold_is_reduced_by_its_training_films_alone(tmp_path: Path) -> None:
    """And by those of the next fold in the next one."""
    trainer, labels, material = trainer_of(tmp_path, reduction="standardise")
    for fold, rows in enumerate((np.arange(12), np.arange(12, 24))):
        trainer.fit(labels, rows, fold=fold, watch=lambda epoch, loss: True)
        mean, variance = trainer.predictor().get_layer("reduction").get_weights()
        np.testing.assert_allclose(mean, material.vectors[rows].mean(axis=0), rtol=1e-5)
        np.testing.assert_allclose(variance, material.vectors[rows].var(axis=0), rtol=1e-4)
    assert not np.allclose(mean, material.vectors.mean(axis=0), rtol=1e-3), "the test could not fail"


def test_vectors_that_were_changed_under_a_search_are_no_material(tmp_path: Path) -> None:
    material = on_hand(drawn(8, 32)[0], tmp_path)
    material._setup = SimpleNamespace(experiment=SimpleNamespace(vectors="others@12345678"))
    with pytest.raises(ValueError, match="not those any more that the search began with"):
        material.vectors  # noqa: B018


SMALL = ["--trials", "2", "--folds", "2", "--epochs", "2", "--finalists", "0", "--space", "embedding"]


@pytest.fixture(scope="module")
def place(prepared: XrayArrays, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/tiny has vectors, data/bare has none; nobody writes into either but a search."""
    cwd = tmp_path_factory.mktemp("embedding")
    for name in ("tiny", "bare"):
        shutil.copytree(prepared.path, cwd / "data" / name)
    keep_vectors(
        XrayArrays.open(cwd / "data" / "tiny"), read_vectors(given_vectors(cwd, prepared.ids)), "a model & more"
    )
    return cwd


def test_films_without_vectors_are_refused(place: Path) -> None:
    done = called("search", "--task", "age", "--data", "data/bare", "--runs", "none", *SMALL, cwd=place)
    assert done.returncode == 2 and "data/bare has no vectors of another model" in done.stderr
    assert "prepare" in done.stderr and "--features FILE" in done.stderr and not (place / "none").exists()


@pytest.mark.usefixtures("warm")
@pytest.mark.long
def test_from_vectors_to_answers(place: Path, prepared: XrayArrays) -> None:
    done = called("search", "--task", "age", "--data", "data/tiny", "--name", "one", *SMALL, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
    vectors = vectors_of(XrayArrays.open(place / "data" / "tiny"))
    assert vectors is not None
    assert f"vectors  {vectors.label}, 6 numbers a film, made by a model & more" in done.stdout
    assert "CAUTION  which films a model & more was trained on is unknown: were these" in done.stdout
    assert "ablation" not in done.stdout
    store = RunStore.open(place / "runs" / "one")
    assert (store.experiment.vectors, store.experiment.shape) == (vectors.label, (6,))
    assert not [name for name in store.provenance.domains if "augment" in name]

    page = unescape(body(place / "runs" / "report.html"))
    assert page.count("Nothing to say: these networks take vectors") == 2 and "No maps yet" not in page
    assert f"{vectors.label}, 6 numbers a film, made by a model & more" in page and "from scratch" not in page

    exported = called("export", "--task", "age", cwd=place)
    assert exported.returncode == 0 and "the same predictions" in exported.stdout, exported.stderr
    assert "NOT KNOWN TO BE INDEPENDENT: which films a model & more has seen is unknown" in exported.stdout
    card = json.loads((place / "best_age.json").read_text())
    assert card["input"] == {"shape": [6], "vectors": vectors.record()}

    answered = called("predict", "best_age.h5", "vectors.npz", "--json", "answers.json", cwd=place)
    assert answered.returncode == 0, answered.stderr
    said = json.loads((place / "answers.json").read_text())["films"]
    assert [one["film"] for one in said] == [str(film) for film in prepared.ids[::-1]]
    import keras

    model = keras.models.load_model(place / "best_age.h5", compile=False)
    right = np.asarray(model.predict(vectors.values, verbose=0))[::-1, 0]
    np.testing.assert_allclose([one["age"] for one in said], right, rtol=1e-4)
    low, high = said[0]["age_low"], said[0]["age_high"]
    assert low < right[0] < high
    assert f"59    {right[0]:.1f} years ({low:.1f} to {high:.1f})" in answered.stdout

    np.save(place / "long.npy", np.zeros((2, 7)))
    np.save(place / "odd.npy", np.array([[0.0] * 6, [np.nan] * 6]))
    (place / "film.png").write_bytes(b"")
    for file, told in (("long.npy", "holds vectors of 7 numbers"), ("film.png", "takes no films")):
        refused = called("predict", "best_age.h5", file, cwd=place)
        assert refused.returncode == 2 and told in refused.stderr and "made by a model & more" in refused.stderr
    odd = called("predict", "best_age.h5", "odd.npy", cwd=place)
    assert odd.returncode == 1 and "its vector has NaN or infinity" in odd.stdout and "odd.npy row 0" in odd.stdout
    assert "1 of 2 films answered: 1 no_vector" in odd.stderr

    for words_, told in (
        (["explain", "best_age.h5"], "takes vectors: it sees no film"),
        (["explain", "one"], "takes vectors: it sees no film"),
        (["ablate", "one"], "vectors, which are not augmented"),
    ):
        refused = called(*words_, cwd=place)
        assert refused.returncode == 2 and told in refused.stderr

    again = called("rerun", "one", "--trial", "0", cwd=place)
    assert again.returncode == 0 and "bit for bit" in again.stdout, again.stdout + again.stderr
    # Other vectors beside the same films are another search, and no run goes on with them.
    shutil.copytree(place / "data" / "bare", place / "other" / "tiny")
    others = XrayArrays.open(place / "other" / "tiny")
    (place / "elsewhere").mkdir()
    keep_vectors(others, read_vectors(given_vectors(place / "elsewhere", others.ids, seed=1)), "")
    moved = called("search", "--task", "age", "--data", "other/tiny", "--name", "one", *SMALL, cwd=place)
    assert moved.returncode == 2 and "holds another search: vectors" in moved.stderr, moved.stderr
    moved = called("rerun", "one", "--trial", "0", "--data", "other/tiny", cwd=place)
    assert moved.returncode == 2 and "does not hold the vectors" in moved.stderr
