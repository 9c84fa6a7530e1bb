"""The best configuration as a model that a stranger can load: refit, score the hold-out, write, load again, compare.

    export(ExportOptions("age", Path("best_age.h5"), Path("runs")))
    keras.models.load_model("best_age.h5", compile=False)        # all that is needed afterwards

The hold-out is opened here and nowhere else; every opening is on record before its score is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._inputs.lineage import films_seen_by_model
from runners._models.card import model_card
from runners._models.cards import claim_model
from runners._models.choice import choose
from runners._models.compared import compared
from runners._models.formats import H5, formats_named
from runners._models.formats._beside import claim_formats, made_by_export, put, remove
from runners._models.formats._written import rehearse, write_formats
from runners._models.hold_out import open_hold_out
from runners._models.lines import about_hold_out, about_way, below_least
from runners._models.networks import Networks
from runners._models.openings import obstacle
from runners._models.promises import kept, kept_by_patient
from runners._models.reload import check_reloaded
from runners._models.scratch import scratch_folder
from runners._models.tried import tried
from runners._models.ways import Way, Ways
from runners._search.place import workers_for
from runners._terminal.bar import job_bar
from runners._training.reopened import reopen, writing
from trials.files import write_atomically
from trials.records import unbeaten
from xrays.errors import UserError
from xrays.next_command import command
from xrays.strict_json import as_json
from xrays.tasks import task_named

MEMBERS = 5  # at most, where none are asked for, and of the ensembles that an exported model is compared with
INCLUDED = "the model is trained on its films, too (--include-holdout)"

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class ExportOptions:
    """out: the model's file, .h5; its card lies beside it. run: by name or folder, None for the best of the task of
    all in `runs`. trial: None for the best; ensemble: members at most of an ensemble of the run's trials, None for
    one trial alone; folds: the networks of the folds, not one that is trained on all films; include_holdout: those of
    the hold-out are trained on, too. data, weights: where they are now, None for where they were. formats:
    names with commas, of what is written besides."""

    task: str
    out: Path
    runs: Path
    run: str | None = None
    trial: int | None = None
    ensemble: int | None = None
    folds: bool = False
    include_holdout: bool = False
    data: Path | None = None
    weights: str | None = None
    command: str = ""
    formats: str = H5


@dataclass(frozen=True)
class Exported:
    """What lies there now, with its card. others: of further formats; failed: why there is none of a format that was
    asked for, one line each; takes: what is asked about, as a file's name."""

    model: Path
    others: tuple[Path, ...]
    failed: tuple[str, ...]
    takes: str


def export(options: ExportOptions, say: Callable[[str], None] = print) -> Exported:
    """Writes model, card and further formats. Raises UserError when there is nothing to export, JobFailed when the
    refit comes to nothing, ExportFailed when the reloaded file predicts something else."""
    task, out = task_named(options.task), options.out
    if out.suffix != ".h5" or not out.parent.is_dir():
        raise UserError(f"--out {out}", "a file NAME.h5 in a folder that exists", f"--out best_{task.name}.h5")
    _check_way(options)
    names = formats_named(options.formats)
    claim_model(out)
    claim_formats(out, names)
    choice = choose(task, options.run, options.data, options.runs, say, options.trial)
    ways = Ways(choice.best)
    way = _way(ways, options)
    store, best = choice.best.store, choice.best.result
    members = [member.trial for member in way.members]
    run = reopen(store, members[0], options.data, options.weights, say, others=members[1:])
    for line in about_way(choice.best, way, ensemble=bool(options.ensemble), folds=options.folds):
        say(line)
    for baseline in unbeaten(way.score, store.baselines(), task):
        say(f"CAUTION  {_not_better(options)} better than the baseline {baseline.name}")
    seen = films_seen_by_model(store, run.arrays, run.weights, with_hold_out=options.include_holdout)
    # Whatever would be in the way of the score is known before hours of training.
    obstructed = INCLUDED if options.include_holdout else obstacle(store, run.arrays)
    if obstructed:
        say(f"CAUTION  the hold-out will not be opened, and there will be no score on it: {obstructed}")
    with writing(store, options.command), scratch_folder(out.parent, ".export-") as folder:
        model = folder / out.name
        networks = Networks(
            run, folder, workers_for(store, members), say, job_bar, every_film=options.include_holdout
        )
        if names and not networks.kept(way.sources):
            draft = networks.drafted(way, model)
            rehearse(names, model, run.taken, draft.predictions, folder)
            say(f"formats  {', '.join(names)}: tried on this network before it is trained")
        written = networks.joined(way, model)
        check_reloaded(model, store.experiment.backend, run.taken, written.predictions, folder)
        for line in below_least(task, written):
            say(line)
        say("reloaded in a fresh process with nothing but Keras: the same predictions")
        formats = write_formats(names, model, run.taken, written.predictions, folder, say)
        # Whatever takes time or may fail comes before the opening is on record.
        beside_it, without = ([], []) if obstructed else tried(ways, way, written, networks, task, MEMBERS)

        def beside(labels: Floats, groups: NDArray[np.str_], held: NDArray[np.bool_]) -> Mapping[str, Any]:
            told = labels, written.predictions[held], groups
            own = kept(task, way.around, *told)
            by_patient = kept_by_patient(task, way.around, way.around_patient, *told)
            rows = compared(task, labels, groups, beside_it, held)
            lacking = [one.to_json() for one in without]
            return {"way": way.name, **own, "kept_by_patient": by_patient, "ways": rows, "left_out": lacking}

        opening = open_hold_out(store, run.arrays, best, seen, written.predictions, obstructed, beside)
        card = model_card(
            run.arrays,
            choice,
            way,
            written,
            opening,
            model,
            seen,
            seconds=sum(network.written.seconds for network in networks.of(way.sources)),
            every_film=options.include_holdout,
            formats=formats.records(),
        )
        older = made_by_export(out)
        write_atomically(out.with_suffix(".json"), as_json(card, indent=1).encode())
        model.replace(out)
        others = tuple(put(file, out.with_name(file.name)) for file in formats.files)
    for file in (file for file in older if file not in others):
        remove(file)
        say(f"removed  {file}: it was of the model that lay here before")
    for line in about_hold_out(store, opening, run.arrays.synthetic):
        say(line)
    return Exported(out, others, formats.failed, "VECTORS.npz" if store.experiment.vectors else "FILM.png")


def _check_way(options: ExportOptions) -> None:
    again = command("export", task=options.task)
    if options.ensemble is not None and options.trial is not None:
        raise UserError("--trial with --ensemble", "one of them", f"{again} --ensemble {options.ensemble}")
    if options.ensemble is not None and options.ensemble < 2:
        raise UserError(f"--ensemble {options.ensemble}", "2 or more members at most", f"{again} --ensemble")
    if options.folds and options.include_holdout:
        raise UserError(
            "--include-holdout with --folds, whose networks were trained on folds",
            "--include-holdout with networks that are trained on all films",
            f"{again} --include-holdout",
        )


def _way(ways: Ways, options: ExportOptions) -> Way:
    if options.ensemble:
        return ways.ensemble(options.ensemble, of_folds=options.folds)
    return ways.of_folds() if options.folds else ways.refit()


def _not_better(options: ExportOptions) -> str:
    """Only of the best it follows for all."""
    if options.ensemble:
        return "the ensemble is not"
    return "no trial is" if options.trial is None else f"trial {options.trial} is not"
