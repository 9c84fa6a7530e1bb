"""Which films a run had to do with before it began: through pretrained weights, and through searches it learnt from.

    save_lineage(store.path, Lineage(arrays.fingerprints(), {"densenet121": SeenFilms(trained=films)}, SeenFilms()))
    met = among(load_lineage(store).weights["densenet121"], arrays.fingerprints(), arrays.groups, held)
    met.trained, met.reason            # 97, "97 of these 114 films were trained on, …"

Films are known by their fingerprints (xrays/pixels/prints.py), so that another set, size, label or split makes no
difference.
Terminal, card and page say it in the same words, which stand here for that reason.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from trials.files import write_atomically
from trials.kept import read_json, undamaged
from trials.store import RunStore
from xrays.strict_json import as_json
from xrays.tasks import task_named

FILE = "lineage.json"
BYTES = 6  # of a fingerprint: 8 characters a film, 0.9 MB for 112,120 films
LOOK = 32  # of a look: 43 characters a film, 4.8 MB for as many
OLDER = "a record of an older version, which tells of no copies,"
# Why a film is not new to a model, the first that applies.
TRAINED, CHOSEN, COPY, PATIENT = "trained", "chosen", "copy", "patient"
MET = {
    TRAINED: "trained on, by the model or by weights that it started from",
    CHOSEN: "its configuration was chosen by them, in an earlier search",
    COPY: "copies of such films, whatever was done to them",
    PATIENT: "of patients with such films",
}


@dataclass(frozen=True)
class SeenFilms:
    """Films by fingerprint. trained: weights were trained on them; chosen: others, by whose labels a search chose its
    configurations; unknown: names of what does not tell which films it has seen; looks: of those that were trained
    on, what copies of them are known by, whatever was done to these (`hash` and `whole` of xrays/pixels/facts.py)."""

    trained: frozenset[int] = frozenset()
    chosen: frozenset[int] = frozenset()
    unknown: tuple[str, ...] = ()
    looks: frozenset[str] = frozenset()

    def __or__(self, other: SeenFilms) -> SeenFilms:
        trained = self.trained | other.trained
        unknown = tuple(dict.fromkeys((*self.unknown, *other.unknown)))
        return SeenFilms(trained, (self.chosen | other.chosen) - trained, unknown, self.looks | other.looks)

    def as_choice(self) -> SeenFilms:
        """What is passed on by whoever takes over configurations, and no weights."""
        return SeenFilms(frozenset(), self.trained | self.chosen, self.unknown, self.looks)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads: films as `packed`, names as a list, looks as Base64 of their bytes."""
        return {
            "trained": packed(sorted(self.trained)),
            "chosen": packed(sorted(self.chosen - self.trained)),
            "unknown": list(self.unknown),
            "looks": packed_looks(self.looks),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises ValueError, TypeError or KeyError for what `to_json` has not made."""
        trained, chosen = (frozenset(unpacked(data[name]).tolist()) for name in ("trained", "chosen"))
        unknown = tuple(map(str, data["unknown"]))
        if "looks" not in data and (trained or chosen):
            unknown = (*unknown, OLDER)
        return cls(trained, chosen, unknown, looks_of(data.get("looks", "")))


@dataclass(frozen=True)
class Lineage:
    """films: (N,) uint64 fingerprints of the run's own, in the order of its plan. weights: of every backbone, what
    its pretrained weights have seen; choices: what the searches have seen that the run takes configurations from;
    looks: what copies of the films are known by that its trials were trained on, None where an older version has kept
    none."""

    films: NDArray[np.uint64]
    weights: Mapping[str, SeenFilms]
    choices: SeenFilms
    looks: frozenset[str] | None = frozenset()


@dataclass(frozen=True)
class Overlap:
    """How many of `films` were met before, or another film of their patient: in training, or (of the others) in
    choosing. unknown: names of what does not tell."""

    films: int
    trained: int
    chosen: int
    unknown: tuple[str, ...]

    @property
    def independent(self) -> bool | None:
        """Whether none was; None where nobody knows."""
        if self.trained or self.chosen:
            return False
        return None if self.unknown else True

    @property
    def reason(self) -> str | None:
        """Why a score on these films is not independent, None where it is."""
        parts = []
        if self.trained:
            parts.append(
                f"{self.trained} of these {self.films} films were trained on, with this label or another, by the "
                "model or by weights that it started from"
            )
        if self.chosen:
            others = "others" if self.trained else f"of these {self.films} films"
            parts.append(f"{self.chosen} {others} took part in choosing its configuration, in an earlier search")
        if self.unknown:
            parts.append(f"which films {', '.join(self.unknown)} has seen is unknown")
        return "; ".join(parts) or None

    def to_json(self) -> dict[str, Any]:
        """For the record of an opening."""
        return {
            "independent": self.independent,
            "seen": {"trained": self.trained, "chosen": self.chosen, "unknown": list(self.unknown)},
            "note": self.reason,
        }


def among(
    seen: SeenFilms, fingerprints: NDArray[np.uint64], groups: NDArray[np.str_], which: NDArray[np.bool_]
) -> Overlap:
    """Of the films `which` of a set; all arrays (N,). Patients belong together: one whose film was met is known."""
    trained, chosen = (
        np.isin(groups, groups[np.isin(fingerprints, np.array(sorted(films), np.uint64))])
        for films in (seen.trained, seen.chosen)
    )
    return Overlap(
        int(which.sum()), int((which & trained).sum()), int((which & chosen & ~trained).sum()), seen.unknown
    )


def of_hold_out(store: RunStore, lineage: Lineage) -> Overlap:
    """What is known of the run's hold-out before any of its models is trained."""
    films = store.films()
    held = films.hold_out() & np.isfinite(films.targets(task_named(store.experiment.task)))
    return among(reduce(or_, lineage.weights.values(), lineage.choices), lineage.films, films.groups, held)


@dataclass(frozen=True)
class Caution:
    """said: in words; certain: whether it is known to be so, and not just unknown."""

    said: str
    certain: bool


def cautions(store: RunStore, lineage: Lineage) -> list[Caution]:
    """What makes the run's scores optimistic, or that of its hold-out not independent."""
    films, reasons = store.films(), list[Caution]()
    scored = films.development() & np.isfinite(films.targets(task_named(store.experiment.task)))
    weights = reduce(or_, lineage.weights.values(), SeenFilms())
    folds, overlap = among(weights, lineage.films, films.groups, scored), of_hold_out(store, lineage)
    if folds.trained:
        said = (
            f"the weights were trained on {folds.trained} of the {folds.films} films in the folds, with this label "
            "or another: these are not new to them, and scores are optimistic"
        )
        reasons.append(Caution(said, certain=True))
    if folds.unknown:
        also = " and the hold-out is not independent" if overlap.films else ""
        why = "" if store.experiment.vectors else ", since no card of an export lies beside it"
        said = (
            f"which films {', '.join(folds.unknown)} was trained on is unknown{why}: were these among them, then "
            f"scores are optimistic{also}"
        )
        reasons.append(Caution(said, certain=False))
    if overlap.independent is False:
        reasons.append(Caution(f"the hold-out is NOT INDEPENDENT: {overlap.reason}", certain=True))
    elif overlap.films and lineage.choices.unknown:
        said = f"whether the hold-out is independent is unknown: {overlap.reason}"
        reasons.append(Caution(said, certain=False))
    return reasons


def save_lineage(run: Path, lineage: Lineage) -> None:
    """Into the run folder, in the place of an older one."""
    record = {
        "films": packed(lineage.films.tolist()),
        "weights": {name: seen.to_json() for name, seen in lineage.weights.items()},
        "choices": lineage.choices.to_json(),
        "looks": None if lineage.looks is None else packed_looks(lineage.looks),
    }
    write_atomically(run / FILE, as_json(record, indent=1).encode())


def load_lineage(store: RunStore) -> Lineage | None:
    """None for a run that kept none. Raises DamagedRun."""
    file = store.path / FILE
    record = read_json(file, dict[str, Any])
    if record is None:
        return None
    with undamaged(file):
        weights = {name: SeenFilms.from_json(seen) for name, seen in record["weights"].items()}
        looks = record.get("looks")
        lineage = Lineage(
            unpacked(record["films"]),
            weights,
            SeenFilms.from_json(record["choices"]),
            None if looks is None else looks_of(looks),
        )
        if len(lineage.films) != len(store.films().ids):
            raise ValueError(f"it is of {len(lineage.films)} films, the run's plan of {len(store.films().ids)}")
    return lineage


def packed(films: Iterable[int]) -> str:
    """Base64 of six bytes a film."""
    raw = np.array(list(films), ">u8").view(np.uint8).reshape(-1, 8)[:, 8 - BYTES :]
    return base64.b64encode(raw.tobytes()).decode()


def packed_looks(looks: Iterable[str]) -> str:
    """Base64 of LOOK bytes each."""
    return base64.b64encode(bytes.fromhex("".join(sorted(looks)))).decode()


def looks_of(text: str) -> frozenset[str]:
    """Raises ValueError or TypeError for what `packed_looks` has not made."""
    raw = base64.b64decode(text, validate=True)
    if len(raw) % LOOK:
        raise ValueError(f"looks: {len(raw)} bytes, of {LOOK} each")
    return frozenset(raw[start : start + LOOK].hex() for start in range(0, len(raw), LOOK))


def unpacked(text: str) -> NDArray[np.uint64]:
    """(n,) fingerprints. Raises ValueError or TypeError for what `packed` has not made."""
    raw = np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(-1, BYTES)
    whole = np.zeros((len(raw), 8), np.uint8)
    whole[:, 8 - BYTES :] = raw
    return whole.view(">u8").reshape(-1).astype(np.uint64)
