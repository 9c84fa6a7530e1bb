"""What a check has to show, drawn: tables, charts, films.

markup = drawn(part, collection, "leak_order-1", "Labels from the order of the ids", images=True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports._drawing.figures import COLOURS, GREY, embed, new_figure
from reports._drawing.gallery import gallery, picture
from reports._drawing.html import Html, Long, Number, plain, text
from reports._drawing.html import table as html_table
from xrays.audit._collection import Collection
from xrays.audit._finding import Chart, Part, Table
from xrays.pictures import as_read, png

if TYPE_CHECKING:
    import plotly.graph_objects as go

SIDE = 112  # px of a film


def drawn(part: Part, collection: Collection, name: str, title: str, images: bool) -> Html:
    """name: the id of a chart; title: of the check. images: whether films may be shown; else their captions are
    listed."""
    if isinstance(part, Table):
        cell = Long if part.words else Number
        rows = [[text(first), *(cell(text(each)) for each in others)] for first, *others in part.rows]
        return html_table(part.caption, part.head, rows)
    if isinstance(part, Chart):
        return embed(_figure(part), name, title)
    heading = f"<h4>{text(part.title)}</h4>"
    pixels = collection.images
    if pixels is None or not images:
        listed = "; ".join(caption for _, caption in part.rows)
        return Html(f"{heading}<p>{text(listed, 2000)}</p>")
    entries = [(picture(png(as_read(pixels[row], SIDE)), caption, SIDE), text(caption)) for row, caption in part.rows]
    return Html(f"{heading}{gallery(entries)}")


def _figure(chart: Chart) -> go.Figure:
    figure = new_figure(plain(chart.x), plain(chart.y, 80), height=320)
    for number, (name, (places, heights)) in enumerate(chart.series.items()):
        colour = COLOURS[number] if number < len(COLOURS) else GREY
        shown = {"x": list(places), "y": list(heights), "name": plain(name), "showlegend": len(chart.series) > 1}
        if chart.kind == "bars":
            figure.add_bar(**shown, marker={"color": colour})
        else:
            mode = "lines" if chart.kind == "lines" else "markers"
            figure.add_scatter(**shown, mode=mode, marker={"color": colour, "size": 5}, line={"color": colour})
    if chart.kind == "bars":
        figure.update_layout(barmode="group")
        figure.update_xaxes(type="category")
    return figure
