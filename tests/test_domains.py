"""What each parameter could be is kept with a run, and read from there: nothing is guessed from what was tried."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fake_space import SPACE as FAKE
from fake_workers import FakeWorkers, learning_rate_score
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from run_folders import run_folder, trial

from runners._commands.search import search
from runners._samplers.domains import run_domains
from runners._search import session
from runners._search.options import Place, SearchOptions
from runners._workers.messages import Setup
from search_spaces import load_space, space_names
from search_spaces._narrow import narrow
from trials.domains import Domain, distribution
from trials.records import Scalar
from trials.store import RunStore
from trials.study import study_of
from trials.typed import typed
from xrays.arrays import XrayArrays


def test_a_search_keeps_what_its_parameters_could_be(
    prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def workers(setup: Setup, place: Place) -> Any:
        return nullcontext(FakeWorkers(setup.experiment, learning_rate_score, films=setup.assignment.shape[1]))

    monkeypatch.setattr(session, "open_workers", workers)
    options = SearchOptions(
        "age", prepared.path, 3, runs=tmp_path, sampler="random", pruner="none", folds=2, epochs=2,
        sets=("batch_size=16,64", "depth=2..3"), fixes=("learning_rate=0.001",),
    )  # fmt: skip
    store, _ = search(options, say=lambda line: None)
    found = RunStore.open(store.path).provenance.domains
    assert list(found) == list(run_domains(load_space("cnn")))
    assert found["batch_size"] == Domain(options=(16, 64)) and found["depth"] == Domain(low=2, high=3, step=1)
    assert found["learning_rate"] == Domain(low=0.001, high=0.001, log=True) and found["learning_rate"].single
    assert found["growth"] == Domain(options=(1.0, 1.5, 2.0)) and not found["growth"].single
    known = study_of(store).trials[0].distributions
    assert known["batch_size"] == CategoricalDistribution((16, 64)) and known["depth"] == IntDistribution(2, 3)


@pytest.mark.parametrize("space", [*map(load_space, space_names()), FAKE, narrow(FAKE, ["width=32..48"], [])])
def test_every_domain_is_kept_as_it_is(space: Any) -> None:
    for name, domain in run_domains(space).items():
        again = typed(Domain, json.loads(json.dumps(asdict(domain))))
        assert again == domain and [*map(type, again.options)] == [*map(type, domain.options)], name
        whole = distribution(again)
        assert whole.single() == domain.single and whole == distribution(domain)
        assert whole._contains(whole.to_internal_repr(space.first[name])), name


def test_numbers_to_choose_from_are_no_range(tmp_path: Path) -> None:
    """Of three batch sizes a range was made, in whose gaps nothing had been tried."""
    rng = random.Random(0)
    params: list[dict[str, Scalar]] = [
        {"batch_size": rng.choice((16, 32)), "width": 16 * rng.randint(1, 4), "rate": 10 ** rng.uniform(-3.2, -3)}
        for _ in range(6)
    ]
    domains = {
        "batch_size": Domain(options=(16, 32, 64)),
        "width": Domain(low=16, high=64, step=16),
        "rate": Domain(low=1e-4, high=1e-2, log=True),
    }
    run = run_folder(
        tmp_path, trials=[trial(n, [9.0] * 3, params=own) for n, own in enumerate(params)], domains=domains
    )
    assert study_of(run).trials[0].distributions == {
        "batch_size": CategoricalDistribution((16, 32, 64)),
        "width": IntDistribution(16, 64, step=16),
        "rate": FloatDistribution(1e-4, 1e-2, log=True),
    }
