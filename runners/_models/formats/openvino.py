"""OpenVINO, for Intel's processors and cards: two files.

Its installation brings a package that tells Google Analytics of every import, unasked, and keeps an id in ~/intel. A
process in which that counts as not installed sends nothing (findings/openvino_reports_its_import.sh).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format

FORMAT = Format(
    "OpenVINO, on Intel's processors and cards",
    (".xml", ".bin"),
    "openvino",
    ("openvino",),
    ("tensorflow",),
    extra="openvino",
)


def write(network: Any, target: Path) -> None:
    """Any number of films at once; the weights lie beside it."""
    _send_nothing()
    network.export(str(target), format="openvino", verbose=False)


def opened(target: Path) -> Answering:
    """In float32: on processors with bfloat16 it would compute in that, up to a year off."""
    _send_nothing()
    import openvino

    network = openvino.compile_model(target, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda films: network(films)[0]


def _send_nothing() -> None:
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
