"""The trainer with real networks: reuse changes nothing, every space trains, every predictor survives `.h5`.

Backbones take their time: the first layers stand for each where a step's graph is made (`shallow.py`), and whole it
is where none is needed. What is only about their rows is in test_backbones.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from fake_workers import experiment
from material import drawn, on_hand
from run_folders import asked
from shallow import shallow
from shapes import shape_for
from warm import program

from runners._inputs.weights import NO_WEIGHTS
from runners._workers.messages import Setup, Train
from search_spaces import load_space, space_names
from search_spaces._backbones import BACKBONES
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Space
from xrays.arrays import XrayArrays
from xrays.folds import make_plan
from xrays.tasks import TASKS, Task

pytestmark = pytest.mark.slow

FILMS, FOLDS = 60, 4
# Augmentation, dropout, averaging and a batch that does not divide the films: all that could differ between folds.
BUSY: dict[str, Scalar] = {
    "dropout": 0.4, "batch_size": 16, "ema": True, "augment_mode": "combined", "augment_flip": True,
    "augment_rotation": True, "augment_contrast": True, "augment_noise": True, "augment_erasing": True,
}  # fmt: skip
OWN: dict[str, dict[str, Scalar]] = {
    "cnn": {"depth": 2, "start_size": "half"},
    "transfer": {"backbone": "mobilenetv2", "unfreeze": 0.3, "views": "standard", "width": 64},
}

FOLD_ALONE = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[4])
import test_training as here
folds = [int(fold) for fold in sys.argv[3].split(",")]
np.save(sys.argv[1], here.trained_folds(sys.argv[2], folds, Path(sys.argv[1]).parent))
"""


def every_network() -> list[Any]:
    """(space, parameters) of one network a space, or one a backbone where a space has them."""
    found = []
    for name in space_names():
        if load_space(name).build_head is None:
            found.append(pytest.param(name, {}, id=name))
            continue
        for row in BACKBONES:
            own = {"backbone": row, "unfreeze": 1.0, "width": 64, "views": "none"}
            found.append(pytest.param(name, own, id=row, marks=pytest.mark.long))
    return found


def every_network_and_task() -> list[Any]:
    """Every space and every task; of the backbones all with the first task, the smallest with all."""
    found = []
    for network in every_network():
        for task in TASKS.values():
            if task is FIRST_TASK or network.id in (*space_names(), WHOLE):
                found.append(pytest.param(*network.values, task, id=f"{network.id}-{task.name}", marks=network.marks))
    return found


FIRST_TASK = next(iter(TASKS.values()))
WHOLE = "mobilenetv2"  # the smallest, of which what is said of all spaces is asked
each_space = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.long if load_space(name).build_head else ()) for name in space_names()],
)
each_network_and_task = pytest.mark.parametrize(("name", "own", "task"), every_network_and_task())


def small(own: dict[str, Scalar]) -> AbstractContextManager[object]:
    """In it a backbone is its first layers."""
    return shallow(BACKBONES[str(own["backbone"])]) if "backbone" in own else nullcontext()


def side(own: dict[str, Scalar]) -> int:
    return max(32, BACKBONES[str(own["backbone"])].smallest) if "backbone" in own else 32


def trained_folds(name: str, folds: list[int], cache: Path, seeds: list[int] | None = None) -> list[np.ndarray]:
    """Predictions for all films after each of the folds, trained one after the other in this process, each with the
    seed in its place."""
    from runners._training.trainer import Trainer

    space = load_space(name)
    recipe = space.recipe({**space.first, **BUSY, **OWN.get(name, {})})
    images, labels = drawn(FILMS, 32)
    material = on_hand(images, cache, seed=1)
    trainer = Trainer(space, recipe, TASKS["age"], material, steps=3, epochs=4, seed=1, trial=2)
    found = []
    with small(OWN.get(name, {})):
        for fold, seed in zip(folds, seeds or [1] * len(folds), strict=True):
            trainer.take_seed(seed)
            rows = np.flatnonzero(np.arange(FILMS) % FOLDS != fold)
            trainer.fit(labels, rows, fold=fold, watch=lambda epoch, loss: True)
            found.append(trainer.predict(np.arange(FILMS)))
    return found


def in_fresh_process(name: str, folds: str, out: Path) -> np.ndarray:
    """Each in a folder of its own: features are computed anew, too."""
    out.parent.mkdir()
    done = program(FOLD_ALONE, out, name, folds, Path(__file__).parent)
    assert done.returncode == 0, done.stderr[-2000:]
    return np.load(out)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], np.ndarray]:
    """Of a space what fold 3 comes to in a process that has trained nothing else."""

    @cache
    def trained(name: str) -> np.ndarray:
        (found,) = in_fresh_process(name, "3", tmp_path_factory.mktemp("alone") / "fresh" / "alone.npy")
        return found

    return trained


@each_space
def test_a_fold_alone_equals_the_fold_after_others_bit_for_bit(
    name: str, alone: Callable[[str], np.ndarray], tmp_path: Path
) -> None:
    *_, other, after = in_fresh_process(name, "0,1,2,3", tmp_path / "b" / "after.npy")
    assert alone(name).tobytes() == after.tobytes()
    assert not np.allclose(after, other), "another fold trains on other films: the test could not fail"


@each_space
@pytest.mark.long
def test_a_seed_after_another_equals_the_seed_alone_bit_for_bit(
    name: str, alone: Callable[[str], np.ndarray], tmp_path: Path
) -> None:
    """Its graphs are those of the seed before, its initial weights its own, and its random streams."""
    other, after = trained_folds(name, [3, 3], tmp_path / "after", seeds=[2, 1])
    assert alone(name).tobytes() == after.tobytes() and not np.allclose(after, other)


def lowers_the_loss(name: str, own: dict[str, Scalar], task: Task, folder: Path) -> None:
    """In twenty steps on a fixed batch, head and whole network."""
    from runners._training.trainer import Trainer

    space = load_space(name)
    rate = 2e-4 if space.build_head else 5e-3
    params = {**space.first, "dropout": 0.0, "learning_rate": rate, "fine_tune_rate": 1e-3, **own}
    recipe = space.recipe({key: params[key] for key in space.first})
    images, ages = drawn(32, side(own))
    labels = ages if task.kind == "regression" else (ages > np.median(ages)).astype(np.float32)
    material, batch = on_hand(images, folder), np.arange(32)
    trainer = Trainer(space, recipe, task, material, steps=1, epochs=30, seed=0, trial=0)
    losses = trainer.fit(labels, batch, fold=0, watch=lambda epoch, loss: True)
    own_losses = losses[trainer.probe_epochs :]
    # Some backbones drop whole branches at random: a single step's loss says little.
    assert len(own_losses) >= 20 and np.mean(own_losses[-3:]) < 0.9 * own_losses[0], losses
    if trainer.probe_epochs:
        assert losses[trainer.probe_epochs - 1] < losses[0], losses
    predicted = trainer.predict(batch)
    assert predicted.shape == (32,) and predicted.dtype == np.float32
    if task.kind == "binary":
        assert ((predicted >= 0) & (predicted <= 1)).all()
    else:
        assert 0 < predicted.mean() < 130, "years, not standardised units"


@each_network_and_task
def test_twenty_steps_lower_the_loss_on_a_fixed_batch(
    name: str, own: dict[str, Scalar], task: Task, tmp_path: Path
) -> None:
    with small(own):
        lowers_the_loss(name, own, task, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in space_names() if load_space(name).build_head])
def test_twenty_steps_lower_the_loss_of_a_whole_backbone(name: str, tmp_path: Path) -> None:
    lowers_the_loss(name, OWN[name] | {"unfreeze": 1.0, "views": "none"}, FIRST_TASK, tmp_path)


def halved_then_whole(folder: Path, **own: Scalar) -> Any:
    """A trainer of four epochs, two of them on halved films, and 24 films of 24 px."""
    from runners._training.trainer import Trainer

    space = load_space("cnn")
    recipe = space.recipe({**space.first, "depth": 2, "batch_size": 16, "start_size": "half", **own})
    images, labels = drawn(24, 24)
    trainer = Trainer(space, recipe, TASKS["age"], on_hand(images, folder), steps=2, epochs=4, seed=0, trial=0)
    assert [(part.epochs, part.shape((24, 24, 1))[0]) for part in trainer.parts] == [(2, 17), (2, 24)]
    return trainer, labels


def test_whole_films_go_on_where_halved_ones_have_come_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all weights and statistics, the optimizer's momenta and average, and its place in the schedule."""
    from runners._training.network import Network

    trainer, labels = halved_then_whole(tmp_path, ema=True)
    states, epoch = list[tuple[dict[str, np.ndarray], ...]](), Network.epoch

    def state(network: Network) -> dict[str, np.ndarray]:
        weights = {variable.path: np.array(variable) for variable in network.model.weights}
        return weights | {variable.name: np.array(variable) for variable in network.model.optimizer.variables}

    def noted(self: Network, *given: Any) -> float:
        before = state(self)
        loss = epoch(self, *given)
        states.append((before, state(self)))
        return loss

    monkeypatch.setattr(Network, "epoch", noted)
    trainer.fit(labels, np.arange(24), fold=0, watch=lambda number, loss: True)
    (first, _), (_, halved), (begun, _), (_, done) = states
    assert set(halved) == set(begun)
    for name, value in halved.items():
        np.testing.assert_array_equal(begun[name], value, err_msg=name)
    assert [int(found["iteration"]) for found in (first, begun, done)] == [0, 4, 8]
    assert not np.array_equal(first["conv_0/kernel"], begun["conv_0/kernel"])
    rates = [float(trainer.network(part).model.optimizer.learning_rate) for part in trainer.parts]
    assert rates[1] < rates[0], "one schedule for both"


def test_the_first_epochs_are_trained_and_scored_on_films_of_half_the_pixels(tmp_path: Path) -> None:
    from runners._training.shrink import means_of

    trainer, labels = halved_then_whole(tmp_path)
    films, means, same = trainer._material.images, means_of(24, 17), list[bool]()

    def compared(epoch: int, loss: float) -> bool:
        part = trainer.parts[0]
        small = np.einsum("oi,fijc,pj->fopc", means, films / np.float32(255), means)
        expected = trainer._of(part).predictor(small.astype(np.float32), training=False)
        same.append(np.allclose(trainer.predict(np.arange(24)), np.asarray(expected)[:, 0], rtol=1e-4))
        return True

    trainer.fit(labels, np.arange(24), fold=0, watch=compared)
    assert same == [True, True, False, False]
    assert trainer.predictor().input_shape == (None, 24, 24, 1)
    made = trainer.compiling
    trainer.fit(labels, np.arange(24), fold=1, watch=lambda epoch, loss: True)
    assert trainer.compiling == made > 0, "its networks are made once"


def test_two_halves_of_a_batch_make_the_step_of_the_whole(tmp_path: Path) -> None:
    """Where nothing looks at the batch as a whole: no batch statistics, no dropout, no augmentation."""
    from runners._training.trainer import Trainer

    space = load_space("cnn")
    own = {"depth": 2, "normalisation": "group", "dropout": 0.0, "augment_mode": "none", "batch_size": 16}
    recipe = space.recipe({**space.first, **own})
    images, labels = drawn(48, 24)
    material, found = on_hand(images, tmp_path), []
    for parts in (1, 2):
        trainer = Trainer(
            space, recipe, TASKS["age"], material, steps=3, epochs=4, seed=0, trial=0, accumulation=parts
        )
        for _ in range(2):  # the second time from what the first has left
            losses = trainer.fit(labels, np.arange(48), fold=0, watch=lambda epoch, loss: True)
        found.append((losses, trainer.predict(np.arange(48))))
    (losses, whole), (halved, halves) = found
    assert np.allclose(losses, halved, rtol=1e-3) and np.allclose(whole, halves, atol=0.1)
    assert losses[-1] < losses[0] - 0.01, "it has learned: the comparison could fail"


@pytest.mark.parametrize(("batch_size", "parts", "fits"), [(16, 1, 16), (16, 4, 4), (64, 1, 64)])
def test_no_more_films_are_scored_at_once_than_training_fitted(
    batch_size: int, parts: int, fits: int, tmp_path: Path
) -> None:
    from runners._training.trainer import Trainer

    space = load_space("cnn")
    recipe = space.recipe({**space.first, "depth": 2, "batch_size": batch_size})
    images, labels = drawn(150, 24)
    trainer = Trainer(
        space, recipe, TASKS["age"], on_hand(images, tmp_path), steps=1, epochs=1, seed=0, trial=0, accumulation=parts
    )
    loop, sizes = trainer.network(trainer.parts[0])._loop, dict[str, set[int]]()

    def noted(name: str, own: Any) -> Any:
        def called(films: Any, rows: np.ndarray, *more: Any) -> Any:
            sizes.setdefault(name, set()).add(rows.shape[1])
            return own(films, rows, *more)

        return called

    for name in ("train", "predict"):
        setattr(loop, name, noted(name, getattr(loop, name)))
    trainer.fit(labels, np.arange(100), fold=0, watch=lambda epoch, loss: True)
    assert np.isfinite(trainer.predict(np.arange(150))).all()
    assert sizes == {"train": {fits}, "predict": {fits}}


def answering(name: str, own: dict[str, Scalar], task: Task) -> tuple[Any, tuple[int, ...]]:
    """A whole network that looks trained, and the shape of what it takes. Untrained, signals fade on their way, and a
    head that begins at zero answers the same whatever comes to it."""
    from runners._training.extraction import settle

    space = load_space(name)
    predictor = built(space, own, task, seed=4)
    if space.takes == "films":
        settle(predictor, seed=1)
    last = [layer for layer in predictor.layers if type(layer).__name__ == "Dense"][-1]
    kernel, bias = last.get_weights()
    last.set_weights([np.random.default_rng(1).normal(0, 0.1, kernel.shape), bias])
    return predictor, shape_for(space, side(own))


@each_network_and_task
def test_a_whole_network_learns_in_every_layer(name: str, own: dict[str, Scalar], task: Task) -> None:
    predictor, shape = answering(name, own, task)
    still, before, after = descent(predictor, np.random.default_rng(2).random((24, *shape), np.float32))
    assert not still, "kernels that no training step would move"
    assert 0.97 * before < after < 0.995 * before, "the step is made for 0.98"


@pytest.mark.parametrize(
    ("name", "own", "task"),
    [param for param in every_network_and_task() if param.values[1].get("backbone", WHOLE) == WHOLE],
)
def test_its_h5_needs_nothing_but_keras(name: str, own: dict[str, Scalar], task: Task, tmp_path: Path) -> None:
    """That of the other backbones: test_backbones.py, and test_other_keras.py in other processes."""
    predictor, shape = answering(name, own, task)
    given = np.random.default_rng(0).random((6, *shape), np.float32)
    expected = np.asarray(predictor(given, training=False))  # `predict` would trace a graph for a single batch
    assert expected.shape == (6, 1) and expected.dtype == np.float32 and len(np.unique(expected)) == 6
    predictor.save(tmp_path / "model.h5", include_optimizer=False)
    np.save(tmp_path / "given.npy", given)
    script = (
        "import sys, keras, numpy\n"
        "model = keras.models.load_model(sys.argv[1], compile=False)\n"
        "numpy.save(sys.argv[3], numpy.asarray(model(numpy.load(sys.argv[2]), training=False)))"
    )
    paths = [str(tmp_path / part) for part in ("model.h5", "given.npy", "got.npy")]
    done = program(script, *paths, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert np.load(paths[2]).tobytes() == expected.tobytes()


def descent(model: Any, films: np.ndarray) -> tuple[list[str], float, float]:
    """(kernels that are not trained or have no gradient, error, error after a step against the gradient) as in
    training, but without an optimizer, and without a graph, which takes longer to make than the step. The error is
    the distance to answers that are one higher or lower."""
    import tensorflow as tf

    others = [(variable, np.asarray(variable)) for variable in model.non_trainable_variables]
    truth = np.asarray(model(films, training=True)) + np.where(np.arange(len(films)) % 2, 1, -1)[:, None]

    def error() -> Any:
        for variable, value in others:  # the same dropout, the same statistics
            variable.assign(value)
        return tf.reduce_mean((model(films, training=True) - truth) ** 2)

    with tf.GradientTape() as tape:
        before = error()
    weights = model.trainable_variables
    gradients = [tf.convert_to_tensor(each) for each in tape.gradient(before, [each.value for each in weights])]
    moved = {id(each) for each, gradient in zip(weights, gradients, strict=True) if tf.reduce_any(gradient != 0)}
    step = 0.02 * before / sum(tf.reduce_sum(gradient**2) for gradient in gradients)
    for each, gradient in zip(weights, gradients, strict=True):
        each.assign_sub(step * gradient)
    still = [each.path for each in model.weights if len(each.shape) > 1 and id(each) not in moved]
    return still, float(before), float(error())


@each_space
def test_the_same_seed_gives_the_same_weights_and_the_footprint_is_right(name: str) -> None:
    """What of a footprint differs from backbone to backbone are facts of its row, see test_backbones.py."""
    space, task, own = load_space(name), TASKS["age"], OWN.get(name, {})
    weights = []
    for seed in (7, 7, 8):
        model = built(space, own, task, seed)
        weights.append(model.get_weights())
    one, same, other = weights
    assert all(map(np.array_equal, one, same))
    assert not all(map(np.array_equal, one, other))
    statistics = sum(layer.count_params() for layer in model.layers if type(layer).__name__ == "Normalization")
    cost = space.footprint(space.recipe({**space.first, **own}), model.input_shape[1:])
    assert cost.parameters == model.count_params() - statistics
    made = sum(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    assert 0.7 * made < cost.activations < 1.4 * made


def built(space: Space, own: dict[str, Scalar], task: Task, seed: int) -> Any:
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    recipe = space.recipe({**space.first, **own})
    return space.build(recipe, task, shape_for(space, side(own)))


def test_every_film_is_trained_on_and_epochs_are_equally_long() -> None:
    from runners._training.order import EpochOrder

    order = EpochOrder(np.arange(100, 123), films=16, seed=9)
    epochs = [order.epoch(number) for number in range(23)]
    assert all(len(epoch) == 16 for epoch in epochs)
    seen, counts = np.unique(np.concatenate(epochs), return_counts=True)
    assert seen.tolist() == list(range(100, 123)) and set(counts) == {16}
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_job_with_a_seed_of_its_own_has_networks_of_its_own(prepared: XrayArrays) -> None:
    """Whatever seed came before, in the same graphs."""
    from runners._training.context import TrainingContext

    plan, first = make_plan(prepared, folds=2), load_space("cnn").first
    setup = Setup(prepared.path, plan.assignment, experiment(folds=2, seed=7), 1, NO_WEIGHTS, 0)
    context = TrainingContext(setup, cast(Any, SimpleNamespace(send=print)))

    def weights(fold: int, seed: int | None) -> bytes:
        trainer = context.fold_trainer(Train(asked(3, {**first, "depth": 2, "filters": 8}), fold, seed=seed))
        trainer.network(trainer.parts[-1])
        return b"".join(np.asarray(each).tobytes() for each in trainer.predictor().get_weights())

    own, other = weights(0, None), weights(0, 8)
    assert own != other and other == weights(1, 8) and own == weights(1, None) == weights(0, 7)


MIXED = """
import sys
from pathlib import Path
from types import SimpleNamespace
import numpy as np
sys.path.insert(0, sys.argv[2])
from fake_workers import experiment
from run_folders import asked
from runners._training.context import TrainingContext
from runners._training.written import in_float32
from runners._training.timing import measure
from runners._workers.messages import Measure, Setup
from runners._inputs.weights import NO_WEIGHTS
from search_spaces import load_space
from xrays.arrays import XrayArrays
from xrays.folds import make_plan

arrays = XrayArrays.open(Path(sys.argv[1]))
plan = make_plan(arrays, folds=2)
identity = experiment(folds=2, precision="mixed")
setup = Setup(arrays.path, plan.assignment, identity, 1, NO_WEIGHTS, 0)
context, first = TrainingContext(setup, SimpleNamespace(send=print)), {**load_space("cnn").first, "depth": 2}
for trial in range(2):
    job = Measure(asked(trial, first))
    measure(context, job)
    trained = context.fold_trainer(job).predictor()
    assert trained.get_layer("conv_0").compute_dtype == "bfloat16", f"trial {trial} is not mixed"
    assert trained.layers[-1].compute_dtype == "float32"
plain = in_float32(context, context.fold_trainer(job).recipe)
plain.set_weights(trained.get_weights())
assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
films = arrays.images[:4].astype("float32") / 255
a, b = (np.asarray(model.predict_on_batch(films)) for model in (plain, trained))
assert np.allclose(a, b, atol=2), (a, b)
"""


def test_mixed_precision_lasts_over_trials_and_exports_float32(prepared: XrayArrays) -> None:
    """In its own process: a dtype policy is global, and forgetting a trial's graphs forgets it."""
    done = program(MIXED, prepared.path, Path(__file__).parent)
    assert done.returncode == 0, done.stderr[-2000:]
