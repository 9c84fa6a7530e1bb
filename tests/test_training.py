"""The trainer with real networks: reuse changes nothing, every space trains, every predictor survives `.h5`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search_spaces import load_space, space_names
from search_spaces._space import Fixed, Scalar
from xrays.arrays import XrayArrays
from xrays.tasks import TASKS, Task

pytestmark = pytest.mark.slow

SIZE, FILMS, FOLDS = 32, 60, 4
# Augmentation, dropout and a batch that does not divide the films: all that could differ between folds.
BUSY: dict[str, Scalar] = {
    "depth": 2, "dropout": 0.4, "batch_size": 16, "augment_flip": True, "augment_rotation": True,
    "augment_shift": True, "augment_zoom": True, "augment_contrast": True,
}  # fmt: skip

FOLD_ALONE = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[3])
import test_training as here
np.save(sys.argv[1], here.trained_folds([int(fold) for fold in sys.argv[2].split(",")])[-1])
"""


def films() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    labels = rng.uniform(20, 90, FILMS).astype(np.float32)
    images = rng.normal(labels[:, None, None, None] + 60, 40, (FILMS, SIZE, SIZE, 1))
    return images.clip(0, 255).astype(np.uint8), labels


def trained_folds(folds: list[int]) -> list[np.ndarray]:
    """Predictions for all films after each of the folds, trained one after the other in this process."""
    from runners._training import Trainer

    space = load_space("cnn")
    recipe = space.sample(Fixed({**space.first, **BUSY}))
    trainer = Trainer(space, recipe, TASKS["age"], size=SIZE, steps=3, epochs=3, seed=1, trial=2)
    images, labels = films()
    found = []
    for fold in folds:
        rows = np.flatnonzero(np.arange(FILMS) % FOLDS != fold)
        trainer.fit(images, labels, rows, fold=fold, watch=lambda epoch, loss: True)
        found.append(trainer.predict(images, np.arange(FILMS)))
    return found


def in_fresh_process(folds: str, out: Path) -> np.ndarray:
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", FOLD_ALONE, str(out), folds, here], check=True, capture_output=True)
    return np.load(out)


def test_a_fold_alone_equals_the_fold_after_others_bit_for_bit(tmp_path: Path) -> None:
    alone = in_fresh_process("3", tmp_path / "alone.npy")
    after = in_fresh_process("0,1,2,3", tmp_path / "after.npy")
    other = in_fresh_process("2", tmp_path / "other.npy")
    assert alone.tobytes() == after.tobytes()
    assert not np.allclose(alone, other), "another fold trains on other films: the test could not fail"


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("name", space_names())
def test_ten_steps_lower_the_loss_on_a_fixed_batch(name: str, task: Task) -> None:
    from runners._training import Trainer

    space = load_space(name)
    params = {**space.first, "dropout": 0.0, "learning_rate": 5e-3}
    trainer = Trainer(space, space.sample(Fixed(params)), task, size=SIZE, steps=1, epochs=12, seed=0, trial=0)
    images, ages = films()
    labels = ages if task.kind == "regression" else (ages > np.median(ages)).astype(np.float32)
    batch = np.arange(32)
    losses = trainer.fit(images, labels, batch, fold=0, watch=lambda epoch, loss: True)
    assert losses[-1] < 0.8 * losses[0]
    predicted = trainer.predict(images, batch)
    assert predicted.shape == (32,) and predicted.dtype == np.float32
    if task.kind == "binary":
        assert ((predicted >= 0) & (predicted <= 1)).all()
    else:
        assert 0 < predicted.mean() < 120, "years, not standardised units"


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("name", space_names())
def test_h5_round_trip_is_exact_and_needs_nothing_but_keras(name: str, task: Task, tmp_path: Path) -> None:
    import keras

    space = load_space(name)
    keras.utils.set_random_seed(4)
    predictor = space.build(space.sample(Fixed(space.first)), task, (SIZE, SIZE, 1))
    given = np.random.default_rng(0).random((6, SIZE, SIZE, 1), np.float32)
    expected = np.asarray(predictor.predict_on_batch(given))
    predictor.save(tmp_path / "model.h5", include_optimizer=False)
    np.save(tmp_path / "given.npy", given)
    script = (
        "import sys, keras, numpy\n"
        "model = keras.models.load_model(sys.argv[1], compile=False)\n"
        "numpy.save(sys.argv[3], model.predict_on_batch(numpy.load(sys.argv[2])))"
    )
    paths = [str(tmp_path / part) for part in ("model.h5", "given.npy", "got.npy")]
    subprocess.run([sys.executable, "-c", script, *paths], check=True, capture_output=True, cwd=tmp_path)
    assert np.load(paths[2]).tobytes() == expected.tobytes()


def test_every_film_is_trained_on_and_epochs_are_equally_long() -> None:
    from runners._training import _Order

    order = _Order(np.arange(100, 123), films=16, seed=9)
    epochs = [order.epoch(number) for number in range(23)]
    assert all(len(epoch) == 16 for epoch in epochs)
    seen, counts = np.unique(np.concatenate(epochs), return_counts=True)
    assert seen.tolist() == list(range(100, 123)) and set(counts) == {16}
    assert not np.array_equal(epochs[0], epochs[1])


def test_augmentation_changes_training_only_and_differs_between_films() -> None:
    import keras

    from search_spaces._augment import AugmentRecipe
    from search_spaces._augment_layers import augment

    recipe = AugmentRecipe(flip=True, rotation=True, shift=True, zoom=True, contrast=True)
    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, augment(inputs, recipe, seed=3))
    film = films()[0][:1].repeat(4, 0).astype(np.float32) / 255
    assert np.array_equal(np.asarray(model(film, training=False)), film)
    changed = [np.asarray(model(film, training=True)) for _ in range(2)]
    assert not np.allclose(changed[0], film) and not np.allclose(changed[0], changed[1])
    assert not np.allclose(changed[0][0], changed[0][1])
    assert min(c.min() for c in changed) >= 0 and max(c.max() for c in changed) <= 1


def test_one_operation_does_what_its_name_says() -> None:
    import keras

    from search_spaces._augment_layers import RandomAffine

    film = np.zeros((64, 33, 33, 1), np.float32)
    film[:, 5, 10] = 1.0

    def after(**largest: float | bool) -> np.ndarray:
        given = {"flip": False, "rotation": 0.0, "shift": 0.0, "zoom": 0.0, **largest}
        return np.asarray(RandomAffine(**given, seed=1)(film, training=True))  # type: ignore[arg-type]

    assert np.allclose(after(), film, atol=1e-5)
    flipped = after(flip=True)
    columns = set(flipped.argmax(2).max(1).ravel().tolist())
    assert columns == {10, 22}, "each film is mirrored about its middle or left as it is"
    turned = after(rotation=0.3)
    heaviest = np.array([np.unravel_index(t.argmax(), t.shape[:2]) for t in turned]) - 16
    assert np.allclose(np.hypot(*heaviest.T), np.hypot(11, 6), atol=1.2), (
        "a rotation keeps the distance to the middle"
    )
    moved = after(shift=0.1)
    spots = np.array([np.unravel_index(t.argmax(), t.shape[:2]) for t in moved])
    assert np.abs(spots - [5, 10]).max() <= 4 and len({tuple(spot) for spot in spots}) > 5
    keras.utils.clear_session()


MIXED = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[2])
from fake_workers import experiment
from runners._bench import Bench, _in_float32
from runners._messages import Measure, Setup
from search_spaces import load_space
from xrays.arrays import XrayArrays
from xrays.folds import make_plan

arrays = XrayArrays.open(Path(sys.argv[1]))
plan = make_plan(arrays, folds=2)
setup = Setup(arrays.path, plan.assignment[0], experiment(folds=2, precision="mixed"), 1)
bench, first = Bench(setup, None), {**load_space("cnn").first, "depth": 2}
for trial in range(2):
    bench.do(Measure(trial, first))
    trained = bench.trainer.predictor
    assert trained.get_layer("conv_0").compute_dtype == "bfloat16", f"trial {trial} is not mixed"
    assert trained.layers[-1].compute_dtype == "float32"
plain = _in_float32(bench.trainer, bench.space, bench.task, arrays.size)
assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
films = arrays.images[:4].astype("float32") / 255
a, b = (np.asarray(model.predict_on_batch(films)) for model in (plain, trained))
assert np.allclose(a, b, atol=2), (a, b)
"""


def test_mixed_precision_lasts_over_trials_and_exports_float32(prepared: XrayArrays) -> None:
    """In its own process: a dtype policy is global, and forgetting a trial's graphs forgets it."""
    command = [sys.executable, "-c", MIXED, str(prepared.path), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
