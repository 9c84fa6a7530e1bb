"""Finds what a space should begin with: a portfolio of configurations, and which values are worth trying.

    nice -n 15 python benchmarks/portfolio.py collect --films ../shared/data/nih --out runs/portfolio
    python benchmarks/portfolio.py choose --out runs/portfolio                # prints the rows to paste
    python benchmarks/portfolio.py                                            # both in small, on the synthetic sample

`collect` (benchmarks/_collect.py) goes on where it stopped, also with more --trials. A context is a task on so many
films of a size (benchmarks/_contexts.py); they come in waves, and after every one there is something to choose from:
`choose` (benchmarks/_choose.py) goes by what the candidates lose in every context (benchmarks/_portfolio.py).
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from _choose import choose
from _collect import collect
from _contexts import SHORT, WAVES, Collection


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("collect", "choose", "short"), nargs="?", default="short")
    parser.add_argument("--films", type=Path, help="folder in the SPR layout, for the contexts `nih`")
    parser.add_argument("--out", type=Path, default=Path("runs/portfolio"))
    parser.add_argument("--space", default="cnn")
    parser.add_argument("--waves", type=int, default=len(WAVES), help="so many of the waves, from the first on")
    parser.add_argument("--trials", type=int, default=25, help="of each search")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--starts", type=Path, metavar="FILE", help="configurations that every search begins with")
    options = parser.parse_args()
    collection = Collection(
        options.out,
        options.films,
        options.space,
        options.trials,
        options.folds,
        options.epochs,
        options.starts,
    )
    if options.command == "collect":
        collect(collection, WAVES[: options.waves])
    elif options.command == "choose":
        choose(collection)
    else:
        with tempfile.TemporaryDirectory() as folder:
            collection = replace(collection, out=Path(folder), trials=3, folds=2, epochs=2)
            collect(collection, SHORT)
            choose(collection)


if __name__ == "__main__":
    main()
