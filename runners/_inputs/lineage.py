"""What a search knows of the films that its weights, and the searches it learns from, have seen.

    lineage = trace_lineage(store, arrays, weights, started_from, forked)     # noted in the run folder, at every call
    seen = films_seen_by_model(store, arrays, weights)  # for the card of the exported one

The cards of this suite's exports tell; weights from elsewhere, and models that have made vectors, have none, and what
they have seen is unknown.
"""

from __future__ import annotations

import hashlib
import json
from functools import reduce
from operator import or_
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._inputs.weights import Weights
from trials.lineage import Lineage, SeenFilms, among, load_lineage, save_lineage
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.tasks import task_named


def films_seen_by(weights: Weights) -> dict[str, SeenFilms]:
    """What the weights of each backbone were trained and chosen on, by its name. ImageNet's hold no X-rays."""
    if weights.given == "imagenet":
        return {name: SeenFilms() for name in weights.files}
    return {name: _of_card(file.path) for name, file in weights.files.items()}


def trace_lineage(
    store: RunStore, arrays: XrayArrays, weights: Weights, started_from: Path | None, forked: Path | None
) -> Lineage:
    """What the run knows by now; writes it down. started_from: a run folder whose configurations it takes over in
    this call; forked: the one that it learnt from when it was begun. The caller holds the folder."""
    before = load_lineage(store)
    parents = [run for run in (started_from, None if before else forked) if run]
    choices = reduce(or_, map(_chosen_by, parents), before.choices if before else SeenFilms())
    own = films_trained_on(arrays, _developed_on(store))
    lineage = Lineage(arrays.fingerprints(), _known(store, weights, before), choices, own.looks)
    save_lineage(store.path, lineage)
    return lineage


def films_seen_by_model(
    store: RunStore, arrays: XrayArrays, weights: Weights, *, with_hold_out: bool = False
) -> SeenFilms:
    """All films that go into a model which is trained from these weights on the run's development films: those, what
    the weights have seen, and by whose labels its configuration was chosen. with_hold_out: whether it is trained on
    that as well."""
    films, lineage = store.films(), load_lineage(store)
    labelled = np.isfinite(films.targets(task_named(store.experiment.task)))
    trained = films.development() | (films.hold_out() & with_hold_out)
    rows = trained & labelled
    own = films_trained_on(arrays, rows)
    choices = lineage.choices if lineage else SeenFilms(unknown=(f"what {store.path.name} began with",))
    return reduce(or_, _known(store, weights, lineage).values(), own | choices)


def films_trained_on(arrays: XrayArrays, which: NDArray[np.bool_]) -> SeenFilms:
    """Those of `which` (N,), and what copies of them are known by."""
    facts = arrays.facts()[which]
    looks = frozenset([*facts["hash"], *facts["whole"]]) - {""}
    return SeenFilms(frozenset(arrays.fingerprints()[which].tolist()), looks=looks)


def known_before(store: RunStore, arrays: XrayArrays, weights: Weights, rows: NDArray[np.int64]) -> str | None:
    """Why the films in these rows (n,) of the arrays are not new to a network that starts from the weights, None
    where they are."""
    which = np.zeros(len(arrays.ids), bool)
    which[rows] = True
    seen = reduce(or_, _known(store, weights, load_lineage(store)).values(), SeenFilms())
    return among(seen, arrays.fingerprints(), arrays.groups, which).reason


def _known(store: RunStore, weights: Weights, before: Lineage | None) -> dict[str, SeenFilms]:
    """What the weights have seen, and the model that has made the run's vectors. A card that has been lost by now was
    read when it was there."""
    recorded = before.weights if before else {}
    found = {
        name: recorded.get(name, seen) if seen.unknown else seen for name, seen in films_seen_by(weights).items()
    }
    if store.experiment.vectors:
        maker = store.provenance.vectors_origin or f"the model that has made {store.experiment.vectors}"
        found["vectors"] = SeenFilms(unknown=(maker,))
    return found


def _chosen_by(run: Path) -> SeenFilms:
    """What a search's configurations owe to films: its own folds, and what it had met before."""
    try:
        store = RunStore.open(run)
        lineage = load_lineage(store)
    except UserError:
        lineage = None
    if lineage is None:
        return SeenFilms(unknown=(f"the search {run.name}",))
    own = frozenset(lineage.films[_developed_on(store)].tolist())
    without_looks = (f"the search {run.name}, of which copies of films are not known,",)
    unknown = without_looks if lineage.looks is None else ()
    met = reduce(or_, lineage.weights.values(), lineage.choices)
    return (SeenFilms(own, unknown=unknown, looks=lineage.looks or frozenset()) | met).as_choice()


def _developed_on(store: RunStore) -> NDArray[np.bool_]:
    """(N,) films of the folds that have the label of the run's task."""
    films = store.films()
    labelled = np.isfinite(films.targets(task_named(store.experiment.task)))
    return np.asarray(films.development() & labelled)


def _of_card(model: Path) -> SeenFilms:
    """As the card tells that belongs to this very file."""
    try:
        card = json.loads(model.with_suffix(".json").read_text())
        if card["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest():
            return SeenFilms.from_json(card["films_seen"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return SeenFilms(unknown=(model.name,))
