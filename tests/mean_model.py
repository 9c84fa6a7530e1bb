"""An exported model without a network: it answers a film's mean, for tests of what becomes of films before it.

done = called("predict", model_of_means(tmp_path, 16, monkeypatch), "film.png", cwd=tmp_path)
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from run_folders import experiment

from runners._commands import predict
from xrays.pixels.recipe import PLAIN


def model_of_means(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its file, with a card beside it; the mean of the inverted film is said in years."""
    path = folder / "model.h5"
    path.write_bytes(b"a network")
    write_card(path, size)
    monkeypatch.setattr(predict, "check_file", lambda model: None)
    monkeypatch.setattr(predict, "network_of", lambda model, shape: lambda films: 100 * films.mean((1, 2)))
    return path


def write_card(model: Path, size: int = 16, **more: object) -> None:
    """That of a file which is there."""
    card = {
        "task": "age",
        "output": "",
        "class_names": [],
        "synthetic": False,
        "run": "run",
        "trial": 0,
        "params": {},
        "recipe": {},
        "experiment": experiment("age", size=size).to_json(),
        "input": {"shape": [size, size, 1], "preprocessing": PLAIN.record()},
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
        **more,
    }
    model.with_suffix(".json").write_text(json.dumps(card))
