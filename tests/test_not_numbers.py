"""What is no number is null in every file, a dash for the reader, and no warning on the screen."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cli_process import called
from hypothesis import given
from hypothesis import strategies as st
from pages import group_of, words
from predicted_runs import predicted_run
from run_folders import add_seed, asked, provenance_of, run_folder, trial
from strictly import check_files, strict

from reports._drawing.metrics import metric_of
from reports._page.build import build_report
from reports.regression_figures import data
from runners._words import score_words
from trials.ablation import ArmPart, arm_parts
from trials.parts import save_part
from trials.records import Baseline, FoldScore
from trials.seeds import whole_seeds
from trials.store import RunStore
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.strict_json import as_json
from xrays.tasks import TASKS

NAN, INF = math.nan, math.inf
PACKAGES = ("xrays", "search_spaces", "trials", "runners", "reports", "benchmarks")
WRITES = r"write_atomically\(|append_line\(|\.write_text\(|\.write_bytes\(|\.writelines\("
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def with_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_null(own) for key, own in value.items()}
    if isinstance(value, list):
        return [with_null(own) for own in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@given(ANY, st.sampled_from([None, 1]))
def test_whatever_is_written_any_reader_reads(value: Any, indent: int | None) -> None:
    assert strict(as_json(value, indent)) == with_null(value)


def test_numbers_of_numpy_are_numbers() -> None:
    given = {"a": np.float32(0.5), "b": (np.int64(3), np.bool_(True)), "c": np.float64(INF)}
    assert strict(as_json(given)) == {"a": 0.5, "b": [3, True], "c": None}


def test_a_run_folder_holds_json_alone_whatever_its_scores_are(tmp_path: Path) -> None:
    fold = FoldScore(0, {"mae": 9.0, "rmse": INF, "r2": NAN}, 2, 1.0, (NAN, 9.0), (INF, NAN))
    result = replace(trial(0, [9.0]), folds=(fold,))
    store = run_folder(tmp_path, with_baselines=False)
    store.save_baselines([Baseline("constant", (fold,))], {})
    store.save_budget({"trials": 3, "seconds": INF, "fold_epochs": INF})
    store.save_ending("finished", "3 trials")
    store.unfinished.save(asked(0, {}))
    store.unfinished.save_fold(0, fold, np.zeros(12, np.float32))
    ((score, _),) = store.unfinished.folds(0)
    store.append(result)
    store.add_opening({"opened": "", "openings": 1, "trial": 0, "metrics": {"mae": 9.0, "r2": NAN}, "films": 1})
    add_seed(store, 0, 3, (NAN, 9.0, 9.0))
    save_part(store.path, ArmPart(configuration="0123", repeat=0, seed=1, fold=0, score=fold))
    known = RunStore.create(tmp_path / "learns", store.experiment, store.films(), provenance_of(), known=[result])
    assert check_files(tmp_path) >= {
        "ablation.jsonl", "baselines.json", "budget.json", "experiment.json", "holdout.json", "known.jsonl",
        "seeds.jsonl", "trials.jsonl",
    }  # fmt: skip

    back = [*store.trials()[0].folds, *store.baselines()[0].folds, score, *known.known()[0].folds]
    back += [part.score for part in arm_parts(store.path) if part.score]
    assert len(back) == 5
    for own in back:
        assert own.metrics["mae"] == 9.0 and math.isnan(own.metrics["r2"])
        np.testing.assert_array_equal(own.curve, [NAN, 9.0])
        np.testing.assert_array_equal(own.losses, [NAN, NAN])
    again = [fold.metrics["mae"] for fold in whole_seeds(store)[0][3]]
    np.testing.assert_array_equal(again, [NAN, 9.0, 9.0])


@pytest.mark.parametrize("number", [NAN, INF, -INF])
def test_a_reader_sees_a_dash(number: float) -> None:
    for name in ("skill", "mae"):
        assert metric_of(TASKS["age"], name).value(number) == "–"
    assert score_words(TASKS["age"], number) == "MAE –" and score_words(TASKS["gender"], number) == "accuracy –"


def test_no_share_is_taken_of_a_constant_that_is_never_wrong(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.5])
    films = store.films()
    exact = np.where(films.development(), films.labels["age"], np.nan).astype(np.float32)[None]
    store.save_baselines(store.baselines(), {"constant": exact})
    table = data(group_of(store))
    skill = table[table["figure"] == "skill"]
    assert len(skill) == 2 and skill[["value", "low", "high"]].isna().all(axis=None)
    page = words(build_report([store], tmp_path / "report.html"))
    assert "−inf" not in page and "nan" not in page.split()


def constant_films(folder: Path, films: int) -> Path:
    """Films of noise; all of one age, every second one of a man."""
    rng = np.random.default_rng(0)
    (folder / "train").mkdir(parents=True)
    for film in range(films):
        cv2.imwrite(str(folder / f"train/{film:06d}.png"), rng.integers(0, 256, (24, 20), np.uint8))
    (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{film},50\n" for film in range(films)))
    (folder / "train_gender.csv").write_text(
        "imageId,gender\n" + "".join(f"{film},{film % 2}\n" for film in range(films))
    )
    return folder


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS)
def test_the_whole_way_on_ten_films_of_one_age(task: str, tmp_path: Path, warm: None) -> None:
    """That libraries have nothing to say in processes of their own: tests/test_another_task.py."""
    about = {"source": "tests", "score": NAN}
    prepare(
        replace(read_folder(constant_films(tmp_path / "films", 10)), about=about), tmp_path / "data" / "ten", size=16
    )
    quick = ["--trials", 1, "--folds", 2, "--epochs", 1, "--set", "filters=8", "--fix", "depth=2", "--name", "ten"]
    way: list[list[object]] = [
        ["search", "--task", task, *quick],
        ["rerun", "ten", "--trial", 0, "--seeds", 2],
        ["explain", "ten"],
        ["export", "--task", task],
        ["report", "--out", "page.html"],
        ["runs"],
    ]
    for command in way:
        done = called(*command, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not done.stderr, f"{command[0]} has nothing to warn of"
        assert "nan" not in done.stdout.split() and "inf" not in done.stdout.split()
    assert check_files(tmp_path) >= {
        "meta.json", "baselines.json", "budget.json", "holdout.json", "explain.json", f"best_{task}.json",
        "page.json", "trials.jsonl", "ablation.jsonl", "seeds.jsonl", "openings.jsonl",
    }  # fmt: skip
    assert json.loads((tmp_path / "runs" / "ten" / "budget.json").read_text())["trials"] == 1
    seen = words(tmp_path / "page.html")
    assert "inf" not in seen.replace("−", "").split() and "nan" not in seen.split()


def test_files_are_written_by_the_one_writer_of_json() -> None:
    """A text that a name is made of may be Python's, since nobody reads it: it is sorted."""
    root = Path(__file__).parents[1]
    sources = [root / "cli.py", *(file for name in PACKAGES for file in (root / name).rglob("*.py"))]
    others = {
        file.relative_to(root).as_posix()
        for file in sources
        if file.name != "strict_json.py"
        for text in [file.read_text()]
        if re.search(r"json\.dumps?\((?!.*sort_keys)", text) and re.search(WRITES, text)
    }
    assert not others, "as_json of xrays/strict_json.py writes no NaN"
