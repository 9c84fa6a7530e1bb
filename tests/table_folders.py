"""Folders of films with a table of labels, to be read: films are empty files.

folder = table_folder(tmp_path, "File,Age\\na.png,50\\n", ("a.png",))
layout = read_table_of(folder, id="File")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from xrays.layout import Layout
from xrays.sources import Order, layout_of


def table_folder(folder: Path, table: str | bytes, films: Sequence[str], file: str = "labels.csv") -> Path:
    """films: paths below the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in films:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / file).write_bytes(table if isinstance(table, bytes) else table.encode())
    return folder


def read_table_of(
    folder: Path, say: Callable[[str], None] = str, *, labels: str = "labels.csv", **options: str
) -> Layout:
    """The layout of a source `table`, with options by name."""
    order = Order(folder / "unused", folder, {"labels": labels, **options}, say=say)
    return layout_of("table", order)


def known(layout: Layout) -> dict[str, tuple[float | None, ...]]:
    """File's name below the layout's place -> age and gender, None where unknown."""
    nothing = [float("nan")] * len(layout.ids)
    ages, genders = layout.labels.get("age", nothing), layout.labels.get("gender", nothing)
    return {
        str(Path(path).relative_to(layout.place)): tuple(None if x != x else round(float(x), 3) for x in values)
        for path, *values in zip(layout.paths, ages, genders, strict=True)
    }
