"""The page as a file: hostile text stays text, nothing points outside, equal runs give equal bytes, it is light."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import balanced, body, group_of
from predicted_runs import predicted_run
from run_folders import infeasible, mixed, run_folder, transfer_folder, transfer_trial, transferred, trial

from reports import load
from reports._drawing.figures import embed, new_figure
from reports._drawing.html import plain, text
from reports._page.build import build_report
from trials.commands import note_command
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
    provenance = {"versions": {HOSTILE: HOSTILE}, "device": HOSTILE, "synthetic": True}
    runs = [
        run_folder(
            tmp_path,
            name,
            results,
            provenance=provenance,
            data=HOSTILE,
            plan=HOSTILE,
            space=HOSTILE,
            weights=HOSTILE,
            narrowing=(HOSTILE,),
            backend=HOSTILE,
        ),
        run_folder(tmp_path, f"{name}-2", results, data=HOSTILE, plan=HOSTILE),
    ]
    note_command(runs[0].path, HOSTILE)
    page = body(build_report(runs, tmp_path / "report.html"))
    assert balanced(page)
    # What turns the direction of the text is nowhere; in the heading it would turn our words round, too.
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(page)
    (heading,) = re.findall("<h2>(Age · .*?)</h2>", page)
    assert re.fullmatch("Age · <bdi>.*�right.*</bdi> · 3 folds", heading)
    for label in re.findall('aria-label="(.*?)"', page):
        assert "&lt;bdi" not in label
    assert "&lt;script&gt;" in re.findall('<nav class="contents" aria-label="(.*?): sections"', page)[0]
    assert not re.search(r"<(b |img|script>alert)", page)
    assert "&lt;script&gt;alert(1)" in page and "The frozen features of <bdi>&lt;script&gt;alert(1)" in page
    assert not any(letter * 1000 in page for letter in "xab")
    # In a plot `<` would be markup twice: for the browser and, once parsed, for Plotly. What is left are the tags
    # of the hover texts.
    for content in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page):
        assert "<" not in content
        assert "<" not in re.sub("<br>|<extra></extra>", "", json.dumps(json.loads(content)))
        assert "\\u202e" not in json.dumps(json.loads(content))


@pytest.mark.parametrize("label", ["two\u202ewords", "\u2067arabic", "\u2069out", "a\u200fmark", "abc\u05d0"])
def test_outside_text_cannot_turn_round_what_stands_beside_it(label: str) -> None:
    shown = text(label)
    assert not set("\u202e\u2067\u2069") & set(shown)
    assert shown.startswith("<bdi>") and shown.endswith("</bdi>")


def facts(page: Path, name: str) -> str:
    (found,) = re.findall(f"<dt>{name}</dt><dd>(.*?)</dd>", body(page))
    return re.sub("<[^>]*>", "", found)


def test_provenance_tells_a_seed_of_zero_and_the_weight_files(tmp_path: Path) -> None:
    files = {"densenet121": "0a1b2c3d", "<b>": "ffff"}
    run = transfer_folder(tmp_path, trials=transferred("age"), provenance={"weight_files": files})
    page = build_report([run], tmp_path / "report.html")
    assert facts(page, "Seeds") == "search 0, hold-out and folds 0"
    assert facts(page, "Weight files, fingerprints") == "densenet121 0a1b2c3d, &lt;b&gt; ffff"
    other = build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "other.html")
    assert "Weight files" not in body(other) and "Learns from" not in body(other), "what there is none of is left out"


def test_plots_have_names_of_their_own(tmp_path: Path) -> None:
    figure = new_figure(plain("<i>units"), "MAE,<br>years")
    label = 'aria-label="Scores: MAE, years against &lt;i&gt;units"'
    assert label in embed(figure, "a", "Scores") and "needs JavaScript." in embed(figure, "a", "Scores")
    assert 'aria-label="Scores: epoch"' in embed(new_figure("epoch", ""), "a", "Scores")
    assert 'aria-label="Scores"' in embed(new_figure("", ""), "a", "Scores")
    run = predicted_run(tmp_path, "age", [0.5, 1.0])
    labels = re.findall('role="img" aria-label="(.*?)"', body(build_report([run], tmp_path / "report.html")))
    assert len(labels) > 5 and len(set(labels)) == len(labels)


def test_a_row_opens_with_the_script_only_and_says_whose_values_it_has(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"))
    page = body(build_report([run], tmp_path / "report.html"))
    (board,) = re.findall("<table><caption>Leaderboard.*?</table>", page)
    assert "<details" not in board
    names = re.findall('<span data-of="(.*?)">3 values</span>', board)
    assert len(names) > 2 and len(set(names)) == len(names) and any("trial 0" in name for name in names)


def test_folds_are_drawn_where_all_runs_have_them_alike(tmp_path: Path) -> None:
    pruned = [trial(0, [9.0] * 3), trial(1, [9.5, 20.0], "pruned")]
    runs = [run_folder(tmp_path, "one", pruned), run_folder(tmp_path, "two", pruned)]
    longer = run_folder(tmp_path, "three", pruned, epochs=7)

    def lines(*stores: RunStore) -> list[float]:
        (figure, _) = load("pruning").show(load("pruning").data(group_of(*stores)))
        return [line.x0 for line in figure.layout.shapes]

    assert lines(*runs) == [4.5, 8.5, 12.5]
    assert lines(runs[0], longer) == []


def test_lines_differ_in_more_than_colour(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [9.0 + n] * 3) for n in range(3)])
    group = group_of(run)
    (curves,) = load("curves").show(load("curves").data(group))
    assert len({line.line.dash for line in curves.data if line.line.width}) == 3
    (_, splits) = load("splits").show(load("splits").data(group))
    assert len({(line.line.dash, line.marker.symbol) for line in splits.data}) == len(splits.data) == 4


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
