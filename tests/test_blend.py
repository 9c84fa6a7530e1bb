"""Several networks as one: in NumPy, and in the layers of a file, which must say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from every_model import some_cnn
from hypothesis import given
from hypothesis import strategies as st
from rows import first_and_others

from runners._training.joined import comparators, joined
from runners._training.portable import save_portable
from xrays.statistics.blend import Blend
from xrays.statistics.calibration import Isotonic, Temperature
from xrays.tasks import TASKS


def test_a_member_is_the_mean_of_its_networks() -> None:
    blend = Blend(members=(2, 1), shares=(0.25, 0.75))
    assert blend.of([[10.0], [30.0], [60.0]], "regression").tolist() == [0.25 * 20 + 0.75 * 60]
    assert replace(blend, members=(1, 1, 1), middle="median").of([[10.0], [30.0], [90.0]], "regression").tolist() == [
        30
    ]


def test_logits_are_averaged_and_no_network_is_surer_than_a_film_in_ten_thousand() -> None:
    half = Blend(members=(1, 1), shares=(0.5, 0.5))
    assert half.of([[0.9], [0.1]], "binary") == pytest.approx(0.5)
    assert half.of([[1.0], [1e-4]], "binary") == pytest.approx(0.5)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=11))
def test_the_network_of_minima_and_maxima_sorts(values: list[float]) -> None:
    wires = list(values)
    for low, high in comparators(len(wires)):
        wires[low], wires[high] = sorted((wires[low], wires[high]))
    assert wires == sorted(values)


BLENDS = {
    "shares": ("age", Blend(members=(2, 1), shares=(0.7, 0.3))),
    "median of three": ("age", Blend(members=(1, 1, 1), shares=(0.5, 0.3, 0.2), middle="median")),
    "median of two": ("age", Blend(members=(1, 2), shares=(0.5, 0.5), middle="median")),
    "logits": ("gender", Blend(members=(1, 2), shares=(0.6, 0.4))),
    "one, cooled": ("gender", Blend(calibration=Temperature(0.4))),
    "line": ("gender", Blend((1, 1), (0.5, 0.5), "mean", Isotonic((0.2, 0.45, 0.5, 0.9), (0.1, 0.3, 0.7, 0.8)))),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", first_and_others(BLENDS))
def test_the_file_answers_as_its_networks_do_together(name: str, tmp_path: Path) -> None:
    import keras

    word, blend = BLENDS[name]
    films = np.random.default_rng(0).random((9, 16, 16, 1)).astype(np.float32)
    files, answers = [], []
    for number in range(blend.networks):
        model = some_cnn(word, seed=number)
        files.append(tmp_path / f"{number}.h5")
        save_portable(model, files[-1])
        answers.append(np.asarray(model(films, training=False))[:, 0])  # a graph would take longer
    save_portable(joined(blend, files, TASKS[word]), tmp_path / "all.h5")
    loaded = keras.models.load_model(tmp_path / "all.h5", compile=False)
    found = np.asarray(loaded([films], training=False))[:, 0]
    assert np.ptp(found) > 1e-3, "films differ"
    assert found == pytest.approx(blend.of(answers, TASKS[word].kind), rel=1e-4, abs=1e-5)
    names = [layer.name for layer in loaded.layers]
    assert len(set(names)) == len(names) and names[-1] == word and len(loaded.inputs) == 1


def test_a_normalization_computes_with_what_it_has_learnt(tmp_path: Path) -> None:
    """Of EfficientNet: it keeps its numbers twice, and setting its arrays is not all."""
    import keras

    film = keras.Input((4, 4, 3), name="film")
    normalization = keras.layers.Normalization()
    pooled = keras.layers.GlobalAveragePooling2D()(normalization(film))
    network = keras.Model(film, keras.layers.Dense(1, name="age")(pooled))
    films = np.random.default_rng(0).random((5, 4, 4, 3)).astype(np.float32) * 3
    normalization.adapt(films)
    save_portable(network, tmp_path / "one.h5")
    both = joined(Blend(members=(1, 1), shares=(0.5, 0.5)), [tmp_path / "one.h5"] * 2, TASKS["age"])
    right = network.predict_on_batch(films)
    assert np.ptp(right) > 0
    np.testing.assert_allclose(both.predict_on_batch(films), right, rtol=1e-5, atol=1e-5)
