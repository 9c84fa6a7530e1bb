"""What a search says before it begins: its films, its folds, its sampler, and what it knows already.

for line in head(store, arrays, plan, features=None): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._search.forks import similar_run
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan
from xrays.next_command import option
from xrays.patients import patient_known, patients_said
from xrays.split_column import split_columns
from xrays.splits import STRESS, Splits, stress_words
from xrays.tasks import task_named


def head(store: RunStore, arrays: XrayArrays, plan: FoldPlan, features: Path | None) -> Iterator[str]:
    """Lines for the terminal, each of a word and what it says, before the first trial: films, folds, then weights,
    search, fork and resume where there is any. features: folder of those of frozen backbones, None for a space
    without any."""
    experiment, splits, done = store.experiment, store.provenance.splits, len(store.trials())
    synthetic = ", SYNTHETIC: nothing here says anything about patients" if arrays.synthetic else ""
    yield f"films    {len(arrays.ids)} at {arrays.size}×{arrays.size} px from {arrays.path}{synthetic}"
    yield (
        f"folds    {plan.folds}{_blocks(splits)} of about {int(plan.development().sum()) // plan.folds} films, "
        f"{f'dealt {plan.repeats} times, ' if plan.repeats > 1 else ''}"
        f"{patients_of(arrays)}; {_held_out(plan, arrays, experiment.task)}"
    )
    if told := [*([str(splits)] if splits.column else []), *plan.notes]:
        yield f"split    {'; '.join(told)}"
    elif columns := split_columns(arrays):
        yield f"split    of column {columns[0]} is not kept to; {option('split', columns[0])} would do so"
    if splits.stress:
        yield f"CAUTION  {stress_words(splits)}"
    sampler = load_runner(experiment.runner).SAMPLERS[experiment.sampler]
    narrowed = f" ({', '.join(experiment.narrowing)})" if experiment.narrowing else ""
    if experiment.weights:
        yield f"weights  {experiment.weights}"
        if features and features.parent != arrays.path:
            yield f"features in {features}, since {arrays.path} cannot be written"
    if experiment.vectors:
        origin = f", made by {store.provenance.vectors_origin}" if store.provenance.vectors_origin else ""
        yield f"vectors  {experiment.vectors}, {experiment.width} numbers a film{origin}"
    if store.provenance.chosen.why:
        yield f"trains   {store.provenance.chosen.why}"
    how = f"{experiment.runner} {experiment.sampler} ({sampler.note}), pruner {experiment.pruner}"
    yield f"search   {experiment.space}{narrowed}, {how} → {store.path}"
    if parent := store.provenance.fork_of:
        known, differs = len(store.known()), ", ".join(store.provenance.fork_differs)
        yield f"fork     of {parent}, another search: {differs}"
        if not known:
            yield f"known    nothing: no trial of {parent} was trained in full and lies in this space"
        elif sampler.learns:
            yield f"known    {known} trials of {parent}, which the sampler learns from"
        else:
            yield (
                f"known    {known} trials of {parent}; {experiment.sampler} proposes the same without them "
                f"({option('start-from', parent)}: its best ones first)"
            )
    if enqueued := store.enqueued():
        yield f"first    {len(enqueued)} given configurations"
    begun = done or store.open_trials()
    # A folder that is named after its search is a new one as soon as anything differs that decides it.
    alone = begun or parent or store.path.name != experiment.folder_name
    if not alone and (other := similar_run(store.path, experiment)):
        yield f"new      another search than {other}; --fork to learn from it"
    if begun:
        open_folds = sum(len(store.unfinished.folds(trial.number)) for trial in store.open_trials())
        yield f"resume   {done} trials are finished, {open_folds} folds of interrupted ones are kept"


def _blocks(splits: Splits) -> str:
    return f", each {STRESS[splits.stress]}," if splits.stress else ""


def _held_out(plan: FoldPlan, arrays: XrayArrays, task: str) -> str:
    """How many films are, and where no score will come of them."""
    if not (held := int(plan.hold_out().sum())):
        return "nothing is held out: no score will be unbiased"
    scored = np.isfinite(arrays.targets(task_named(task))[plan.hold_out()]).any()
    return f"hold-out of {held} films untouched{'' if scored else f', none of which has a label for {task}'}"


def patients_of(arrays: XrayArrays) -> str:
    """What is known of the films' patients, and done about it."""
    if not patient_known(arrays.groups).any():
        return patients_said(arrays.groups) or ""
    known = arrays.groups[patient_known(arrays.groups)]
    several = int((np.unique(known, return_counts=True)[1] > 1).sum())
    rest = f"; {said}" if (said := patients_said(arrays.groups)) else ""
    if not several:
        return f"every {'known ' if rest else ''}patient has one film{rest}"
    return f"films of {several} patient{'s' * (several > 1)} with several kept together{rest}"
