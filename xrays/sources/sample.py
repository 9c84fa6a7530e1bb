"""The built-in synthetic films, drawn once into a folder.

layout = layout(Order(workplace=Path("data")))
"""

from __future__ import annotations

from dataclasses import replace

from xrays.layout import Layout
from xrays.phantom.sample import FILMS, VERSION, write_sample
from xrays.sources._folder import read_folder
from xrays.sources._order import Order

TITLE = "built-in synthetic films"
FOLDER = False
NEEDED: tuple[str, ...] = ()
OPTIONS = ()


def layout(order: Order) -> Layout:
    """Draws the films below the order's workplace, where they are not there yet."""
    folder = order.workplace / f"sample-films-{VERSION}"
    if not folder.exists():
        write_sample(folder, progress=lambda done: order.progress(done, FILMS))
    return replace(read_folder(folder), name="sample", words=order.words("sample"), about={"source": "sample"})
