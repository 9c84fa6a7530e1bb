"""Films that were known before: to pretrained weights, or to searches whose configurations are taken over."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_workers import FakeWorkers, learning_rate_score
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from runners._commands import search as command
from runners._commands.search import search
from runners._inputs.lineage import films_seen_by, films_seen_by_model, films_trained_on, known_before, trace_lineage
from runners._inputs.weights import NO_WEIGHTS, WeightFile, Weights
from runners._models import openings
from runners._search import session
from runners._search.options import SearchOptions
from trials.files import in_use
from trials.films import Films
from trials.lineage import OLDER, Overlap, SeenFilms, among, load_lineage, of_hold_out, packed, unpacked
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.splits import Splits
from xrays.tasks import TASKS

prints = st.frozensets(st.integers(0, 2**48 - 1))


def weights(*files: Path, given: str = "some") -> Weights:
    return Weights(given, {f"backbone {n}": WeightFile(file, "hash") for n, file in enumerate(files)})


def exported(model: Path, seen: Any) -> Path:
    """A model with the card that an export leaves beside it."""
    model.write_bytes(model.name.encode())
    card = {"model_sha256": hashlib.sha256(model.read_bytes()).hexdigest(), "films_seen": seen}
    model.with_suffix(".json").write_text(json.dumps(card))
    return model


@given(st.lists(st.integers(0, 2**48 - 1)))
def test_fingerprints_take_eight_characters_each(films: list[int]) -> None:
    assert unpacked(packed(films)).tolist() == films and len(packed(films)) == 8 * len(films)


@given(prints, prints, prints)
def test_what_was_trained_on_is_not_told_again_as_chosen_with(one: frozenset[int], two: frozenset[int],
                                                             three: frozenset[int]) -> None:  # fmt: skip
    both = SeenFilms(one, two, ("a",)) | SeenFilms(two, three, ("b", "a"))
    assert both == SeenFilms(one | two, three - one - two, ("a", "b"))
    assert SeenFilms.from_json(json.loads(json.dumps(both.to_json()))) == both
    assert both.as_choice() == SeenFilms(frozenset(), one | two | three, ("a", "b"))


def test_a_patient_of_whom_one_film_is_known_is_known() -> None:
    films, patients = np.arange(6, dtype=np.uint64), np.array(list("aabbcd"))
    met = among(SeenFilms(frozenset({1, 9}), frozenset({0, 3})), films, patients, np.array([1, 1, 1, 1, 1, 0], bool))
    assert met == Overlap(films=5, trained=2, chosen=2, unknown=())
    assert met.independent is False and met.reason and met.reason.startswith("2 of these 5 films were trained on")
    assert "2 others took part in choosing its configuration" in met.reason


def test_what_is_not_known_is_not_taken_for_nothing() -> None:
    films = np.arange(3, dtype=np.uint64)
    known, unknown = (
        among(seen, films, films.astype(str), np.ones(3, bool))
        for seen in (SeenFilms(), SeenFilms(unknown=("a.h5",)))
    )
    assert known.independent is True and known.reason is None
    assert unknown.independent is None and unknown.reason == "which films a.h5 has seen is unknown"
    assert json.loads(json.dumps(unknown.to_json()))["independent"] is None


class TestCards:
    def test_tell_which_films_a_model_has_seen(self, tmp_path: Path) -> None:
        seen = SeenFilms(frozenset({1, 2}), frozenset({3}), ("older.h5",))
        assert films_seen_by(weights(exported(tmp_path / "a.h5", seen.to_json()))) == {"backbone 0": seen}
        assert films_seen_by(NO_WEIGHTS) == {}

    def test_are_none_for_imagenet_which_holds_no_films(self, tmp_path: Path) -> None:
        assert films_seen_by(weights(tmp_path / "densenet.h5", given="imagenet")) == {"backbone 0": SeenFilms()}

    @pytest.mark.parametrize(
        "content",
        ["", "[]", "7", "{}", '{"films_seen": []}', "[" * 100_000, '{"model_sha256": "0", "films_seen": {}}'],
    )  # fmt: skip
    def test_that_are_none_tell_nothing(self, content: str, tmp_path: Path) -> None:
        model = tmp_path / "model.h5"
        model.write_bytes(b"model")
        assert films_seen_by(weights(model)) == {"backbone 0": SeenFilms(unknown=("model.h5",))}
        model.with_suffix(".json").write_text(content)
        assert films_seen_by(weights(model)) == {"backbone 0": SeenFilms(unknown=("model.h5",))}

    @pytest.mark.parametrize("seen", [["a"], None, {"trained": ""}, {"trained": "?", "chosen": "", "unknown": []},
                                      {"trained": "AAA=", "chosen": "", "unknown": []},
                                      {"trained": 7, "chosen": "", "unknown": []}])  # fmt: skip
    def test_of_another_form_tell_nothing(self, seen: Any, tmp_path: Path) -> None:
        assert films_seen_by(weights(exported(tmp_path / "m.h5", seen)))["backbone 0"].unknown == ("m.h5",)

    def test_of_another_model_tell_nothing(self, tmp_path: Path) -> None:
        model = exported(tmp_path / "model.h5", SeenFilms(frozenset({1})).to_json())
        model.write_bytes(b"trained anew")
        assert films_seen_by(weights(model))["backbone 0"].unknown == ("model.h5",)


class Searches:
    """On formulas, of the session's films."""

    def __init__(self, arrays: XrayArrays, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrays, self.runs, self.said = arrays, runs, ""
        monkeypatch.setattr(
            session, "open_workers",
            lambda setup, place: nullcontext(
                FakeWorkers(setup.experiment, learning_rate_score, films=setup.assignment.shape[1])
            ),
        )  # fmt: skip

    def __call__(self, name: str, task: str = "age", **given: Any) -> RunStore:
        lines: list[str] = []
        options = {"trials": 2, "sampler": "random", "pruner": "none", "folds": 2, "epochs": 2, **given}
        store, _ = search(
            SearchOptions(task, self.arrays.path, runs=self.runs, name=name, **options), say=lines.append
        )
        self.said = "\n".join(lines)
        return store


@pytest.fixture
def searches(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Searches:
    return Searches(prepared, tmp_path, monkeypatch)


def labelled(films: Films, task: str) -> NDArray[np.bool_]:
    return np.isfinite(films.targets(TASKS[task]))


def developed(store: RunStore, task: str) -> Sequence[str]:
    """Patients of whom a film with the label is in the folds."""
    films = store.films()
    return list(films.groups[films.development() & labelled(films, task)])


def met(store: RunStore, task: str, patients: Sequence[str]) -> int:
    films = store.films()
    return int((films.hold_out() & labelled(films, task) & np.isin(films.groups, patients)).sum())


@pytest.mark.parametrize("way", ["start_from", "fork", "fork_from"])
def test_a_search_of_another_split_spoils_the_hold_out_of_who_learns_from_it(way: str, searches: Searches) -> None:
    first = searches("first")
    assert "CAUTION" not in searches.said
    elsewhere = searches.runs / "first"
    given: dict[str, Any] = {"start_from": "first", "fork": True, "fork_from": str(elsewhere)}
    given = {way: given[way]}
    if way == "fork_from":  # a run that lies among others
        searches.runs /= "others"
    same = searches("first" if way == "fork" else "same", seed=1, **given)
    assert "INDEPENDENT" not in searches.said, "the same films are held out"
    other = searches("first" if way == "fork" else "other", splits=Splits(seed=1), seed=2, **given)
    lineage, expected = load_lineage(other), met(other, "age", [*developed(first, "age"), *developed(same, "age")])
    assert lineage is not None
    found = of_hold_out(other, lineage)
    assert (found.trained, found.chosen, found.independent) == (0, expected, False) and expected > 0
    rows = first.films().development() & labelled(first.films(), "age")
    own, handed_on = load_lineage(first), films_trained_on(searches.arrays, rows).looks
    assert own is not None and len(handed_on) >= rows.sum() and lineage.choices.looks >= handed_on
    assert f"CAUTION  the hold-out is NOT INDEPENDENT: {expected} of these" in searches.said
    assert "choosing its configuration" in searches.said
    third = searches("third", splits=Splits(seed=2), start_from=other.path.name)
    lineage = load_lineage(third)
    everyone = [*developed(first, "age"), *developed(same, "age"), *developed(other, "age")]
    assert lineage is not None and of_hold_out(third, lineage).chosen == met(third, "age", everyone)


def test_of_older_records_copies_are_not_known(searches: Searches) -> None:
    """Neither of a card without looks nor of a search whose lineage has none is it said that there are none."""
    seen = SeenFilms(frozenset({1}), unknown=("a.h5",))
    older = {name: given for name, given in seen.to_json().items() if name != "looks"}
    assert SeenFilms.from_json(older) == replace(seen, unknown=("a.h5", OLDER))
    assert SeenFilms.from_json({"trained": "", "chosen": "", "unknown": []}) == SeenFilms(), "no films, no copies"
    file = searches("first").path / "lineage.json"
    record = json.loads(file.read_text())
    del record["looks"]
    file.write_text(json.dumps(record))
    lineage = load_lineage(searches("other", start_from="first"))
    assert lineage is not None and lineage.looks and lineage.choices.chosen and not lineage.choices.looks
    assert lineage.choices.unknown == ("the search first, of which copies of films are not known,",)


def test_a_search_that_kept_nothing_leaves_it_open(searches: Searches) -> None:
    first = searches("first")
    (first.path / "lineage.json").unlink()
    other = searches("other", start_from="first")
    assert "CAUTION  whether the hold-out is independent is unknown: which films the search first" in searches.said
    searches("other")
    lineage = load_lineage(other)
    assert lineage is not None and of_hold_out(other, lineage).independent is None, "the next call knows no more"


def test_weights_that_know_films_are_told_film_by_film(
    searches: Searches, prepared: XrayArrays, tmp_path: Path
) -> None:
    gender, age = searches("gender", "gender"), searches("age", splits=Splits(seed=1))
    films = gender.films()
    rows = films.development() & labelled(films, "gender")
    seen = films_seen_by_model(gender, prepared, NO_WEIGHTS)
    looks = frozenset([*prepared.facts()["hash"][rows], *prepared.facts()["whole"][rows]]) - {""}
    assert seen == SeenFilms(frozenset(prepared.fingerprints()[rows].tolist()), looks=looks)
    model = exported(tmp_path / "best_gender.h5", seen.to_json())
    lineage = trace_lineage(age, prepared, weights(model), None, None)
    found = of_hold_out(age, lineage)
    assert (found.trained, found.chosen) == (met(age, "age", developed(gender, "gender")), 0) and found.trained > 0
    every = np.arange(len(films.ids))
    assert known_before(age, prepared, NO_WEIGHTS, every) is None, "its own folds are no news"
    known = np.isin(films.groups, developed(gender, "gender"))
    told = known_before(age, prepared, weights(model), every) or ""
    assert told.startswith(f"{known.sum()} of these {len(every)} films were trained on")
    model.with_suffix(".json").unlink()
    again = films_seen_by_model(age, prepared, weights(model))
    assert again.unknown == () and again.trained > seen.trained, "the card was read when it was there"


def test_exports_that_come_at_once_are_counted_one_after_the_other(
    prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have read the log before either writes, unless the other one must wait."""
    arrays = replace(prepared, path=tmp_path)
    meeting, read = threading.Barrier(2), openings.logged

    def together(*asked: Any) -> Any:
        found = read(*asked)
        with suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)
        return found

    monkeypatch.setattr(openings, "logged", together)
    with ThreadPoolExecutor(2) as pool:
        counts = [
            pool.submit(openings.record_opening, arrays, "films", np.zeros(0, np.uint64), {"task": "age", "run": n})
            for n in range(2)
        ]
    assert sorted(count.result() for count in counts) == [1, 2]
    assert len((tmp_path / openings.LOG).read_text().splitlines()) == 2


def test_the_folder_is_held_between_a_search_and_its_ablation(
    searches: Searches, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []

    def none_yet(*asked: object) -> None:
        held.append(in_use(searches.runs / "mine"))

    monkeypatch.setattr(command, "leading", none_yet)
    options = SearchOptions("age", searches.arrays.path, 1, folds=2, epochs=1, runs=searches.runs, name="mine")
    for _ in range(2):  # trained now, and finished before
        search(options, ablation=True, say=lambda line: None)
    assert held == [True, True] and not in_use(searches.runs / "mine")
