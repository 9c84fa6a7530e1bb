"""Every figure of a group as it is printed: light, as wide as a page or half of it, named after its section.

for figure in figures_of(group): figure.name, figure.caption, figure.drawing     # "agreement-age-1", "Predicted …"
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import load, sections
from reports._drawing.figures import ABREAST, CLOSED, Panel, described
from reports._drawing.html import Html, plain_text
from reports._evidence.groups import Group
from reports._page.head import group_title
from reports._section import is_shown, table_of, titled

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Pixels of 1/96 inch: 174 mm, two columns of most journals, and 85 mm, one of them.
PAGE, COLUMN = 658, 321
LETTERS = 11  # pixels high: 8.3 points
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
# As on paper: the print colours of style.css.
INK, LINE, GRID, WHITE = "#000000", "#888888", "#dddddd", "#ffffff"
ALONE = re.compile(r'<svg class="flow".*?</svg>', re.DOTALL)
NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'  # which a page needs not, and a file does
SIZES = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)".*? font-size="([\d.]+)"')


@dataclass(frozen=True)
class PrintFigure:
    """name: of its files, without an ending; caption: in plain text; drawing: with its width and height; svg: the
    file itself where the page has drawn it without Plotly, else None."""

    name: str
    caption: str
    drawing: go.Figure
    svg: bytes | None = None


def figures_of(group: Group, same_task: int = 1) -> Iterator[PrintFigure]:
    """In the order of the page. same_task: how many groups are of its task, so that names tell of which this is."""
    place, title = group.slug if same_task > 1 else group.task.name, plain_text(group_title(group))
    for _, name in sorted((load(name).SECTION.order, name) for name in sections()):
        if not is_shown(group, name) or table_of(group, name).empty:
            continue
        heading = titled(load(name).SECTION, group)
        found = list(_drawn(load(name).show(table_of(group, name))))
        for number, (drawing, svg, said) in enumerate(found, 1):
            file = f"{name.replace('_', '-')}-{place}{f'-{number}' if len(found) > 1 else ''}"
            yield PrintFigure(file, f"{title}. {heading}{f': {said}' if said else ''}.", drawing, svg)


def _drawn(panels: Sequence[Panel]) -> Iterator[tuple[go.Figure, bytes | None, str]]:
    """What there is to see, the file of a picture that is none of Plotly's, and what it shows."""
    width = PAGE
    for panel in panels:
        if not isinstance(panel, Html):
            yield printed(panel, width), None, described(panel)
        elif panel in (ABREAST, CLOSED):
            width = COLUMN if panel == ABREAST else PAGE
        else:
            for picture in ALONE.findall(panel):
                yield *_of_picture(picture), ""


def printed(figure: go.Figure, width: int) -> go.Figure:
    """The figure in the colours and letters of print. width: in pixels; the height stays."""
    import plotly.graph_objects as go

    light = go.Figure(figure)
    light.update_layout(
        width=width, paper_bgcolor=WHITE, plot_bgcolor=WHITE, font={"color": INK, "family": FONT, "size": LETTERS}
    )
    for axes in (light.update_xaxes, light.update_yaxes):
        axes(gridcolor=GRID, linecolor=LINE, tickcolor=LINE)
    return light


def _of_picture(svg: str) -> tuple[go.Figure, bytes]:
    """A figure that is nothing but the picture, of which alone a PDF can be made, and its own file: with letters as
    high as in the others."""
    import plotly.graph_objects as go

    wide, high, letters = map(float, SIZES.search(svg).groups())  # type: ignore[union-attr]
    width, height = (round(side * LETTERS / letters) for side in (wide, high))
    file = svg.replace("<svg ", f'<svg {NAMESPACE} width="{width}" height="{height}" ', 1).encode()
    source = f"data:image/svg+xml;base64,{base64.b64encode(file).decode()}"
    whole = {"source": source, "x": 0, "y": 1, "sizex": 1, "sizey": 1, "xref": "paper", "yref": "paper"}
    layout = {
        "images": [whole],
        "width": width,
        "height": height,
        "margin": dict.fromkeys("lrtb", 0),
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "paper_bgcolor": WHITE,
        "plot_bgcolor": WHITE,
    }
    return go.Figure(layout=layout), file
