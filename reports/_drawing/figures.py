"""The look of all plots, and how a plot gets into the page.

fig = new_figure("trials finished", "MAE, years")
fig.add_scatter(x=…, y=…, marker_color=COLOURS[0])

Paper, text and grid have no colour here: `page.js` takes them from the style sheet, so that one figure serves
light, dark and print.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from reports._drawing.html import Html, attribute
from xrays.tasks import Task

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

# Markup is shown as it stands, a figure becomes a plot: a section may have several of either.
Panel: TypeAlias = "Html | go.Figure"

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), without its yellow and black: they vanish on white
# or on dark, and its blue (#0072B2) a little lighter for the same reason.
COLOURS = ("#1F83BF", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#808890"
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
DASHES = {"constant": "dash", "linear probe": "dot"}


BAND = 0.25  # opacity
# Around small plots in one row.
ABREAST, CLOSED = Html('<div class="abreast">'), Html("</div>")
WILD = 3.0  # times the error of the best baseline: one that is worse tells nothing of the others


def new_figure(x_title: str, y_title: str, height: int = 380) -> go.Figure:
    """An empty figure with both axes named."""
    import plotly.graph_objects as go

    axis = {"showline": True, "showgrid": True, "zeroline": False, "ticks": "outside", "automargin": True}
    # In one piece: update_layout would take ten times as long.
    return go.Figure(
        layout={
            "template": "none",
            "height": height,
            "margin": {"l": 8, "r": 16, "t": 36, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"size": 13},
            "hovermode": "closest",
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
            "xaxis": {**axis, "title": {"text": x_title, "standoff": 12}},
            "yaxis": {**axis, "title": {"text": y_title, "standoff": 10}},
        }
    )


def run_style(index: int) -> tuple[str, str]:
    """Colour and symbol of the index-th run: no two of the first 36 have both in common."""
    return COLOURS[index % len(COLOURS)], SYMBOLS[(index + index // len(COLOURS)) % len(SYMBOLS)]


def with_opacity(colour: str, opacity: float) -> str:
    """A colour of COLOURS as one that lets through what lies below it."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def score_colours(task: Task) -> list[list[float | str]]:
    """From dark for the worse to light for the better score, told apart with any colour vision (after Cividis)."""
    steps = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"]
    ordered = steps[::-1] if task.direction == "min" else steps
    return [[place / (len(steps) - 1), colour] for place, colour in enumerate(ordered)]


def add_band(
    figure: go.Figure,
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    colour: str = COLOURS[0],
    **more: str,
) -> None:
    """What lies between two lines, behind whatever comes after it. more: of the trace."""
    figure.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=with_opacity(colour, BAND),
        mode="none",
        showlegend=False,
        hoverinfo="skip",
        **more,
    )


def error_bars(value: pd.Series[float], low: pd.Series[float], high: pd.Series[float]) -> dict[str, object]:
    """A point's interval, for a trace's `error_y`."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - value).round(4).tolist(),
        "arrayminus": (value - low).round(4).tolist(),
    }


def side_by_side(figures: Sequence[go.Figure]) -> list[Panel]:
    """Small plots in one row where the window is wide enough, else below each other."""
    return [ABREAST, *figures, CLOSED]


def score_range(task: Task, scores: pd.Series[float], reference: pd.Series[float]) -> tuple[float, float]:
    """Lowest and highest score that a picture covers. A diverged trial must not flatten all others into one line, so
    what is far worse than every baseline (`reference`) is drawn at the edge, as an open dot; without one, what is far
    worse than most."""
    scores, reference = scores.dropna(), reference.dropna()
    low, high = float(scores.min()), float(scores.max())
    if task.direction == "min":
        # One film can make a linear probe wild, too.
        reference = reference[reference <= WILD * reference.min()]
    if reference.empty:
        least, most = fence(scores)
        return (low, min(high, most)) if task.direction == "min" else (max(low, least), high)
    low, high = min(low, float(reference.min())), max(high, float(reference.max()))
    margin = 0.25 * (float(reference.max()) - float(reference.min())) + 0.03 * abs(float(reference.median()))
    if task.direction == "min":
        return low, min(high, float(reference.max()) + margin)
    return max(low, float(reference.min()) - margin), high


def fence(values: pd.Series[float]) -> tuple[float, float]:
    """Between which all values lie but those far out: beyond the middle half by three times its width (Tukey,
    Exploratory Data Analysis, 1977)."""
    first, third = float(values.quantile(0.25)), float(values.quantile(0.75))
    return first - 3 * (third - first), third + 3 * (third - first)


def trial_range(task: Task, scores: pd.Series[float], constant: pd.Series[float]) -> tuple[float, float]:
    """The same for a picture that has no baseline in it, whose range then is that of the trials."""
    low, high = score_range(task, scores, constant)
    return max(low, float(scores.min())), min(high, float(scores.max()))


def embed(figure: go.Figure, name: str, title: str) -> Html:
    """The figure as markup: its place, and its content as JSON that cannot end the script it stands in. name: its id;
    title: of the section, to which its axes add what it shows."""
    import plotly.io

    # engine: with orjson installed another writer would be chosen, and the bytes of the page would change.
    content = str(plotly.io.to_json(figure, validate=False, engine="json"))
    for sign in "<>&\u2028\u2029":
        content = content.replace(sign, f"\\u{ord(sign):04x}")
    height = int(figure.layout.height)
    return Html(
        f'<div class="plot" id="{name}" role="img" aria-label="{_label(figure, title)}" '
        f'style="min-height:{height}px"></div>'
        f'<script type="application/json" data-plot="{name}">{content}</script>'
        "<noscript><p>This plot needs JavaScript.</p></noscript>"
    )


def described(figure: go.Figure) -> str:
    """What its axes show, in plain text: `MAE, years against dropout`."""
    # Titles in a figure are markup: `plain` text, and line breaks of ours.
    titles = [axis.title.text or "" for axis in (figure.layout.yaxis, figure.layout.xaxis)]
    return " against ".join(html.unescape(re.sub("<[^>]*>", " ", title)) for title in titles if title)


def _label(figure: go.Figure, title: str) -> Html:
    """`Scores by parameter: MAE, years against dropout`, for who does not see it."""
    axes = described(figure)
    return attribute(f"{title}: {axes}" if axes else title)
