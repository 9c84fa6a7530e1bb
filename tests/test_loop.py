"""Many steps a call: the same numbers as step by step, whatever they are cut into, traced once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from material import drawn, on_hand, setup_for
from rows import first_and_others
from run_folders import asked

from runners._backend import environment
from runners._workers.messages import Job
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from xrays.arrays import XrayArrays
from xrays.tasks import TASKS

FILMS, STEPS = 60, 3
BUSY: dict[str, Scalar] = {
    "depth": 2, "filters": 8, "dropout": 0.4, "batch_size": 16, "ema": True, "clip": 1.0,
    "augment_mode": "combined", "augment_rotation": True, "augment_contrast": True, "augment_noise": True,
}  # fmt: skip


def trainer(folder: Path, **options: Any) -> Any:
    from runners._training.trainer import Trainer

    space = load_space("cnn")
    recipe = space.recipe({**space.first, **BUSY})
    material = on_hand(drawn(FILMS, 16)[0], folder)
    return Trainer(space, recipe, TASKS["age"], material, steps=STEPS, epochs=2, seed=1, trial=2, **options)


def two_folds(trainer: Any) -> bytes:
    """All losses and predictions of two folds of two epochs, bit for bit; the folds score 12 and 17 films."""
    labels, numbers = drawn(FILMS, 16)[1], []
    for fold, scored in enumerate((12, 17)):

        def watch(epoch: int, loss: float, scored: int = scored) -> bool:
            numbers.append(np.append(trainer.predict(np.arange(scored)), np.float32(loss)))
            return True

        trainer.fit(labels, np.arange(scored, FILMS), fold=fold, watch=watch)
    return b"".join(each.tobytes() for each in numbers)


@pytest.fixture(scope="module")
def in_one_call(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return two_folds(trainer(tmp_path_factory.mktemp("one")))


def stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    from runners._training import network

    monkeypatch.setattr(network, "LOOPS", {})


def in_calls_of_two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._training.loop.STEPS", 2)


def on_an_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """What TensorFlow is told where there is a GPU, but computed here: the films are kept in float16."""
    import tensorflow as tf

    devices = tf.config.list_physical_devices
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["one"] if kind == "GPU" else devices())


@pytest.mark.slow
@pytest.mark.parametrize("way", first_and_others([stepped, in_calls_of_two_steps, on_an_accelerator]))
def test_it_is_the_same_bit_for_bit(
    way: Callable[[pytest.MonkeyPatch], None], in_one_call: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    way(monkeypatch)
    assert two_folds(trainer(tmp_path)) == in_one_call


@pytest.mark.slow
def test_a_network_is_traced_once_for_all_folds_and_one_call_is_an_epoch(tmp_path: Path) -> None:
    from runners._training.loop_tensorflow import TensorFlowLoop

    own = trainer(tmp_path)
    network, traced, run = own.network(own.parts[0]), [], []
    train_step, graphs = network.model.train_step, network._loop._run
    network.model.train_step = lambda data: traced.append("train") or train_step(data)
    network._loop._run = lambda name, *given: run.append((name, len(given[2]))) or graphs(name, *given)
    assert isinstance(network._loop, TensorFlowLoop)
    two_folds(own)
    assert traced == ["train"], "a second time would cost seconds"
    assert run == [("train", STEPS), ("predict", 1), ("train", STEPS), ("predict", 1)] + [
        ("train", STEPS), ("predict", 2), ("train", STEPS), ("predict", 2)
    ]  # fmt: skip


@pytest.mark.slow
def test_a_step_that_goes_wrong_is_named_at_the_end_of_the_epoch(tmp_path: Path) -> None:
    from runners._training.network import TrainingDiverged

    own, labels = trainer(tmp_path), drawn(FILMS, 16)[1]
    rows = own.parts_of(np.arange(48), STEPS)
    labels[rows[1, 5]] = np.inf
    network, inputs = own.network(own.parts[0]), own._inputs(own.parts[0])
    with pytest.raises(TrainingDiverged, match=r"inf at step 2 of an epoch"):
        network.epoch(inputs, labels, rows, np.random.default_rng(0))


@pytest.mark.parametrize(("held", "sent", "steps"), [(True, 0, 4), (False, 10**6, 4), (False, 700, 2), (False, 1, 1)])
def test_every_row_is_reached_once_and_no_call_is_larger_than_it_may_be(
    held: bool, sent: int, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runners._training import loop

    monkeypatch.setattr(loop, "STEPS", 4)
    monkeypatch.setattr(loop, "SENT", sent)
    source = np.arange(50 * 100, dtype=np.uint8).reshape(50, 100)
    rows = np.random.default_rng(0).permutation(50)[:33].reshape(11, 3)
    where = SimpleNamespace(held=lambda films: films if held else None)
    found, shapes = [], set()
    for films, some, part in loop.calls(where, source, rows):  # type: ignore[arg-type]
        assert np.array_equal(films[some], source[rows[part]]) and some.dtype == np.int32
        found += range(part.start, part.stop)
        shapes.add(films.shape)
    assert found == list(range(11)) and shapes == {(50 if held else 3 * steps, 100)}
    assert max(len(some) for _, some, _ in loop.calls(where, source, rows)) == steps  # type: ignore[arg-type]


def test_a_card_keeps_films_once_for_all_networks_of_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    from runners._training.loop_tensorflow import TensorFlowLoop
    from runners._training.on_card import OnCard

    on_an_accelerator(monkeypatch)
    films, on_card = drawn(5, 16)[0], OnCard(2 * 5 * 16 * 16)
    first, second = (TensorFlowLoop(Any, on_card) for _ in range(2))  # type: ignore[arg-type]
    assert first.held(films) is second.held(films.reshape(5, 16, 16, 1)), "a view of the same values is the same"
    assert np.array_equal(first.held(films), films) and first.held(films).dtype == "float16"
    assert TensorFlowLoop(Any, OnCard(2 * 5 * 16 * 16 - 1)).held(films) is None  # type: ignore[arg-type]


def test_what_was_kept_first_makes_room() -> None:
    from runners._training.on_card import OnCard

    arrays, put, on_card = [np.full(4, n) for n in range(4)], list[int](), OnCard(limit=10)

    def of(number: int, size: int) -> Any:
        return on_card.of(arrays[number], size, lambda source: put.append(number) or source.sum())

    assert [of(0, 4), of(1, 4), of(0, 4), of(2, 4), of(1, 4), of(3, 11), of(0, 10)] == [0, 4, 0, 8, 4, None, 0]
    assert put == [0, 1, 2, 0], "0 went for 2, and what is too large makes nobody go"


def test_all_trials_of_a_worker_share_what_its_card_keeps(
    prepared: XrayArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runners._training import network
    from runners._training.context import TrainingContext
    from runners._training.loop_stepped import SteppedLoop

    shared: list[Any] = []
    monkeypatch.setattr(
        network, "LOOPS", {"tensorflow": lambda model, on_card: shared.append(on_card) or SteppedLoop(model)}
    )
    setup = replace(setup_for(prepared), held=123)
    context, params = TrainingContext(setup, SimpleNamespace(send=print)), {**load_space("cnn").first, **BUSY}  # type: ignore[arg-type]
    for number in range(2):
        trainer = context.fold_trainer(Job(asked(number, {**params, "start_size": "half"})))
        for part in trainer.parts:
            trainer.network(part)
    assert len(shared) == 4 and {id(each) for each in shared} == {id(shared[0])} and shared[0]._limit == 123


def test_of_features_a_view_of_the_same_film_is_drawn() -> None:
    from runners._training.network import feature_inputs

    views = np.arange(3)[:, None, None] * 100 + np.arange(7)[:, None] + np.zeros(2, np.float32)
    inputs, rows = feature_inputs(views), np.array([[6, 0], [3, 3]] * 50)
    drawn = inputs.source[inputs.train(rows, np.random.default_rng(0))][..., 0]
    assert np.array_equal(drawn % 100, rows) and set(np.unique(drawn // 100)) == {0, 1, 2}
    assert np.array_equal(inputs.source[rows][..., 0], rows), "what is scored is the film itself"


JAX = """
import sys
from functools import partial
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_loop as here
from runners._training import network
from runners._training.loop_jax import JaxLoop

found = []
for in_graph in (False, True):
    network.LOOPS["jax"] = partial(JaxLoop, in_graph=in_graph)
    (folder := Path(sys.argv[2]) / str(in_graph)).mkdir()
    own = here.trainer(folder)
    found.append(here.two_folds(own))
    assert here.two_folds(own) == found[-1], f"in the graph: {in_graph}"
one_by_one, together = (np.frombuffer(numbers, np.float32) for numbers in found)
assert np.allclose(one_by_one, together, atol=0.05), np.abs(one_by_one - together).max()
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed here")
def test_on_jax_both_ways_train_alike_and_folds_come_out_the_same_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", JAX, str(Path(__file__).parent), str(tmp_path)]
    done = subprocess.run(command, env=environment("jax"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
