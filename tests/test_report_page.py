"""The page as a file: hostile text stays text, nothing points outside, equal runs give equal bytes, it is light."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import balanced, body
from run_folders import infeasible, mixed, run_folder, transfer_folder, transfer_trial, transferred, trial

from reports._page.build import build_report
from trials.store import RunStore

ROOT = Path(__file__).parents[1]
HOSTILE = "<script>alert(1)</script>'\"&<img src=x onerror=alert(1)></details>\u202eright\u0007 to left"


def test_hostile_strings_are_text(tmp_path: Path) -> None:
    name = "<b onclick='x'>&amp; \"run\u202e"
    results = [
        trial(0, [9.0] * 3, params={HOSTILE: HOSTILE, "long": "x" * 10_000}, label=HOSTILE),
        trial(1, [], "failed", error=HOSTILE),
        trial(2, [9.5] * 3, label="a" * 10_000),
        trial(3, [9.5] * 3, label="\ud800"),
        # Worse than the constant on its frozen features, so that the alarm names it too.
        transfer_trial(4, HOSTILE, [9.6] * 3, probes=[20.0] * 3),
        transfer_trial(5, "b" * 10_000, [9.7] * 3, probes=[20.0] * 3),
        infeasible(6, HOSTILE),
    ]
    about = {"command": HOSTILE, "versions": {HOSTILE: HOSTILE}, "note": HOSTILE, "synthetic": True}
    runs = [
        run_folder(
            tmp_path,
            name,
            results,
            about=about,
            data=HOSTILE,
            plan=HOSTILE,
            space=HOSTILE,
            weights=HOSTILE,
            narrowing=(HOSTILE,),
            backend=HOSTILE,
        ),
        run_folder(tmp_path, f"{name}-2", results, data=HOSTILE, plan=HOSTILE),
    ]
    page = body(build_report(runs, tmp_path / "report.html"))
    assert balanced(page)
    assert not re.search(r"<(b |img|script>alert)", page)
    assert "&lt;script&gt;alert(1)" in page and "The frozen features of <bdi>&lt;script&gt;alert(1)" in page
    assert not any(letter * 1000 in page for letter in "xab")
    # In a plot `<` would be markup twice: for the browser and, once parsed, for Plotly. What is left are the tags
    # of the hover texts.
    for content in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page):
        assert "<" not in content
        assert "<" not in re.sub("<br>|<extra></extra>", "", json.dumps(json.loads(content)))
        assert "\\u202e" not in json.dumps(json.loads(content))


def test_same_runs_same_bytes_in_any_order(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, name, mixed("age")) for name in ("one", "two")]
    runs += [transfer_folder(tmp_path, name, transferred("age")) for name in ("three", "four")]
    first = build_report(runs, tmp_path / "first.html").read_bytes()
    again = [RunStore.open(run.path) for run in reversed(runs)]
    assert build_report(again, tmp_path / "new" / "second.html").read_bytes() == first


def test_plotly_is_there_once_and_nothing_points_outside(tmp_path: Path) -> None:
    from plotly.offline import get_plotlyjs

    page = build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html").read_text()
    assert page.count(get_plotlyjs()) == 1
    own = page.replace(get_plotlyjs(), "")
    assert not re.search(r"https?://|@import|url\(", own)
    assert "default-src 'none'" in own


def test_plots_are_told_not_to_share(tmp_path: Path) -> None:
    script = (ROOT / "reports" / "_page" / "page.js").read_text()
    assert all(setting in script for setting in ("showSendToCloud: false", "displaylogo: false", "responsive: true"))


@pytest.mark.parametrize(("module", "unwanted"), [
    ("reports", {"numpy", "pandas", "plotly", "keras", "tensorflow"}),
    ("reports._page.build", {"plotly", "keras", "tensorflow", "optuna", "keras_tuner", "runners", "search_spaces"}),
])  # fmt: skip
def test_import_is_light(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}, reports; reports.sections(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not unwanted & set(loaded.stdout.split())


def test_building_loads_no_training_library(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"))
    code = (
        "import sys; from pathlib import Path; from reports._page.build import build_report; "
        "from trials.store import RunStore; run = RunStore.open(Path(sys.argv[1])); "
        "build_report([run], Path(sys.argv[2])); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(run.path), str(tmp_path / "report.html")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not {"keras", "tensorflow", "optuna", "keras_tuner", "runners", "search_spaces"} & set(loaded)
