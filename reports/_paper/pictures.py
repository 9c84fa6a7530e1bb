"""A folder with every figure of the page, each as SVG and PDF, and a list of what they show.

check_folder(Path("figures"))                     # before anything is computed
picture_files(Path("figures"), groups)            # {figures/curves-age.svg: b"<svg …", …, figures/figures.md: b"…"}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reports._evidence.groups import Group
from reports._paper.browser import drawn
from reports._paper.figures import PrintFigure, figures_of
from reports._paper.tables import basis_of
from trials.products import claim, holds
from xrays.errors import UserError
from xrays.next_command import option

LIST = "figures.md"
FIRST = "# Figures of a search report: chest X-rays"  # by this a folder is known again
FORMATS = ("svg", "pdf")


def check_folder(folder: Path) -> None:
    """Raises UserError where files would go between those of somebody else."""
    other = option("figures", folder.with_name("figures"))
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--figures {folder}, which is a file", "a folder", f"{other}, or another name")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / LIST).is_file():
        raise UserError(
            f"--figures {folder}, where other files are",
            "a new or empty folder, or one of figures",
            f"{other}, or another name",
        )
    claim(folder / LIST, "report", holds(FIRST), f"{other}, or another name")


def picture_files(folder: Path, groups: Sequence[Group]) -> dict[Path, bytes]:
    """Bytes by file; the list comes last."""
    groups_of = Counter(group.task for group in groups)
    of_group = [(group, list(figures_of(group, groups_of[group.task]))) for group in groups]
    figures = [figure for _, found in of_group for figure in found]
    files: dict[Path, bytes] = {}
    for figure, made in zip(figures, drawn([figure.drawing for figure in figures], FORMATS), strict=True):
        svg, pdf = made
        files |= {folder / f"{figure.name}.svg": figure.svg or svg, folder / f"{figure.name}.pdf": pdf}
    return {**files, folder / LIST: _listed(of_group).encode("utf-8", "replace")}


def _listed(of_group: Sequence[tuple[Group, Sequence[PrintFigure]]]) -> str:
    lines = [FIRST]
    for group, figures in of_group:
        lines += ["", *basis_of(group), ""]
        lines += [f"* `{figure.name}`: {figure.caption}" for figure in figures]
    return "\n".join(lines) + "\n"
