"""`predict` against decoding the same films and asking the same network with what Keras has for it.

    python benchmarks/predict.py [--films 600] [--sizes 128 512] [--rounds 3]

Generated films of 1024×1024 as SPR has them (RGBA PNG), and the untrained first network of the space `cnn`. The arms:

    bare     OpenCV decodes with all cores and resizes, `model.predict` answers, PER_CALL films a time
    predict  all of it: polarity, margins, facts, warnings, lines, a table and JSON

Every round runs both one after the other, each in a process of its own on its share of the films, with the libraries
loaded; opening the model and compiling it counts in both. What is printed are medians over the rounds: films a
second, milliseconds of processor a film (which other work on the machine changes less), ratios of both within a
round, and the most memory that the process ever had.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from prepare import FLAGS, as_spr, peak_memory, write_films

from runners._commands.predict import PredictOptions, predict
from runners._loading import silent_start
from runners._training.portable import save_portable
from search_spaces import load_space
from xrays.cores import usable_cores
from xrays.pixels.recipe import PLAIN
from xrays.strict_json import as_json
from xrays.tasks import TASKS

PER_CALL, BATCH = 256, 32  # films of a call of model.predict, and of a batch, as is its default
USUAL = {"brightness": [0.0, 255.0], "contrast": [0.0, 128.0], "sharpness": [0.0, 9.0], "width by height": [0.1, 9]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=600, help="over all rounds")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 512])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    share = options.films // options.rounds
    print(f"{usable_cores()} cores, {share} films a round")
    with tempfile.TemporaryDirectory() as place:
        films = write_films(Path(place) / "films", as_spr, options.films)
        for size in options.sizes:
            model = Path(place) / f"model{size}.h5"
            in_a_process("export", model, [], size)
            rounds = [films[start : start + share] for start in range(0, share * options.rounds, share)]
            found = [[in_a_process(arm, model, part, size) for arm in ("bare", "predict")] for part in rounds]
            print_results(size, np.array(found))


def print_results(size: int, found: NDArray[np.float64]) -> None:
    """found: (rounds, arms, films a second, milliseconds of processor a film, MB)."""
    for arm, (speed, spent, memory) in zip(("bare", "predict"), np.median(found, axis=0), strict=True):
        print(f"  {size} px  {arm:8} {speed:7.1f} films/s  {spent:7.2f} ms  {memory:6.0f} MB")
    faster, cheaper = found[:, 1, 0] / found[:, 0, 0], found[:, 0, 1] / found[:, 1, 1]
    print(
        f"  {size} px  predict: {np.median(faster):.2f} times the films a second, "
        f"{np.median(cheaper):.2f} times those of a second of processor"
    )


def export(model: Path, films: Sequence[Path], size: int) -> None:
    """An untrained network and what a card must say."""
    space = load_space("cnn")
    network: Any = space.build(space.recipe(space.first), TASKS["age"], (size, size, 1))
    save_portable(network, model)
    card = {
        "task": "age", "output": "years", "class_names": [], "synthetic": True, "run": "none", "trial": 0,
        "params": {}, "recipe": {}, "experiment": {"size": size},
        "input": {"shape": [size, size, 1], "preprocessing": PLAIN.record(), "pictures": USUAL},
        "model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(),
    }  # fmt: skip
    model.with_suffix(".json").write_text(as_json(card))


def bare(model: Path, films: Sequence[Path], size: int) -> None:
    """What a user would write who knows the libraries."""
    import keras

    def one(film: Path) -> NDArray[np.uint8]:
        grey = cv2.imdecode(np.frombuffer(film.read_bytes(), np.uint8), FLAGS)
        assert grey is not None
        return np.asarray(255 - cv2.resize(grey, (size, size), interpolation=cv2.INTER_AREA), np.uint8)

    network = keras.models.load_model(model, compile=False)
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(usable_cores()) as pool:
        for start in range(0, len(films), PER_CALL):
            pixels = np.stack([*pool.map(one, films[start : start + PER_CALL])])[..., None].astype(np.float32) / 255
            assert np.isfinite(network.predict(pixels, batch_size=BATCH, verbose=0)).all()


def ours(model: Path, films: Sequence[Path], size: int) -> None:
    """The command."""
    said: list[str] = []
    options = PredictOptions(
        model, tuple(films), csv=model.with_suffix(".csv"), json=model.with_name(f"{model.stem}-answers.json")
    )
    assert predict(options, say=said.append, warn=said.append).answered == len(films) < len(said)


ARMS = {"export": export, "bare": bare, "predict": ours}


def in_a_process(arm: str, model: Path, films: Sequence[Path], size: int) -> list[float]:
    """What run_arm prints."""
    asked = as_json({"arm": arm, "model": str(model), "films": list(map(str, films)), "size": size})
    call = [sys.executable, __file__, "--arm"]
    done = subprocess.run(call, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    answer: list[float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run_arm() -> None:
    """Prints films a second, milliseconds of processor a film, and MB."""
    asked = json.load(sys.stdin)
    with silent_start():
        import keras

        keras.ops.zeros((1,))
    films = [Path(film) for film in asked["films"]]
    start, spent = time.perf_counter(), time.process_time()
    ARMS[asked["arm"]](Path(asked["model"]), films, asked["size"])
    seconds, spent = time.perf_counter() - start, time.process_time() - spent
    print(as_json([len(films) / seconds, 1000 * spent / max(1, len(films)), peak_memory()]))


if __name__ == "__main__":
    run_arm() if sys.argv[1:] == ["--arm"] else main()
