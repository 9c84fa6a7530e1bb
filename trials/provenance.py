"""What is worth knowing of a run beside its identity: when, where and of what it was made. It decides no result.

store.provenance.arrays             # "/data/nih64": where its prepared films were when it was begun
replace(store.provenance, arrays=str(elsewhere))
origin_in(record.about).versions    # of a run of whatever format: {} where it says nothing

In experiment.json it is the part `about`. Every search writes all of it, so a run that lacks any was edited or cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trials.domains import Domain
from xrays.splits import Splits


@dataclass(frozen=True)
class Chosen:
    """What a search trains with because it was the fastest when it was begun. threads: of a worker, 0 where no number
    was found; precision: whether it, too, was left to the suite; why: for people, "" where nothing was measured."""

    threads: int = 0
    precision: bool = False
    why: str = ""


@dataclass(frozen=True)
class Provenance:
    """created: ISO 8601, UTC. synthetic: whether the films are drawn; films: how many there are, rejected: how many
    were left out when they were prepared; films_fingerprint: of the originals, whatever size they are prepared at.
    splits: what was held out, and how folds were dealt; split_notes: what that did to the films. arrays: prepared
    folder. weights: `none`, `imagenet` or a path, as typed, "" for a space without any; weight_files: fingerprints by
    backbone. device: for people. chosen: by
    measuring. versions: of Python and libraries, by name. domains: of the parameters, in the order
    of the space. vectors_origin: what has made the vectors, as the user says, "" where networks take films. fork_of:
    name of the run that this one learns from, "" for none; fork_differs: in what, in words."""

    created: str
    synthetic: bool
    films: int
    rejected: int
    films_fingerprint: str
    splits: Splits
    split_notes: tuple[str, ...]
    arrays: str
    weights: str
    weight_files: Mapping[str, str]
    device: str
    chosen: Chosen
    versions: Mapping[str, str]
    domains: Mapping[str, Domain]
    fork_of: str
    fork_differs: tuple[str, ...]
    vectors_origin: str


@dataclass(frozen=True)
class Origin:
    """What is asked of a run of whatever format, as far as it says so: created and fork_of as above, "" where it does
    not; versions: as above, of what it names."""

    created: str = ""
    fork_of: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


def origin_in(about: Mapping[str, Any]) -> Origin:
    """about: the part of a run's record, of whatever format. What has another type than today's is not said."""
    named = about.get("versions")
    versions = named if isinstance(named, Mapping) else {}
    texts = {name: value for name in ("created", "fork_of") if isinstance(value := about.get(name), str)}
    return Origin(**texts, versions={name: value for name, value in versions.items() if isinstance(value, str)})
