"""The CNN space: every option builds, what a network costs is known without building it, and the first configuration
is still the network that the project began with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from warm import program

from search_spaces._hyperparameters import Choice, Fixed, Integer, Option
from search_spaces._layers import groups_of
from search_spaces._map_sides import STEMS, unreachable
from search_spaces._space import domains
from search_spaces.cnn import SPACE, CnnRecipe, build, footprint, sample, stages
from xrays.tasks import TASKS

SEED: CnnRecipe = sample(Fixed(SPACE.first))
DOMAINS = domains(SPACE)
ROOT = Path(__file__).parents[1]


def options(name: str) -> list[Any]:
    match DOMAINS[name]:
        case Choice(found):
            return list(found)
        case Integer(low, high, step):
            return list(range(low, high + 1, step))
    raise TypeError(name)


class Drawn:
    """Answers at random."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return int(self._rng.integers(low, high + 1))

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return float(self._rng.uniform(low, high))

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        return options[self._rng.integers(len(options))]

    def flag(self, name: str) -> bool:
        return bool(self._rng.integers(2))


def films(count: int, size: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(5).random((count, size, size, 1), dtype=np.float32)


def original() -> keras.Model:
    """The network that the project began with, for age at 64 px, written out."""
    x = film = keras.Input((64, 64, 1))
    for filters in (16, 32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(1)(x)
    return keras.Model(film, layers.Rescaling(19.0, offset=50.0)(x))


def test_the_first_configuration_is_the_network_that_the_project_began_with() -> None:
    keras.utils.set_random_seed(7)
    expected = original()
    keras.utils.set_random_seed(7)
    found = build(SEED, TASKS["age"], (64, 64, 1))
    assert [type(layer) for layer in found.layers] == [type(layer) for layer in expected.layers]
    assert found.count_params() == 106_433
    for mine, theirs in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    some = films(3, 64)
    np.testing.assert_array_equal(found.predict_on_batch(some), expected.predict_on_batch(some))
    assert [layer.momentum for layer in found.layers if hasattr(layer, "momentum")] == [0.9] * 4


# The layers that only this option makes.
MADE_BY: dict[str, dict[str, set[type]]] = {
    "residual": {"False": set(), "True": {layers.Add}},
    "normalisation": {"batch": {layers.BatchNormalization}, "group": {layers.GroupNormalization}},
    "activation": {"relu": {layers.ReLU}, "swish": {layers.Activation}, "gelu": {layers.Activation}},
    "downsampling": {"max_pool": {layers.MaxPooling2D}, "average_pool": {layers.AveragePooling2D}, "stride": set()},
    "head": {
        "average": {layers.GlobalAveragePooling2D},
        "max": {layers.GlobalMaxPooling2D},
        "both": {layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D, layers.Concatenate},
        "flatten": {layers.Flatten},
    },
}
# What a configuration is varied by, one at a time, on a plain and on a residual network.
VARIED = ("stem", "normalisation", "activation", "downsampling", "head", "kernel", "growth")
ONE_CHANGED = [
    pytest.param({"residual": residual, name: option}, id=f"{'residual' if residual else 'plain'}-{name}-{option}")
    for residual in (False, True)
    for name in VARIED
    for option in options(name)
]


@pytest.mark.parametrize("change", ONE_CHANGED)
def test_every_option_builds(change: dict[str, Any]) -> None:
    task, recipe = TASKS["gender"], replace(SEED, depth=2, filters=8, **change)
    model = build(recipe, task, (16, 16, 1))
    assert model.input_shape == (None, 16, 16, 1)
    assert model.output_shape == (None, 1)
    assert model.layers[-1].name == task.name
    kinds = {type(layer) for layer in model.layers}
    for name, made in MADE_BY.items():
        option = str(getattr(recipe, name))
        # A residual block with a stride averages its shortcut.
        averaged = {layers.AveragePooling2D} if recipe.residual and option == "stride" else set()
        assert kinds & set().union(*made.values()) == made[option] | averaged
    activation = getattr(model.get_layer(f"{recipe.activation}_1"), "activation", keras.activations.relu)
    assert activation is model.get_layer("dense").activation is keras.activations.get(recipe.activation)
    last = round(8 * recipe.growth)
    width = {"both": 2 * last, "flatten": 4 * 4 * last}.get(recipe.head, last)
    patch = STEMS[recipe.stem]
    assert model.get_layer("conv_0").input.shape[1] == 16 // patch
    stem = [(layer.kernel_size, layer.strides) for layer in model.layers if layer.name == "stem"]
    assert stem == ([((patch, patch), (patch, patch))] if patch > 1 else [])
    assert model.get_layer("dense").input.shape[-1] == width


@pytest.mark.parametrize("size", [64, 33, 8])
def test_a_strided_blocks_shortcut_is_averaged_before_it_is_projected(size: int) -> None:
    """Projected with a stride of its own it reads a quarter of its input only."""
    recipe = replace(SEED, depth=5, filters=8, residual=True, downsampling="stride")
    model = build(recipe, TASKS["age"], (size, size, 1))
    convolutions = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    assert {layer.kernel_size for layer in convolutions if layer.strides != (1, 1)} == {(3, 3)}
    halved = sum(model.get_layer(f"conv_{number}").strides == (2, 2) for number in range(5))
    assert sum(isinstance(layer, layers.AveragePooling2D) for layer in model.layers) == halved
    first = model.get_layer("shortcut_pool_0")
    film = films(1, size)
    pooled = np.asarray(first(film))[0, :, :, 0]
    assert pooled.shape == ((size + 1) // 2,) * 2, "as large as what the strided convolution gives"
    assert pooled[0, 0] == pytest.approx(film[0, :2, :2, 0].mean())
    rest = film[0, -1:, -1:, 0] if size % 2 else film[0, -2:, -2:, 0]
    assert pooled[-1, -1] == pytest.approx(rest.mean()), "what lies beside the film does not count"


def drawn() -> Iterator[Any]:
    """Recipes, sides, tasks."""
    rng = np.random.default_rng(11)
    for number in range(15):
        recipe = sample(Drawn(rng))
        size, task = (8, 16, 17, 33, 50)[number % 5], [*TASKS][number % len(TASKS)]
        yield pytest.param(replace(recipe, filters=min(recipe.filters, 32)), size, task, id=f"{number}")
    small = replace(SEED, depth=2, filters=8, growth=1.0, dense=32)
    large = replace(SEED, depth=5, filters=64, kernel=5, residual=True, dense=256)
    yield pytest.param(SEED, 64, "age", id="seed")
    yield pytest.param(SEED, 64, "gender", id="seed for gender")
    yield pytest.param(small, 8, "age", id="smallest")
    yield pytest.param(replace(small, head="flatten", dense=256), 128, "gender", id="large map")
    yield pytest.param(replace(large, head="both"), 64, "age", id="largest")
    odd = replace(large, growth=1.5, normalisation="group")
    yield pytest.param(replace(odd, head="flatten"), 47, "gender", id="odd")
    yield pytest.param(replace(odd, downsampling="stride"), 31, "age", id="odd strides")
    yield pytest.param(replace(odd, stem="patch_4"), 33, "age", id="odd patches")
    yield pytest.param(replace(small, stem="patch_2"), 32, "gender", id="patches")


@pytest.mark.parametrize(("recipe", "size", "name"), list(drawn()))
def test_the_footprint_is_that_of_the_built_network(recipe: CnnRecipe, size: int, name: str) -> None:
    found = footprint(recipe, (size, size, 1))
    model = build(recipe, TASKS[name], (size, size, 1))
    assert found.parameters == model.count_params()
    assert found.trained == sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    outputs = sum(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    rescaling = 1 if name == "age" else 0  # to years: not counted
    assert found.activations == outputs - rescaling
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert found.multiply_adds == sum(
        int(np.prod(layer.output.shape[1:])) * int(np.prod(layer.kernel.shape[:-1])) for layer in kernels
    )


def test_the_footprint_needs_no_keras() -> None:
    program = (
        "import sys; from search_spaces.cnn import *; from search_spaces._hyperparameters import Fixed\n"
        "print(footprint(sample(Fixed(SPACE.first)), (64, 64, 1)).parameters, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["106433", "False"]


def test_groups_divide_the_filters_of_every_block_and_hold_four_channels_or_more() -> None:
    for filters in options("filters"):
        for growth in options("growth"):
            for number in range(max(options("depth"))):
                channels = round(filters * growth**number)
                groups = groups_of(channels)
                assert 1 <= groups <= 8
                assert channels % groups == 0
                assert channels // groups >= 4, "or a map of one pixel loses what it holds"


@pytest.mark.parametrize("downsampling", options("downsampling"))
@pytest.mark.parametrize("size", [8, 16])
def test_a_map_of_one_pixel_is_kept_and_still_tells_films_apart(size: int, downsampling: str) -> None:
    recipe = replace(SEED, depth=5, filters=8, growth=1.0, downsampling=downsampling, normalisation="group")
    model = build(recipe, TASKS["age"], (size, size, 1))
    assert model.get_layer("head").input.shape[1:3] == (1, 1)
    one, other = model.predict_on_batch(films(2, size))[:, 0]
    assert np.isfinite([one, other]).all()
    assert abs(one - other) > 1e-3


@pytest.mark.parametrize("size", [8, 16, 20, 31, 32, 63, 64])
@pytest.mark.parametrize(
    ("downsampling", "stem"), [("average_pool", "plain"), ("stride", "plain"), ("stride", "patch_4")]
)
def test_what_is_said_to_be_unreachable_is(size: int, downsampling: str, stem: str) -> None:
    recipe = replace(SEED, depth=5, filters=8, downsampling=downsampling, stem=stem)
    model = build(recipe, TASKS["age"], (size, size, 1))
    takes = [model.get_layer(f"conv_{number}").input.shape[1] for number in range(5)]
    network = f"depth 5 at {size} px" + (" after patch_4" if stem == "patch_4" else "")
    notes = [
        note for note in unreachable(size) if note.startswith(network) and ("after" in note) == (stem != "plain")
    ]
    said = [note.split(": ")[1] for note in notes if "with" not in note or downsampling in note]
    assert any(what.startswith("the last map is one pixel") for what in said) == (
        model.get_layer("head").input.shape[1] == 1
    )
    idle = [what.split(" on a map")[0] for what in said if "nothing is left to halve" in what]
    assert idle == ([f"from block {takes.index(1) + 1}"] if 1 in takes else [])


SAME = "the last map is one pixel: heads average, max and flatten are the same, both has it twice"


def test_heads_that_are_said_to_be_the_same_are() -> None:
    assert any(note.startswith("depth 4 at 16 px: the last map") for note in unreachable(16))
    answers = []
    for head in ("average", "max", "flatten"):
        keras.utils.set_random_seed(1)
        model = build(replace(SEED, filters=8, head=head), TASKS["age"], (16, 16, 1))
        answers.append(model.predict_on_batch(films(2, 16)))
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], answers[2])
    assert unreachable(128) == ("depth 5 at 128 px after patch_4: " + SAME,)
    assert unreachable(256) == ()


def test_where_the_map_is_flattened_films_are_whole_from_the_first_on() -> None:
    whole, half = (replace(SEED, head="flatten", start_size=size) for size in ("whole", "half"))
    assert whole.active(TASKS["age"]) == half.active(TASKS["age"])
    assert [stage.halved for stage in stages(half)] == [0.0]
    assert [stage.halved > 0 for stage in stages(replace(half, head="both"))] == [True]


def test_a_network_for_halved_films_has_the_same_weights() -> None:
    """Also where its map is one pixel before the last block."""
    for downsampling, residual in product(options("downsampling"), (False, True)):
        recipe = replace(SEED, depth=5, filters=8, growth=1.0, downsampling=downsampling, residual=residual)
        whole, half = (build(recipe, TASKS["age"], (side, side, 1)) for side in (20, 14))
        assert half.get_layer("conv_4").input.shape[1] == 1
        found = [
            {layer.name: [tuple(weight.shape) for weight in layer.weights] for layer in model.layers if layer.weights}
            for model in (whole, half)
        ]
        assert found[0] == found[1]


@pytest.mark.parametrize("name", [name for name in DOMAINS if name in CnnRecipe.__dataclass_fields__])
def test_every_parameter_of_the_network_identifies_it(name: str) -> None:
    task = TASKS["age"]
    now = getattr(SEED, name)
    other = 0.3 if name == "dropout" else next(option for option in options(name) if option != now)
    assert replace(SEED, **{name: other}).active(task) != SEED.active(task)
    assert json.loads(json.dumps(SEED.active(task))) == SEED.active(task)


@pytest.fixture
def policy() -> Iterator[None]:
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("normalisation", options("normalisation"))
@pytest.mark.parametrize("kind", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_answers_in_float32(kind: str, normalisation: str) -> None:
    keras.config.set_dtype_policy(kind)
    recipe = replace(SEED, depth=2, filters=8, residual=True, normalisation=normalisation, head="both")
    for task in TASKS.values():
        model = build(recipe, task, (16, 16, 1))
        found = model(films(4, 16), training=True)
        assert keras.backend.standardize_dtype(found.dtype) == "float32"
        assert np.isfinite(np.asarray(found)).all()
        assert model.get_layer("conv_0").compute_dtype == kind.removeprefix("mixed_")


RELOAD = """
import sys
import keras, numpy
films, *saved = sys.argv[1:]
for name in saved:
    model = keras.models.load_model(name, compile=False)
    numpy.savez(name + ".npz", model(numpy.load(films), training=False), *model.get_weights())
"""


@pytest.mark.slow
def test_trained_networks_survive_h5(tmp_path: Path) -> None:
    keras.utils.set_random_seed(2)
    small = replace(SEED, depth=3, filters=24, growth=1.5, residual=True)
    group = replace(small, normalisation="group", activation="gelu", downsampling="stride", head="both")
    batch = replace(small, activation="swish", downsampling="average_pool", head="flatten", kernel=5)
    some, ages = films(8, 32), np.linspace(20, 90, 8, dtype=np.float32)[:, None]
    models = {}
    for recipe in (group, batch):
        model = build(recipe, TASKS["age"], (32, 32, 1))
        # Without a graph, which takes longer to make than three steps.
        model.compile(keras.optimizers.AdamW(1e-2), keras.losses.MeanAbsoluteError(), run_eagerly=True)
        for _ in range(3):
            model.train_on_batch(some, ages)
        models[str(tmp_path / f"{recipe.normalisation}.h5")] = model
        model.save(tmp_path / f"{recipe.normalisation}.h5", include_optimizer=False)
    given = tmp_path / "films.npy"
    np.save(given, some)
    done = program(RELOAD, given, *models)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, model in models.items():
        with np.load(f"{name}.npz") as found:
            predictions, *weights = found.values()
        for mine, theirs in zip(model.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(mine, theirs)
        # To the last digits: what is exact is the file, not the order in which two processes add up.
        np.testing.assert_allclose(predictions, model(some, training=False), rtol=1e-6)
