#!/usr/bin/env bash
# Keras writes a network with a Normalization that has learnt its mean (EfficientNet has one) as an ONNX file with three
# inputs: the film, the layer's mean and the root of its variance, which nobody can give. It says nothing, and the file
# passes for whole until it is asked.
#
# Seen with Keras 3.15.1, TensorFlow 2.21.0, tf2onnx 1.17.0, onnx 1.23.2, onnxruntime 1.32.0, Python 3.11; inputs of a
# network of this one layer, and of the same with a Rescaling by the same numbers:
#   normalization 3   rescaling 1
# What we do: the numbers are put into a Rescaling before it is written (runners/_models/formats/_plain.py).
#
# TensorFlow 2.21 has packages for Python 3.10 to 3.13:
#   PYTHON=python3.11 findings/normalization_becomes_an_input_of_onnx.sh
# Exits with 0 as long as it does as above.
set -euo pipefail
export KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet "keras==3.15.1" "tensorflow==2.21.0" "numpy==2.4.6" "tf2onnx==1.17.0" \
  "onnx==1.23.2" "onnxruntime==1.32.0"
cd "$work"
cat > inputs.py <<'PYTHON'
import keras
import numpy
import onnxruntime

film = keras.Input((4, 4, 3), name="film")
normalization = keras.layers.Normalization()
learnt = keras.Model(film, normalization(film))
normalization.adapt(numpy.random.default_rng(0).random((8, 4, 4, 3), "float32"))
learnt.save("learnt.h5")
mean, variance = (numpy.asarray(end).ravel() for end in (normalization.mean, normalization.variance))
scale = 1 / numpy.sqrt(variance)
fixed = keras.Model(film, keras.layers.Rescaling(scale.tolist(), (-mean * scale).tolist())(film))
found = []
for name, model in (("normalization", keras.models.load_model("learnt.h5")), ("rescaling", fixed)):
    model(numpy.zeros((1, 4, 4, 3), "float32"))
    model.export(f"{name}.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(f"{name}.onnx", providers=["CPUExecutionProvider"])
    found.append(f"{name} {len(session.get_inputs())}")
print("  ".join(found))
PYTHON
told=$("$work/venv/bin/python" inputs.py 2> said || { tail -3 said >&2; exit 1; })
echo "$told"
[ "$told" = "normalization 3  rescaling 1" ]
