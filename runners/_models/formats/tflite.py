"""LiteRT, once TensorFlow Lite, for phones and small devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format

FORMAT = Format(
    "LiteRT, on phones and small devices",
    (".tflite",),
    "ai-edge-litert",
    ("ai_edge_litert",),
    ("tensorflow",),
    extra="tflite",
)


def write(network: Any, target: Path) -> None:
    """For one film; whoever gives more resizes the input."""
    network.export(target, format="litert", verbose=False)


def opened(target: Path) -> Answering:
    """Resized to as many films as are given."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(target))
    (film,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()

    def answered(films: Any) -> Any:
        interpreter.resize_tensor_input(film["index"], films.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(film["index"], films)
        interpreter.invoke()
        return interpreter.get_tensor(answer["index"])

    return answered
