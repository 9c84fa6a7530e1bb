"""What a methods section says of the films: where they come from, what was done to them, how they were divided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.numbers import count
from reports._drawing.words import enumeration, plain_name, sentence_case, slice_name
from reports._evidence.groups import Group
from trials.collected import Collected, load_collected
from trials.store import RunStore
from xrays.labels import strata_of
from xrays.patients import patient_known, whose
from xrays.pixels.recipe import PixelRecipe
from xrays.split_table import split_cells, split_table
from xrays.splits import STRESS

Films = NDArray[np.bool_]


def collection(group: Group) -> Iterator[str]:
    """Where the films come from, how many were left out and why, whose they are, and what their labels are."""
    if any(run.provenance.synthetic for run in group.runs):
        yield "The films were drawn by a computer and are of no patients."
    known: list[Collected] = []
    for run in group.runs:
        if (collected := load_collected(run)) and all(_flow(collected) != _flow(other) for other in known):
            known.append(collected)
    for collected in known:
        yield from _flow(collected)
    films, task = group.films, group.task
    label, labelled = plain_name(task.label.name), np.isfinite(group.films.targets(task))
    used = labelled & (films.development() | films.hold_out())
    if not labelled.all():
        yield f"Of the prepared films {count(int((~labelled).sum()))} had no {label} and were not used."
    if (labelled & ~used).any():
        yield f"{count(int((labelled & ~used).sum()))} more were not used, as the given division says."
    yield f"Used were {whose(films.groups[used])}."
    yield f"The {label} that the collection states was taken as the truth."
    parts = {"development set": films.development(), "hold-out": films.hold_out()}
    yield from _labels(group, {name: which & labelled for name, which in parts.items()})


def _flow(collected: Collected) -> list[str]:
    said = [f"The films came from {collected.source}."]
    if collected.came == collected.used:
        said.append(f"All {count(collected.came)} films that it lists were prepared.")
    else:
        out = [
            f"{count(sum(reasons.values()))} were {kind} ({_reasons(reasons)})"
            for kind, reasons in collected.reasons.items()
            if reasons
        ]
        came, used = count(collected.came), count(collected.used)
        said.append(f"Of {came} films that it lists {used} were prepared; {enumeration(out)}.")
    if collected.copies:
        said.append(f"{count(collected.copies)} of these are copies of another one, and counted as of its patient.")
    return said


def _reasons(reasons: Mapping[str, int]) -> str:
    return "; ".join(f"{reason}: {count(many)}" for reason, many in reasons.items())


def _labels(group: Group, parts: Mapping[str, Films]) -> Iterator[str]:
    """The task's label in each part, as the table of the splits has it."""
    films, label = group.films, group.task.label
    table = split_table(
        {name: which for name, which in parts.items() if which.any()},
        films.groups,
        {label.name: films.targets(group.task)},
    )
    _, rows = split_cells(table)
    columns = 3 + bool(table["unknown"].any())
    if label.kind == "number":
        said = [f"{row[columns]} (range {row[columns + 1]}) in the {row[0]}" for row in rows]
        unit = f", in {label.unit}" if label.unit else ""
        yield f"Mean {plain_name(label.name)} ± standard deviation{unit}: {enumeration(said)}."
    else:
        said = [f"{row[columns]} % in the {row[0]}" for row in rows]
        yield f"Share of films labelled {label.class_names[1]}: {enumeration(said)}."


def preprocessing(run: RunStore) -> Iterator[str]:
    """What becomes of a film before a network takes it."""
    experiment = run.experiment
    if experiment.vectors:
        origin = f" that were made by {run.provenance.vectors_origin}" if run.provenance.vectors_origin else ""
        yield f"Networks took no films but vectors of {count(experiment.width)} numbers a film{origin}."
        return
    collected = load_collected(run)
    if collected and (recipe := _recipe(collected)):
        if recipe.borders == "crop":
            yield "Margins that are no part of the film were cropped."
        if recipe.polarity == "auto":
            yield "Films whose grey values were inverted were recognised and put right."
        if recipe.clahe:
            yield "Contrast was evened out by contrast-limited adaptive histogram equalisation."
        yield "Films were padded with black to a square, inverted and resized."
    size = experiment.size
    yield f"Networks took one grey channel of {size} × {size} pixels, of 8 bits scaled to 0 to 1."


def _recipe(collected: Collected) -> PixelRecipe | None:
    """None for one of another version: what that has done is not known here."""
    try:
        return PixelRecipe.from_record(collected.preprocessing)
    except ValueError:
        return None


def splits(group: Group) -> Iterator[str]:
    """What was held out, how the others were dealt to folds, and what was kept together."""
    films, splits, experiment = group.films, group.splits, group.runs[0].experiment
    labelled = np.isfinite(films.targets(group.task))
    held, development = films.hold_out() & labelled, films.development() & labelled
    if not held.any():
        yield "No film was held out."
    elif splits.column:
        yield (
            f"Before anything was trained, {whose(films.groups[held])} were held out: those that the collection's "
            f"column {splits.column} calls test."
        )
    else:
        asked = f"asked for were {100 * splits.share:.4g} % of the films"
        yield f"Before anything was trained, {whose(films.groups[held])} were held out ({asked})."
    dealt = f", dealt {experiment.repeats} times" if experiment.repeats > 1 else ""
    other = "other " if held.any() else ""
    dealt = f"divided into {experiment.folds} folds{dealt}{_how(group)}"
    yield f"The {other}{whose(films.groups[development])} were {dealt}."
    known = patient_known(films.groups)
    if not known.any():
        yield "Patients are not known, so every film counted as a patient of its own."
    else:
        which = "" if known.all() else ", where the patient is known,"
        if _kept_together(group):
            yield f"All films of a patient{which} are in one split."
    for note in group.runs[0].provenance.split_notes:
        yield f"{sentence_case(note)}."
    if not splits.stress or (held.any() and not splits.column):  # blocks of ids are not drawn
        yield f"The splits were drawn with seed {splits.seed}."


def _kept_together(group: Group) -> bool:
    """Whether no patient is in two splits of one repeat; films that are in none do not count."""
    films = group.films
    used = films.development() | films.hold_out()
    return all(
        pd.Series(row[used]).groupby(films.groups[used]).nunique().max() == 1
        for row in films.assignment
        if used.any()
    )


def _how(group: Group) -> str:
    if group.splits.stress:
        return f", each of which is {STRESS[group.splits.stress]} (a stress test)"
    strata = [slice_name(label) for label in strata_of(group.films.labels)]
    return f", stratified by {enumeration(strata)}" if strata else ""
