"""What is worth knowing of a run beside its identity: when, where and of what it was made. It decides no result.

store.provenance.arrays             # "/data/nih64": where its prepared films were when it was begun
replace(store.provenance, arrays=str(elsewhere))

In experiment.json it is the part `about`. Every search writes all of it, so a run that lacks any was edited or cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trials.domains import Domain


@dataclass(frozen=True)
class Provenance:
    """created: ISO 8601, UTC. synthetic: whether the films are drawn; films: how many there are, rejected: how many
    were left out when they were prepared; films_fingerprint: of the originals, whatever size they are prepared at.
    split_seed: of hold-out and folds. arrays: prepared folder. weights: `none`, `imagenet` or a path, as typed, ""
    for a space without any; weight_files: fingerprints by backbone. device: for people. versions: of Python and
    libraries, by name. domains: of the parameters, in the order of the space. fork_of: name of the run that this one
    learns from, "" for none; fork_differs: in what, in words."""

    created: str
    synthetic: bool
    films: int
    rejected: int
    films_fingerprint: str
    split_seed: int
    arrays: str
    weights: str
    weight_files: Mapping[str, str]
    device: str
    versions: Mapping[str, str]
    domains: Mapping[str, Domain]
    fork_of: str
    fork_differs: tuple[str, ...]
