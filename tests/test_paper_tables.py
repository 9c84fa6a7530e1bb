"""Tables for a paper: what stands in the .tex and in the .docx is what the page shows, whatever the texts are."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest
from cli_process import called
from pages import words
from predicted_runs import hold_final, predicted_run
from run_folders import mixed, opened_ways, run_folder

from reports._evidence.groups import run_groups
from reports._page.build import build_report
from reports._paper.latex import latex
from reports._paper.latex_text import escaped
from reports._paper.order import Order
from reports._paper.table import PaperTable
from reports._paper.tables import tables_of
from reports._paper.word import word
from trials.commands import note_command
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS

HOSTILE = "50 % of {a}_b & $x^2$ ~ \\input{/etc/passwd} #1 <b>\x07\ud800 中 --flag “−0.4 ± 1”"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunStore]:
    """A search a task, with a final and an opened hold-out."""
    folder = tmp_path_factory.mktemp("runs")
    made = [predicted_run(folder, task, [0.5, 0.9, 1.2], name=task, pruned={1: 2}) for task in TASKS]
    for run in made:
        hold_final(run, {0: [0.6, 0.7]})
        run.add_opening(opened_ways(run.experiment.task, 0))
        note_command(run.path, f"python cli.py search --task {run.experiment.task} --trials 3")
    return made


@pytest.fixture(scope="module")
def tables(runs: list[RunStore]) -> list[PaperTable]:
    return [table for group in run_groups(runs) for table in tables_of(group)]


@pytest.fixture(scope="module")
def docx() -> ModuleType:
    made: ModuleType = pytest.importorskip("docx", reason="python-docx, of the extra `paper`, is not installed")
    return made


@pytest.fixture(scope="module")
def built(runs: list[RunStore], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_report(runs, tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="module")
def page(built: Path) -> str:
    return words(built)


def named(tables: list[PaperTable], label: str) -> PaperTable:
    (table,) = (table for table in tables if table.label == label)
    return table


def test_every_table_tells_what_its_numbers_rest_on(tables: list[PaperTable]) -> None:
    labels = [table.label for table in tables]
    assert len(set(labels)) == len(labels) and all(re.fullmatch("[a-z0-9-]+", label) for label in labels)
    for table in tables:
        assert re.search(
            r"Basis: \d+ films of \d+ patients, 3 folds, 3 trials of 1 run; hold-out of \d+ films, opened once; ",
            " ".join(table.notes),
        )
        assert all(len(row) == len(table.head) for row in table.rows) and table.caption.endswith(".")


@pytest.mark.parametrize("task", TASKS)
def test_numbers_are_those_of_the_page(task: str, tables: list[PaperTable], page: str) -> None:
    """Digit by digit: leaderboard, figures, subgroups, and the three scores of the answer."""
    own = [table for table in tables if table.label.startswith(task)]
    kinds = {re.sub(rf"{task}-\d-", "", table.label) for table in own}
    of_kind = {"age": {"regression-figures", "errors-by-label"}, "gender": {"binary-figures", "accuracy-by-label"}}
    assert kinds >= {"scores", "leaderboard", "configuration", "run-1"} | of_kind[task]
    for table in own:
        if table.label.endswith(("leaderboard", "figures", "by-label")):
            cells = [cell for row in table.rows for cell in row[table.names :] if re.search(r"\d [(±]", cell)]
            # The page's leaderboard has the error of the objective alone.
            assert cells and [cell for cell in cells if cell.split(" ±")[0] not in page] == []
    scores = next(table for table in own if table.label.endswith("scores"))
    assert [row[0].split(",")[0].split(" of")[0] for row in scores.rows] == [
        "Cross-validation",
        "Corrected for picking the best",
        "Hold-out",
    ]
    place = scores.head.index(next(cell for cell in scores.head if cell.startswith(("MAE", "Accuracy"))))
    for row in scores.rows:
        value, low, high = re.fullmatch(r"([\d.]+) \(([\d.]+) to ([\d.]+)\)", row[place]).groups()  # type: ignore[union-attr]
        assert value in page and f"95 % interval {low} to {high}" in page


def test_an_opening_of_before_has_the_interval_of_its_objective(tmp_path: Path) -> None:
    """When every metric did not have one yet; what was scored is named where it is not the network alone."""
    run = predicted_run(tmp_path, "age", [0.5])
    opening = {**opened_ways("age", 0), "way": "ensemble of 2"}
    del opening["intervals"]
    run.add_opening(opening)
    (group,) = run_groups([run])
    (table,) = (table for table in tables_of(group) if table.label.endswith("scores"))
    assert table.rows[-1] == (
        "Hold-out by the ensemble of 2, opened once", "30", "9.00 (8.10 to 9.90)", "11.25", "0.40"
    )  # fmt: skip


def test_the_command_of_the_search_is_told(tables: list[PaperTable]) -> None:
    rows = dict(row[:2] for table in tables if table.label.endswith("run-1") for row in table.rows)
    assert "python cli.py search --task" in rows["Commands"]


def unescaped(cell: str) -> str:
    """LaTeX of plain cells as the text that it prints."""
    pairs = {"\\%": "%", "\\_": "_", "\\#": "#", "$\\pm$": "±", "$-$": "−", "\\textendash{}": "–", "$^{2}$": "²"}
    for written, sign in pairs.items():
        cell = cell.replace(written, sign)
    return cell.replace("\\allowbreak{}", "").replace("{}", "").strip()


def test_latex_holds_every_cell(tables: list[PaperTable]) -> None:
    pytest.importorskip("jinja2")
    text = latex(tables)
    assert all(f"\\usepackage{{{package}}}" in text[:400] for package in ("array", "booktabs", "graphicx"))
    bodies = re.findall(r"\\toprule\n(.*?)\\bottomrule", text, re.DOTALL)
    assert len(bodies) == len(tables)
    for table, made in zip(tables, bodies, strict=True):
        if table.prose:
            continue
        lines = [line.removesuffix(" \\\\") for line in made.splitlines() if line != "\\midrule"]
        cells = [tuple(map(unescaped, re.split(r"(?<!\\)&", line))) for line in lines]
        assert cells == [table.head, *table.rows]
        assert f"\\label{{tab:{table.label}}}" in text
    assert text.count("\\begin{") == text.count("\\end{")


def test_word_holds_every_cell(docx: ModuleType, tables: list[PaperTable], tmp_path: Path) -> None:
    (tmp_path / "tables.docx").write_bytes(word(tables))
    opened = docx.Document(str(tmp_path / "tables.docx"))
    for table, made in zip(tables, opened.tables, strict=True):
        assert [tuple(cell.text for cell in row.cells) for row in made.rows] == [table.head, *table.rows]
    said = [paragraph.text for paragraph in opened.paragraphs]
    assert [line for line in said if line.startswith("Table ")] == [
        f"Table {number}. {table.caption}" for number, table in enumerate(tables, 1)
    ]
    assert all(note in said for table in tables for note in table.notes)
    assert word(tables) == word(tables), "the same tables are the same bytes"


def test_hostile_text_is_text(docx: ModuleType) -> None:
    assert escaped(HOSTILE) == (
        "50 \\% of \\{a\\}\\_b \\& \\$x\\textasciicircum{}2\\$ \\textasciitilde{} "
        "\\textbackslash{}input\\{/etc/passwd\\} \\#1 \\textless{}b\\textgreater{}?? [U+4E2D] "
        "-{}-flag ``$-$0.4 $\\pm$ 1''"
    )
    assert escaped("f" * 64) == f"{'f' * 32}\\allowbreak{{}}{'f' * 32}"
    table = PaperTable("a", HOSTILE, (HOSTILE, HOSTILE), ((HOSTILE, "{0} {x}"),), (HOSTILE,))
    assert latex([table]).count(escaped(HOSTILE)) == 5 and "\\{0\\} \\{x\\}" in latex([table])
    assert word([table])


def test_runs_of_every_state_have_tables(docx: ModuleType, tmp_path: Path) -> None:
    """Nothing is shown that there is not; what there is has its basis."""
    runs = [run_folder(tmp_path, "mixed", mixed("age")), run_folder(tmp_path, "none", [], plan="other")]
    made = [table for group in run_groups(runs) for table in tables_of(group)]
    assert [table.label for table in made if table.label.startswith("age-2")] == ["age-2-run-1"]
    assert latex(made) and word(made)


def test_synthetic_films_are_told_of_in_every_table(tmp_path: Path) -> None:
    (group,) = run_groups([run_folder(tmp_path, "drawn", mixed("age"), provenance={"synthetic": True})])
    assert all(any("Synthetic films" in note for note in table.notes) for table in tables_of(group))


def test_the_command_writes_all_together(docx: ModuleType, runs: list[RunStore], built: Path, tmp_path: Path) -> None:
    command = ("report", "--runs", runs[0].path.parent, "--out", "r.html")
    done = called(*command, "--latex", "p/t.tex", "--docx", "p/t.docx", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["report: r.html", "paper:  p/t.tex", "paper:  p/t.docx"]
    assert (tmp_path / "r.html").read_bytes() == built.read_bytes(), "the page is the same with and without"
    assert "Leaderboard" in (tmp_path / "p/t.tex").read_text() and docx.Document(str(tmp_path / "p/t.docx")).tables
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.*")}
    Order(tmp_path / "p/t.tex", tmp_path / "p/t.docx").check()  # its own files may be written anew
    (tmp_path / "p/mine.docx").write_text("a thesis")
    refused = called(
        "report", "--runs", runs[0].path.parent, "--out", "r.html", "--docx", "p/mine.docx", cwd=tmp_path
    )
    assert refused.returncode == 2 and "`report` has not made it" in refused.stderr
    assert all(file.stat().st_mtime_ns == moment for file, moment in before.items()), "nothing was written"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--latex", "t.html"], "a .tex file"),
        (["--docx", "t.doc"], "--docx t.docx"),
        (["--watch", "--latex", "t.tex"], "report without --watch"),
    ],
)
def test_what_cannot_be_is_refused(words: list[str], said: str, tmp_path: Path) -> None:
    done = called("report", *words, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and not list(tmp_path.iterdir())


def test_a_missing_library_is_told_with_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports._paper.order.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install -e '\.\[paper\]'"):
        Order(word=tmp_path / "t.docx").check()
