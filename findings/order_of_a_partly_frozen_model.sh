#!/usr/bin/env bash
# In an .h5 file a model within the model is one layer, and its arrays are one list: those that were trainable first,
# whatever layer they belong to. A reader that takes the list in the order of the layers puts arrays into wrong
# layers, without a word where their shapes agree. The layers' order is that of the inner model in `model_config`.
#
# Seen with Keras 3.15.1, JAX backend, Python 3.11; three layers of one shape, the first of them frozen:
#   layers  first second third
#   file    second/kernel second/bias third/kernel third/bias first/kernel first/bias
# What we do: arrays are sorted by `model_config` when weights are read (search_spaces/_file_layers.py).
#
# Exits with 0 as long as the file is in this order.
set -euo pipefail
export KERAS_BACKEND=jax
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" \
  "keras==3.15.1" "numpy==2.4.6" "jax==0.10.2" "jaxlib==0.10.2" "h5py==3.14.0"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import json
import sys

import h5py
import keras

inner = keras.Sequential(
    [keras.Input((4,)), *(keras.layers.Dense(4, name=name) for name in ("first", "second", "third"))], name="inner"
)
inner.get_layer("first").trainable = False
films = keras.Input((4,))
keras.Model(films, inner(films)).save("model.h5")

with h5py.File("model.h5") as file:
    arrays = [name.removeprefix("inner/") for name in file["model_weights/inner"].attrs["weight_names"]]
    outer = json.loads(file.attrs["model_config"])["config"]["layers"]
(described,) = [layer for layer in outer if layer["config"]["name"] == "inner"]
layers = [layer["config"]["name"] for layer in described["config"]["layers"] if layer["class_name"] == "Dense"]
print("layers ", *layers)
print("file   ", *arrays)
wanted = [f"{layer}/{array}" for layer in ("second", "third", "first") for array in ("kernel", "bias")]
sys.exit((layers, arrays) != (["first", "second", "third"], wanted))
PYTHON
