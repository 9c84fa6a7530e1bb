"""Figures for a paper: every one of the page, in the colours of print, whole and with its letters in the file."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_process import called
from pages import body
from predicted_runs import predicted_run

from reports._drawing.figures import new_figure
from reports._evidence.groups import Group, run_groups
from reports._page.build import build_report
from reports._paper import figures
from reports._paper.browser import check_browser, drawn
from reports._paper.figures import PAGE, PrintFigure, figures_of, printed
from reports._paper.order import Order
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunStore]:
    folder = tmp_path_factory.mktemp("runs")
    return [predicted_run(folder, task, [0.5, 0.9, 1.2, 1.0], name=task, films=80) for task in TASKS]


@pytest.fixture(scope="module")
def groups(runs: list[RunStore]) -> list[Group]:
    return run_groups(runs)


@pytest.fixture(scope="module")
def made(groups: list[Group]) -> list[PrintFigure]:
    return [figure for group in groups for figure in figures_of(group)]


@pytest.fixture
def browser() -> None:
    try:
        check_browser()
    except UserError as error:
        pytest.skip(str(error))


def test_every_figure_of_the_page_is_there(runs: list[RunStore], made: list[PrintFigure], tmp_path: Path) -> None:
    page = body(build_report(runs, tmp_path / "report.html"))
    plots = re.findall(r'class="plot" id="([a-z]+)-\d+-(\w+)-\d+"', page)
    pictures = page.count('<svg class="flow"')
    assert len(plots) > 20 and pictures >= 2 and len(made) == len(plots) + pictures
    sections = {(section.replace("_", "-"), task) for task, section in plots} | {("flow", task) for task in TASKS}
    assert {tuple(re.sub(r"-\d+$", "", figure.name).rsplit("-", 1)) for figure in made} == sections
    assert len({figure.name for figure in made}) == len(made)
    for figure in made:
        assert figure.drawing.layout.width <= PAGE and figure.drawing.layout.height
        assert re.match(r"(Age|Gender) · tiny32 · 3 folds\. .+\.$", figure.caption)


def test_groups_of_one_task_are_told_apart(groups: list[Group]) -> None:
    assert [next(figures_of(group, 2)).name.split("-")[1:3] for group in groups] == [["age", "1"], ["gender", "2"]]


def test_colours_are_those_of_paper() -> None:
    style = (Path(build_report.__code__.co_filename).parent / "style.css").read_text().split("@media print")[1]
    for name, colour in (
        ("page", figures.WHITE),
        ("ink", figures.INK),
        ("line", figures.LINE),
        ("grid", figures.GRID),
    ):
        assert f"--{name}: {colour};" in style
    light = printed(new_figure("epoch", "MAE"), PAGE).layout
    assert light.paper_bgcolor == figures.WHITE and light.font.color == figures.INK
    assert light.xaxis.gridcolor == light.yaxis.gridcolor == figures.GRID and light.xaxis.title.text == "epoch"


def streams(pdf: bytes) -> Iterator[bytes]:
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompress(packed)
        except zlib.error:
            continue


def test_files_are_whole_and_have_their_letters(browser: None, made: list[PrintFigure]) -> None:
    """One of Plotly and the picture that is none, in one start of a browser."""
    plot = next(figure for figure in made if figure.name == "curves-age")
    flow = next(figure for figure in made if figure.name == "flow-age")
    files = drawn([plot.drawing, flow.drawing], ("svg", "pdf"))
    for figure, (svg, pdf) in zip((plot, flow), files, strict=True):
        root = ElementTree.fromstring(figure.svg or svg)
        width, height = figure.drawing.layout.width, figure.drawing.layout.height
        assert (root.get("width"), root.get("height")) == (str(width), str(height))
        assert "epoch" in "".join(root.itertext()) or "hold-out" in "".join(root.itertext()).lower()
        assert pdf.startswith(b"%PDF") and b"/FontFile" in pdf, "letters are in the file"
        box = list(map(float, re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf)[0].split()))
        assert box[2:] == pytest.approx([0.75 * width, 0.75 * height], abs=1.0), "points, of 96 pixels an inch"
        clips = [re.search(rb"([\d.]+) ([\d.]+) [\d.]+ [\d.]+ re\nW", stream) for stream in streams(pdf)]
        assert next(clip.groups() for clip in clips if clip) == (b"0", b"0"), "a margin would cut off its end"


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("")
    for folder, said in (("mine", "where other files are"), ("file", "which is a file")):
        with pytest.raises(UserError, match=said):
            Order(figures=tmp_path / folder).check()
    (tmp_path / "mine" / "figures.md").write_text("# My figures")
    with pytest.raises(UserError, match="`report` has not made it"):
        Order(figures=tmp_path / "mine").check()


def test_without_kaleido_the_extra_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports._paper.browser.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install -e '\.\[paper\]'"):
        Order(figures=tmp_path / "figures").check()


def test_without_a_browser_it_is_told_how_to_get_one(tmp_path: Path) -> None:
    pytest.importorskip("kaleido", reason="kaleido, of the extra `paper`, is not installed")
    done = called("report", "--figures", "figures", cwd=tmp_path, BROWSER_PATH="/nowhere/chrome")
    assert done.returncode == 2 and "no browser at /nowhere/chrome" in done.stderr
    assert "apt-get install chromium" in done.stderr and not list(tmp_path.iterdir())


def test_a_browser_that_does_not_run_is_told(tmp_path: Path, browser: None, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "chrome"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    with pytest.raises(UserError, match="the browser draws no figures: BrowserFailedError"):
        drawn([new_figure("x", "y")], ("svg",))


@pytest.mark.long
def test_the_command_writes_a_folder(browser: None, runs: list[RunStore], tmp_path: Path) -> None:
    done = called("report", runs[0].path, "--out", "r.html", "--figures", "p/figures", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith("paper:  p/figures\n"), done.stderr
    Order(figures=tmp_path / "p/figures").check()  # a folder of its own may be written anew
    names = {file.name for file in (tmp_path / "p/figures").iterdir()}
    listed = re.findall(r"^\* `(.*)`: .+\.$", (tmp_path / "p/figures/figures.md").read_text(), re.MULTILINE)
    assert names == {"figures.md", *(f"{name}.{ending}" for name in listed for ending in ("svg", "pdf"))}
    assert "curves-age" in listed
