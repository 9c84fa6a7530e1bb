"""ONNX, for onnxruntime and most servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format
from runners._models.formats._plain import spelled_out

FORMAT = Format(
    "ONNX Runtime, most servers", (".onnx",), "onnxruntime", ("onnxruntime",), ("tf2onnx", "onnx"), extra="onnx"
)


def write(network: Any, target: Path) -> None:
    """Any number of films at once."""
    spelled_out(network).export(target, format="onnx", verbose=False)


def opened(target: Path) -> Answering:
    """On the processor."""
    import onnxruntime

    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    (film,) = session.get_inputs()
    return lambda films: session.run(None, {film.name: films})[0]
