"""Several workers that share the cores against one that has them all: trials an hour of the same search.

    python benchmarks/workers.py [--data data/nih64] [--counts 1 2] [--trials 8] [--rounds 2]

Every round runs the same search (the space cnn, drawn blindly, no pruner) once with every number of workers. Time
runs from the first trial's start to the last one's end, so loading the backend is left out. Without --data the films
are the built-in synthetic ones at 64 px.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from trials.store import RunStore
from xrays.prepare import prepare
from xrays.sources import Order, layout_of

CLI = Path(__file__).parent.parent / "cli.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = options.data
        if data is None:
            layout = layout_of("sample", Order(Path(folder)))
            data = prepare(layout, Path(folder) / "sample64", size=64).path
        spent: dict[int, list[float]] = {count: [] for count in options.counts}
        for turn in range(options.rounds):
            for count in options.counts:
                path = Path(folder) / f"runs-{turn}" / f"workers-{count}"
                spent[count].append(seconds(path, data, count, options))
                print(f"round {turn}: {count} workers {spent[count][-1]:6.0f} s", flush=True)
    base = spent[options.counts[0]]
    for count, times in spent.items():
        ratios = [one / several for one, several in zip(base, times, strict=True)]
        print(f"{count} workers: {statistics.median(ratios):.2f} times as fast as {options.counts[0]} (median)")


def seconds(path: Path, data: Path, count: int, options: argparse.Namespace) -> float:
    command = [sys.executable, str(CLI), "search", "--task", "age", "--data", str(data), "--runs", str(path.parent)]
    command += ["--name", path.name, "--sampler", "random", "--pruner", "none", "--workers", str(count)]
    command += ["--trials", str(options.trials), "--folds", str(options.folds), "--epochs", str(options.epochs)]
    subprocess.run(command, check=True, capture_output=True)
    results = RunStore.open(path).trials()
    begun = min(datetime.fromisoformat(result.started) for result in results)
    return (max(datetime.fromisoformat(result.finished) for result in results) - begun).total_seconds()


if __name__ == "__main__":
    main()
