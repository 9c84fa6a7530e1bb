"""What a methods section says of training: how a trial was trained, what from, and what was done to its films."""

from __future__ import annotations

from collections.abc import Iterator

from reports._drawing.cells import weights_name
from reports._drawing.numbers import count
from reports._drawing.words import enumeration
from reports.methods.words import many, were
from trials.ablation import ablated, arm_parts
from trials.domains import Domain
from trials.store import RunStore

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}
PRECISIONS = {"float32": "single precision", "mixed": "mixed precision"}
AUGMENT = "augment_"


def training(run: RunStore) -> Iterator[str]:
    """Epochs, folds, backend, precision, weights, and batches that did not fit."""
    experiment, versions = run.experiment, run.provenance.versions
    backend = _versioned(BACKENDS.get(experiment.backend, experiment.backend), versions.get(experiment.backend, ""))
    keras = _versioned("Keras", versions.get("keras", ""))
    repeats = f" in each of {experiment.repeats} repeats" if experiment.repeats > 1 else ""
    precision = PRECISIONS.get(experiment.precision, f"{experiment.precision} precision")
    yield (
        f"A trial was trained for {experiment.epochs} epochs on each of the {experiment.folds} folds{repeats}, with "
        f"{keras} on {backend} in {precision}."
    )
    yield "The fold that scored a network chose none of its epochs: training went on to the end of its schedule."
    halved = sum(trial.accumulation > 1 for trial in run.trials())
    if halved:
        yield f"For want of memory {count(halved)} trials added up the gradients of several smaller batches."
    if experiment.weights:
        yield from _weights(run)


def _versioned(name: str, version: str) -> str:
    return f"{name} {version}".rstrip()


def _weights(run: RunStore) -> Iterator[str]:
    domain = run.provenance.domains.get("backbone", Domain())
    backbones = enumeration([str(option) for option in domain.options])
    which = f"The backbones ({backbones})" if backbones else "Backbones"
    if run.experiment.weights == "none":
        yield f"{which} began with random weights."
        return
    yield f"{which} started from the weights {weights_name(run.experiment.weights)}."


def augmentation(run: RunStore) -> Iterator[str]:
    """What was searched over, and whether the best was trained with and without it; nothing of a space without."""
    domains = run.provenance.domains
    mode = domains.get(f"{AUGMENT}mode")
    if mode is None:
        return
    if mode.options == ("none",):
        yield "Training films were not augmented."
    else:
        yield from _searched(run, mode)
    repeats = {part.repeat for part in arm_parts(run.path) if part.score is not None}
    if repeats and (trials := ablated(run.path)):
        of = f"Trial{'s' * (len(trials) > 1)} {enumeration([str(number) for number in sorted(trials)])}"
        draws = f"{many(len(repeats), 'draw')} of folds and seed that had no part in the search"
        yield f"{of} {were(len(trials))} trained anew with and without augmentation, on {draws}."


def _searched(run: RunStore, mode: Domain) -> Iterator[str]:
    domains = run.provenance.domains
    names = {
        name.removeprefix(AUGMENT): domain
        for name, domain in domains.items()
        if name.startswith(AUGMENT) and True in domain.options
    }
    searched = [name.replace("_", " ") for name, domain in names.items() if not domain.single]
    always = [name.replace("_", " ") for name, domain in names.items() if domain.single]
    *others, last = map(str, mode.options)
    modes = f"{', '.join(others)} or {last}" if others else last
    yield f"Augmentation of training films was part of the space (mode {modes})."
    if searched:
        yield f"Each of these operations could be on or off: {enumeration(searched)}."
    if always:
        yield f"These were always on: {enumeration(always)}."
    strengths = [domains[f"{AUGMENT}{name}_strength"] for name in names if f"{AUGMENT}{name}_strength" in domains]
    if strengths:
        low, high = min(domain.low for domain in strengths), max(domain.high for domain in strengths)
        yield f"Their strengths were from {low:g} to {high:g} of the largest change of each."
