"""Figures as files, drawn by kaleido in the Chrome or Chromium of the machine; nothing is fetched from outside.

check_browser()                            # before anything is computed
svg, pdf = drawn([figure], ("svg", "pdf"))[0]
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.extras import with_extra

if TYPE_CHECKING:
    import plotly.graph_objects as go

EXTRA = "paper"
FIRST = 1  # version of kaleido that takes the machine's own browser
PATIENCE = 300.0  # seconds a figure, on a machine that is busy
MOST = 4  # tabs, each of which takes 100 MB
GET_CHROME = (
    "apt-get install chromium, or kaleido_get_chrome (BROWSER_PATH=FILE before the command names another one)"
)


def check_browser() -> None:
    """Raises UserError without kaleido or without a browser."""
    if find_spec("kaleido") is None or int(version("kaleido").split(".")[0]) < FIRST:
        raise UserError(
            f"--figures without kaleido {FIRST} or newer", f"the extra `{EXTRA}` is installed", with_extra(EXTRA)
        )
    from choreographer.browsers.chromium import Chromium

    browser = Chromium.find_browser(skip_local=False)
    if not browser or not Path(browser).is_file():
        where = f"no browser at {browser}" if browser else "no Chrome or Chromium on this machine"
        raise UserError(f"--figures, and {where}", "Chrome or Chromium, which draws them", GET_CHROME)


def drawn(figures: Sequence[go.Figure], formats: Sequence[str]) -> list[list[bytes]]:
    """Of every figure a file's bytes a format. Raises UserError where the browser does not draw."""
    from kaleido.errors import BrowserClosedError, BrowserFailedError, JavascriptError, KaleidoError

    if not figures:
        return []
    try:
        return asyncio.run(_drawn(figures, formats))
    except (BrowserClosedError, BrowserFailedError, JavascriptError, KaleidoError, TimeoutError) as error:
        raise UserError(
            f"the browser draws no figures: {type(error).__name__} {' '.join(map(str, error.args))}".strip(),
            "a Chrome or Chromium that runs without a window",
            GET_CHROME,
        ) from error


async def _drawn(figures: Sequence[go.Figure], formats: Sequence[str]) -> list[list[bytes]]:
    from kaleido import Kaleido, PageGenerator
    from kaleido.errors import BrowserFailedError

    page = PageGenerator(mathjax=False)  # which would be fetched from a server of others
    # Margins of page and body would push the end of a figure out of its PDF.
    page.header += "<style>@page { margin: 0 } body { margin: 0 }</style>"
    tabs = min(MOST, usable_cores(), len(figures))
    browser = Kaleido(n=tabs, timeout=PATIENCE, page_generator=page)
    try:
        await browser.open()
        jobs = [browser.calc_fig(figure, opts={"format": format_}) for figure in figures for format_ in formats]
        made = await asyncio.gather(*jobs)
    except BrowserFailedError as error:
        if (task := asyncio.current_task()) and task.cancelling():  # by Ctrl-C, and the browser is not to blame
            raise asyncio.CancelledError from error
        raise
    finally:
        await browser.close()  # `async with` would leave it running after Ctrl-C while it opens
    return [made[start : start + len(formats)] for start in range(0, len(made), len(formats))]
