"""What a card tells beside its scores: what the search has cost, for whom a model is wrong, where films come from."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from predicted_runs import predicted_run
from run_folders import add_seed, mixed, run_folder, trial

from runners._models.card_facts import corrected, data_facts, explained_facts, search_facts
from runners._models.choice import BestRun
from runners._models.subgroups import subgroups
from trials.explained import save_explained
from trials.films import Films
from trials.final import standings
from trials.spent import ACCELERATED, ASSUMED, WATTS, spent_on
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import make_plan
from xrays.patients import FEW
from xrays.strict_json import as_json
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]


def at(number: int, begun: str, ended: str, threads: int = 1) -> object:
    one = trial(number, [9.0, 9.5, 10.0])
    folds = tuple(replace(fold, threads=threads, seconds=600.0) for fold in one.folds)
    return replace(one, folds=folds, started=f"2025-01-01T{begun}:00Z", finished=f"2025-01-01T{ended}:00Z")


class TestSpent:
    def test_hours_of_the_clock_overlap_and_those_of_cores_add_up(self, tmp_path: Path) -> None:
        trials = [at(0, "00:00", "01:00"), at(1, "00:30", "01:30"), at(2, "03:00", "03:30", threads=4)]
        spent = spent_on(run_folder(tmp_path, trials=trials, with_baselines=False))  # type: ignore[arg-type]
        assert spent["hours"] == 2.0, "the pause in between is none of training"
        assert spent["worker_hours"]["trials"] == 1.5
        assert spent["core_hours"] == pytest.approx(0.5 + 0.5 + 4 * 0.5)
        assert spent["kwh"] == pytest.approx([3 * watts / 1000 for watts in WATTS], rel=0.05)
        assert spent["kwh_note"] == ASSUMED and (spent["begun"], spent["ended"]) == (
            "2025-01-01T00:00:00+00:00",
            "2025-01-01T03:30:00Z",
        )

    def test_all_that_was_trained_counts_by_what_for(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, trials=mixed("age"))
        add_seed(store, 3, 7, [8.0, 8.5, 9.0])
        spent = spent_on(store, exported=360.0)
        hours = spent["worker_hours"]
        assert hours["trials"] == pytest.approx(11 * 2.5 / 3600, abs=1e-4)
        assert hours["further seeds"] == pytest.approx(3 * 2.5 / 3600, abs=1e-4)
        assert hours["baselines"] == pytest.approx(6 * 2.5 / 3600, abs=1e-4)
        assert (hours["export"], hours["ablation"]) == (0.1, 0.0)
        assert spent["core_hours"] == pytest.approx(sum(hours.values()), abs=2e-4)

    def test_nobody_knows_what_an_accelerator_drew(self, tmp_path: Path) -> None:
        device = {"device": "x86_64, 16 cores, NVIDIA H200"}
        spent = spent_on(run_folder(tmp_path, trials=mixed("age"), provenance=device))
        assert spent["kwh"] is None and spent["kwh_note"] == ACCELERATED and spent["core_hours"] > 0

    def test_of_a_run_without_trials(self, tmp_path: Path) -> None:
        spent = spent_on(run_folder(tmp_path, with_baselines=False))
        assert (spent["hours"], spent["core_hours"], spent["ended"]) == (0.0, 0.0, None)


LABELS = {
    "age": np.repeat([25.0, 65.0, np.nan], (40, 40, 4)).astype(np.float32),
    "gender": np.tile([0.0, 1.0], 42).astype(np.float32),
}
PATIENTS = np.array([f"patient {number // 2}" for number in range(84)])


class TestSubgroups:
    def test_of_a_number_are_errors_with_intervals_by_band_and_class(self) -> None:
        truth = LABELS["age"]
        noise = np.random.default_rng(0).uniform(0.5, 1.5, 84)
        rows = subgroups(AGE, LABELS, truth, truth + np.where(truth < 30, 2 * noise, -8 * noise), PATIENTS)
        by_group = {(row["label"], row["group"]): row for row in rows}
        assert list(by_group) == [("age", "20–29"), ("age", "60–69"), ("gender", "female"), ("gender", "male")]
        young, old = by_group["age", "20–29"], by_group["age", "60–69"]
        assert (young["films"], young["patients"]) == (40, 20)
        assert young["low"] < young["value"] < young["high"] < old["low"] < old["value"] < old["high"]
        assert young["value"] == pytest.approx(2, abs=0.5) and old["value"] == pytest.approx(8, abs=1)

    def test_of_classes_are_shares_that_are_right(self) -> None:
        truth = LABELS["gender"]
        wrong = LABELS["age"] > 60
        rows = subgroups(GENDER, LABELS, truth, np.where(wrong, 1 - truth, truth), PATIENTS)
        values = {row["group"]: (row["value"], row["low"], row["high"]) for row in rows}
        assert list(values)[:2] == ["female", "male"] and values["female"][0] == pytest.approx(22 / 42)
        assert values["20–29"][0] == 1.0 and values["20–29"][1] < 1.0, "all right is no certainty"

    def test_few_patients_have_no_number_and_a_film_without_answer_none(self) -> None:
        truth = LABELS["age"].copy()
        predicted = np.where(np.arange(84) < 40 + 2 * (FEW - 1), truth, np.nan)
        old = next(row for row in subgroups(AGE, LABELS, truth, predicted, PATIENTS) if row["group"] == "60–69")
        none = dict.fromkeys(("value", "low", "high"))
        assert old == {"label": "age", "group": "60–69", "films": 18, "patients": 9, **none}
        assert subgroups(AGE, LABELS, truth, np.full(84, np.nan), PATIENTS) == []


class TestData:
    @pytest.fixture
    def store(self, prepared: XrayArrays, tmp_path: Path) -> RunStore:
        plan = make_plan(prepared, folds=3)
        films = Films(prepared.ids, prepared.groups, prepared.labels, plan.assignment)
        made = run_folder(tmp_path, trials=mixed("age"), with_baselines=False)
        return RunStore.create(made.path, made.experiment, films, made.provenance)

    def test_films_are_followed_from_the_collection_into_the_splits(
        self, prepared: XrayArrays, store: RunStore
    ) -> None:
        facts = json.loads(as_json(data_facts(prepared, store)))
        assert facts["flow"]["came"] == facts["flow"]["used"] + facts["flow"]["rejected"] + facts["flow"]["left_out"]
        assert facts["flow"]["used"] == len(prepared.ids) == sum(split["films"] for split in facts["splits"])
        assert [split["split"] for split in facts["splits"]][:2] == ["folds", "hold-out"]
        assert facts["splits"][0]["patients"] > 0 and not any("shares" in name for name in facts["splits"][0])
        assert facts["audit"] is None

    def test_alarms_of_the_audit_of_these_very_films(
        self, prepared: XrayArrays, store: RunStore, tmp_path: Path
    ) -> None:
        copy = tmp_path / "copy"
        shutil.copytree(prepared.path, copy)
        own = XrayArrays.open(copy)
        checks = [
            {"code": "a", "title": "Copies", "severity": severity, "found": "2 films.", "figures": {}}
            for severity in ("problem", "passed", "hint", "not applicable")
        ]
        record = {"pixels": prepared.pixels, "checks": checks}
        for content, known in ((record, True), ({**record, "pixels": "others"}, False), ({"checks": 3}, False)):
            (copy / "audit.json").write_text(json.dumps(content))
            audit = data_facts(own, store)["audit"]
            assert (audit is not None) == known
            if audit:
                assert (audit["passed"], [alarm["severity"] for alarm in audit["alarms"]]) == (1, ["problem", "hint"])

    def test_a_search_counts_its_trials(self, store: RunStore) -> None:
        facts = search_facts(run_folder(store.path.parent / "other", trials=mixed("age")))
        assert facts["trials"] == {"complete": 3, "pruned": 1, "failed": 1} and facts["finalists"] == 0


class TestChoice:
    def test_the_best_of_many_is_corrected_and_another_trial_is_not(self, tmp_path: Path) -> None:
        store = predicted_run(tmp_path, "gender", [0.9, 0.9, 2.0, 2.0])
        best = standings([store])
        found = corrected(BestRun(best[0], 4, (store,)))
        assert found is not None and found["trials"] == 4
        low, high = found["interval"]
        assert low < found["score"] < high and found["score"] <= best[0].score
        assert corrected(BestRun(best[1], 4, (store,), first=False)) is None
        assert corrected(BestRun(best[0], 4, (run_folder(tmp_path / "bare", trials=mixed("age")),))) is None

    def test_what_explain_has_found_of_the_very_trial(self, tmp_path: Path) -> None:
        store = run_folder(tmp_path, trials=mixed("age"))
        assert explained_facts(store, [3]) is None
        save_explained(
            store.path, {"trial": 3, "border": {"verdict": None}, "shown": [{"film": 7}], "groups": []}, {}
        )
        assert explained_facts(store, [0]) is None
        found = explained_facts(store, [3]) or {}
        assert found["border"] == {"verdict": None} and not {"shown", "groups"} & found.keys(), "no single films"
        (store.path / "explain" / "explain.json").write_text("{")
        assert explained_facts(store, [3]) is None
