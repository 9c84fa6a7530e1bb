"""Whether configurations of a space end the worker that trains them: one fold of each of many random draws.

    python benchmarks/deaths.py [--data data/nih64] [--space cnn] [--draws 200] [--epochs 1] [--workers 2]

Prints every draw that ended its worker, or raised, with how and with its parameters, and their number at the end; the
exit code is 1 where there is any. Without --data the films are the built-in synthetic ones at 64 px.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import optuna

from runners._samplers.domains import run_domains
from runners._search.engine import engine_of
from runners._search.options import SearchOptions
from runners._search.resolved import resolve_anew
from runners._training.handler import training
from runners._workers.conversation import answers
from runners._workers.local import LocalWorkers
from runners._workers.messages import Raised, Train
from runners._workers.protocol import Died
from search_spaces import load_space
from trials.domains import distribution
from trials.records import Scalar, Trial
from xrays.arrays import XrayArrays
from xrays.folds import make_plan
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.tasks import task_named

TASK = "age"
TOLD_EVERY = 20  # draws


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--space", default="cnn")
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.data is None:
            layout = layout_of("sample", Order(Path(folder)))
            options.data = prepare(layout, Path(folder) / "sample64", size=64).path
        lost = 0
        for number, how, params in ends(options):
            if how:
                lost += 1
                print(f"draw {number}: {how}: {params}", flush=True)
    print(
        f"{options.draws} draws of {options.space}, {options.epochs} epochs of one fold each: {lost} ended a worker"
    )
    sys.exit(lost > 0)


def ends(options: argparse.Namespace) -> Iterator[tuple[int, str | None, dict[str, Scalar]]]:
    """(number, how it ended its worker or None, parameters) of every draw, as they end."""
    arrays = XrayArrays.open(options.data)
    order = SearchOptions(TASK, options.data, options.draws, space=options.space, folds=3, epochs=options.epochs)
    engine = engine_of(order)
    order = replace(order, weights=None if engine.space.build_head is None else "none")
    setup = resolve_anew(order, engine, arrays, make_plan(arrays, folds=3), print).setup()
    jobs = [Train(trial, 0) for trial in draws(options.space, options.draws, options.epochs)]
    with LocalWorkers(setup, options.workers, make=training) as workers:
        for done, (job, reply) in enumerate(answers(workers, jobs), 1):
            how = reply.reason if isinstance(reply, Raised | Died) else None
            yield job.trial.number, how, dict(job.trial.params)
            if done % TOLD_EVERY == 0:
                print(f"{done} of {options.draws}", file=sys.stderr, flush=True)


def draws(name: str, count: int, epochs: int) -> list[Trial]:
    """Drawn blindly, as the sampler `random` does, always the same."""
    space = load_space(name)
    known = {parameter: distribution(domain) for parameter, domain in run_domains(space).items()}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    found = []
    for number in range(count):
        params = study.ask(known).params
        recipe = space.recipe(params).active(task_named(TASK))
        found.append(
            Trial(number=number, params=params, recipe=recipe, max_epochs=epochs, results_known=0, started="")
        )
    return found


if __name__ == "__main__":
    main()
