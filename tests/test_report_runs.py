"""The runs of a report: which are compared, what they are called, and what is said of where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import body, words
from run_folders import asked, mixed, run_folder, trial

from reports._evidence.groups import run_groups
from reports._evidence.rows import short_names
from reports._page.build import build_report
from trials.commands import commands_of, note_command
from trials.store import RunStore
from xrays.errors import UserError


def test_runs_are_grouped_by_task_and_plan_and_never_ranked_across(tmp_path: Path) -> None:
    runs = [
        run_folder(tmp_path, "d", [trial(0, [0.8] * 3, task="gender")], task="gender"),
        run_folder(tmp_path, "c", [trial(0, [9.0] * 3)], plan="plan two"),
        run_folder(tmp_path, "b", [trial(0, [8.0] * 3)]),
        run_folder(tmp_path, "a", [trial(0, [7.0] * 3)]),
    ]
    groups = run_groups(runs)
    assert [[run.path.name for run in group.runs] for group in groups] == [["a", "b"], ["c"], ["d"]]
    page = body(build_report(runs, tmp_path / "report.html"))
    assert page.count('<section class="group"') == 3


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path / part, "run") for part in ("a", "b")]
    with pytest.raises(UserError, match="rename one"):
        run_groups(runs)
    assert len(run_groups([runs[0], RunStore.open(runs[0].path)])[0].runs) == 1


def test_no_run_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run to report on"):
        build_report([], tmp_path / "report.html")


def test_short_names_keep_what_differs() -> None:
    assert short_names(["age-x-tpe-1", "age-x-random-2"]) == {"age-x-tpe-1": "tpe-1", "age-x-random-2": "random-2"}
    assert short_names(["age-x"]) == {"age-x": "age-x"}
    spaces = ["age-x-cnn-tpe-1", "age-x-transfer-tpe-2"]
    assert short_names(spaces) == dict(zip(spaces, ["cnn-1", "transfer-2"], strict=True))
    assert short_names(["age-x-y-tpe-1", "age-x-tpe-1"]) == {"age-x-y-tpe-1": "y-tpe-1", "age-x-tpe-1": "tpe-1"}
    assert short_names(["age", "age-x"]) == {"age": "age", "age-x": "x"}


def test_synthetic_films_are_named(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, "drawn", provenance={"synthetic": True}), run_folder(tmp_path, "real")]
    page = words(build_report(runs, tmp_path / "report.html"))
    assert "Synthetic films." in page and "nothing here says anything about patients. This applies to: drawn." in page


def test_provenance_of_a_run(tmp_path: Path) -> None:
    provenance = {
        "versions": {"keras": "3.13"},
        "device": "CPU",
        "films": 1234,
    }
    own = {"space": "transfer", "weights": "imagenet", "narrowing": ("depth=3..4", "width=8"), "max_parameters": 5000}
    run = run_folder(tmp_path, trials=mixed("age"), provenance=provenance, **own)
    run.unfinished.save(asked(5, {}))
    for command in ("search --task age", "ablate run", "search --task age", ""):
        note_command(run.path, command)
    assert [made.command for made in commands_of(run.path)] == [
        "search --task age",
        "ablate run",
        "search --task age",
    ]
    page = words(build_report([run], tmp_path / "report.html"))
    for fact in ("search --task age", "keras 3.13", "CPU", "1,234 films", "3 × 4", "plan0123abcd"):
        assert fact in page
    assert page.count("search --task age") == 1 and ", and 1 times again" in page and "ablate run" in page
    assert "3 complete, 1 pruned, 1 failed, 1 unfinished" in page
    for fact in (
        "transfer, ImageNet; optuna, tpe",
        "transfer, depth=3..4, width=8",
        "5,000 parameters",
        "tensorflow",
    ):
        assert fact in page


def test_runs_on_vectors_beside_one_on_films(tmp_path: Path) -> None:
    """What becomes of films is asked of the one whose networks take them, though another is the best."""
    best = run_folder(
        tmp_path, "heads", [trial(0, [7.0] * 3)], space="embedding", vectors="dino.npz@12345678", width=768,
        provenance={"vectors_origin": "a <model>"},
    )  # fmt: skip
    alone = words(build_report([best], tmp_path / "alone.html"))
    assert alone.count("Nothing to say: these networks take vectors") == 2
    assert "dino.npz@12345678, 768 numbers a film, made by a <model>" in alone and "from scratch" not in alone
    both = [best, run_folder(tmp_path, "films", [trial(0, [8.0] * 3)])]
    page = words(build_report(both, tmp_path / "both.html"))
    assert "Nothing to say" not in page
    for word in ("ablate", "explain"):
        assert f"python cli.py {word} films " in page and f"{word} heads" not in page
