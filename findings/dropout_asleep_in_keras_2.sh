#!/usr/bin/env bash
# Keras 3 writes `training: false` into the call of every dropout of a functional model, although nobody has said so.
# To Keras 2 the same words are an order: a dropout that was called so stays off when the model is trained, for ever
# and without a word. A model that is carried over from Keras 3 with its call arguments is fine-tuned without dropout.
#
# Seen with Keras 3.15.1 (JAX backend) and TensorFlow 2.15.1 (Keras 2.15.0), Python 3.11; a dropout of 0.5 that is
# made with and without `training=False`, then called within the model with `training=True`:
#   3.15.1  written as  {'training': False} {'training': False}   acts  True True
#   2.15.0  written as  {} {'training': False}   acts  True False
# What we do: an exported .h5 has no call arguments (runners/_training/portable.py), and export calls what it wrote.
#
# TensorFlow 2.15 has packages up to Python 3.11: PYTHON=python3.11 findings/dropout_asleep_in_keras_2.sh
# Exits with 0 as long as both do as above.
set -euo pipefail
export KERAS_BACKEND=jax TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
install() { "$python" -m pip install --quiet --disable-pip-version-check --target "$work/$1" "${@:2}"; }
install three "keras==3.15.1" "numpy==2.4.6" "jax==0.10.2" "jaxlib==0.10.2" "h5py==3.14.0"
install two "tensorflow-cpu==2.15.1" "numpy==1.26.4"

cd "$work"
cat > same.py <<'PYTHON'
import sys

import keras
import numpy

numbers = keras.Input((100,))
written, acts = [], []
for given in ({}, {"training": False}):
    model = keras.Model(numbers, keras.layers.Dropout(0.5)(numbers, **given))
    (call,) = model.get_config()["layers"][-1]["inbound_nodes"]
    written.append(call["kwargs"] if isinstance(call, dict) else call[0][3])
    acts.append(bool((numpy.asarray(model(numpy.ones((1, 100), "float32"), training=True)) == 0).any()))
print(f"{keras.__version__}  written as ", *written, "  acts ", *acts)
wanted = {"3": ([{"training": False}] * 2, [True, True]), "2": ([{}, {"training": False}], [True, False])}
sys.exit((written, acts) != wanted[keras.__version__[0]])
PYTHON
PYTHONPATH=three "$python" same.py
PYTHONPATH=two "$python" same.py
