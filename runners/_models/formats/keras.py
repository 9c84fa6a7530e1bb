"""Keras's own archive, for Keras from 3.8 on.

What Keras writes opens in no older version than its own, since every version adds keys that older ones refuse. Those
that say nothing are left out, as of the .h5, whose table it is.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners._models.formats import Answering, Format
from runners._training.portable import DEFAULTS

FORMAT = Format("Keras 3, from 3.8 on", (".keras",), "keras", ("keras", "tensorflow"))
CONFIG = "config.json"


def write(network: Any, target: Path) -> None:
    """Without an optimizer: the network has none."""
    network.save(target)
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[CONFIG] = json.dumps(_older(json.loads(parts[CONFIG]))).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def opened(target: Path) -> Answering:
    """With Keras, without a graph: to make one for each number of films takes longer than they do."""
    import keras

    network = keras.models.load_model(target, compile=False)
    return lambda films: keras.ops.convert_to_numpy(network(films, training=False))


def _older(written: Any) -> Any:
    """Without what older versions do not know, where it is the default."""
    if isinstance(written, list):
        return [_older(part) for part in written]
    if not isinstance(written, Mapping):
        return written
    whole = {key: _older(value) for key, value in written.items()}
    idle = DEFAULTS.get(str(written.get("class_name")), {})
    if idle and isinstance(whole.get("config"), dict):
        whole["config"] = {
            key: value for key, value in whole["config"].items() if key not in idle or value != idle[key]
        }
    return whole
