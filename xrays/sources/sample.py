"""The built-in synthetic films, drawn once into a folder.

layout = layout(Order(workplace=Path("data")))
"""

from __future__ import annotations

from dataclasses import replace

from xrays.errors import UserError
from xrays.layout import Layout
from xrays.next_command import command
from xrays.phantom.sample import FILMS, VERSION, write_sample
from xrays.sources._folder import read_folder
from xrays.sources._order import Order

TITLE = "built-in synthetic films"


def layout(order: Order) -> Layout:
    """Draws the films below the order's workplace, where they are not there yet. Raises UserError for a version."""
    if order.version is not None:
        raise UserError(f"--version {order.version}", "no version: the sample has one", command("prepare", "sample"))
    folder = order.workplace / f"sample-films-{VERSION}"
    if not folder.exists():
        write_sample(folder, progress=lambda done: order.progress(done, FILMS))
    return replace(read_folder(folder), name="sample", words=("sample",), about={"source": "sample"})
