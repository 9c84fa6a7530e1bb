"""Which older searches a new one could learn from, and what it differs in from them.

differences(Path("runs/mine"), experiment)           # ["epochs was 30, now 20"], [] for the same search
parent_of(Path("runs/mine"), experiment)             # Path("runs/mine-2"): the newest of mine, mine-2, …
similar_run(Path("runs/mine"), experiment)                # "runs/age-…: other folds (…)", None where there is none
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count, takewhile
from pathlib import Path

from runners._backend import VARIABLE
from runners._versions import versions
from trials.experiment import FORMAT, Experiment
from trials.folders import read_record
from trials.kept import DamagedRun
from xrays.errors import UserError
from xrays.next_command import option

# What it means for a user when one of these differs: the hashes themselves tell nobody anything.
FINGERPRINTS = {
    "plan": "other folds (other films, --folds, --repeats, --holdout, --split, --stress or --split-seed)",
    "pixels": "other prepared pixels",
    "ranges": "another space (--set, --fix, --no-portfolio, --weights, --size of the films, or another version)",
}
# What a command may lack without saying so, and then means another search.
UNSAID = (*FINGERPRINTS, "backend")
# A search that goes on under another version of one of these is not the search that was begun.
DECIDING = ("cxr-automl", "keras", "tensorflow", "optuna", "keras-tuner")


def is_run(path: Path) -> bool:
    """Whether the folder holds a whole run."""
    return (path / "experiment.json").exists()


def differences(path: Path, experiment: Experiment) -> list[str]:
    """What makes the search in the folder another one, in words; [] if nothing does."""
    record = read_record(path)
    recorded, wanted = record.experiment, json.loads(json.dumps(experiment.to_json()))
    again = {"backend": f" ({VARIABLE}={recorded.get('backend')} in front of the command)"}
    reasons = [
        FINGERPRINTS.get(name, f"{name} was {recorded.get(name)}, now {wanted.get(name)}{again.get(name, '')}")
        for name in sorted(recorded.keys() | wanted.keys())
        if name != "data" and recorded.get(name) != wanted.get(name)
    ]
    then, now = record.origin.versions, versions()
    return reasons + [
        f"{name} was {then.get(name)}, now {now[name]}" for name in DECIDING if then.get(name) != now[name]
    ]


def fork_path(base: Path, experiment: Experiment, given: Path | None = None) -> Path:
    """The first of NAME, NAME-2, … that is a fork with this search in it, or free. given: of that run alone."""

    def goes_on(path: Path) -> bool:
        parent = read_record(path).origin.fork_of
        return bool(parent and parent == (given.name if given else parent) and not differences(path, experiment))

    return next(path for path in _chain(base) if not is_run(path) or goes_on(path))


def parent_of(base: Path, experiment: Experiment, given: Path | None = None) -> Path:
    """The run that a fork learns from: the one that was given, else the newest other search of NAME, NAME-2, …; where
    these hold none, the newest one for the same task in the same space. Raises UserError where there is none."""
    if given:
        if not differences(given, experiment):
            raise UserError(
                f"--fork-from {given.name}: that is this very search",
                "a run that differs in what decides a search",
                "the same command without --fork-from: it goes on with that run",
            )
        return _alike(given, experiment, "--fork-from")
    named = [path for path in takewhile(is_run, _chain(base)) if differences(path, experiment)]
    others = named or _others(base.parent, experiment, ("task", "space"))
    if not others:
        raise UserError(
            f"--fork: {base.parent} holds no other search for {experiment.task} in space {experiment.space}",
            "a run to learn from, which differs in what decides a search",
            "the same command without --fork: it goes on with the run that is there, or begins one",
        )
    return _alike(others[-1], experiment, "--fork")


def _alike(path: Path, experiment: Experiment, asked: str) -> Path:
    recorded = read_record(path).experiment
    if any(recorded.get(name) != getattr(experiment, name) for name in ("task", "space")):
        raise UserError(
            f"{asked}: {path} is a search for {recorded['task']} in space {recorded['space']}",
            f"a run for {experiment.task} in space {experiment.space}, whose trials can be learnt from",
            f"--name NAME, with {option('start-from', path.name)} if its best configurations are to be tried first",
        )
    return path


def similar_run(path: Path, experiment: Experiment) -> str | None:
    """The newest run that the same command would have gone on with, had not other films, another space, backend or
    version come in between, and what differs; None where there is none."""
    alike = _others(path.parent, experiment, ("task", "data", "space", "runner", "sampler"))
    for other in reversed(alike):
        recorded, now = read_record(other), versions()
        then = recorded.origin.versions
        if any(recorded.experiment.get(name) != getattr(experiment, name) for name in UNSAID) or any(
            then.get(name) != now[name] for name in DECIDING
        ):
            return f"{other}: {', '.join(differences(other, experiment))}"
    return None


def _chain(base: Path) -> Iterator[Path]:
    return (base.with_name(f"{base.name}-{n}") if n > 1 else base for n in count(1))


def _others(runs: Path, experiment: Experiment, same: tuple[str, ...]) -> list[Path]:
    """Runs of other searches that are alike in these things, the newest last."""
    others = []
    for path in sorted(file.parent for file in runs.glob("*/experiment.json")):
        try:
            recorded = read_record(path).experiment
        except DamagedRun:
            continue  # of no use, and no hindrance
        alike = recorded.get("format") == FORMAT and all(
            recorded.get(name) == getattr(experiment, name) for name in same
        )
        if alike and differences(path, experiment):
            others.append(path)
    return sorted(others, key=lambda path: read_record(path).origin.created)
