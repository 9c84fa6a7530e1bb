#!/usr/bin/env bash
# A model that Keras 3.15 saves, as .h5 or .keras, is refused by Keras 3.14, although it says nothing that 3.14 does
# not know: some initializers are written with two new arguments, and these stand at their defaults.
#
# Seen with Keras 3.15.1 (writes) and 3.14.1 (reads), JAX backend, Python 3.11:
#   model.h5     GlorotUniform.__init__() got an unexpected keyword argument 'input_axes'
#   model.keras  GlorotUniform.__init__() got an unexpected keyword argument 'input_axes'
# What we do: `model_config` of an exported .h5 is rewritten without them (runners/_training/portable.py).
#
# Exits with 0 as long as both files are refused in these words.
set -euo pipefail
export KERAS_BACKEND=jax
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
install() { "$python" -m pip install --quiet --disable-pip-version-check --target "$work/$1" "${@:2}"; }
install 3.15.1 "keras==3.15.1" "numpy==2.4.6" "jax==0.10.2" "jaxlib==0.10.2" "h5py==3.14.0"
install 3.14.1 --no-deps "keras==3.14.1"

cd "$work"
PYTHONPATH=3.15.1 "$python" - <<'PYTHON'
import keras

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.save("model.h5")
model.save("model.keras")
PYTHON
PYTHONPATH=3.14.1:3.15.1 "$python" - <<'PYTHON'
import re
import sys

import keras

told = {}
for name in ("model.h5", "model.keras"):
    try:
        keras.models.load_model(name, compile=False)
        told[name] = "opened"
    except Exception as error:
        words = re.search(r"\w+\.__init__\(\) got an unexpected keyword argument '\w+'", str(error))
        told[name] = words[0] if words else f"{type(error).__name__}: {error}"
    print(f"{name:12} {told[name]}")
sys.exit(any("'input_axes'" not in words for words in told.values()))
PYTHON
