"""`spaces preview`: a contact sheet of what augmentation does to one's own films.

for line in preview(None, None, Path("data"), Path("preview.png")): print(line)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runners._inputs.contact_sheet import contact_sheet
from runners._loading import silent_start, without_scikit_learn
from search_spaces import load_space
from trials.files import write_atomically
from trials.products import claim, holds
from xrays.arrays import XrayArrays, choose_prepared
from xrays.errors import UserError
from xrays.next_command import command
from xrays.pictures import png

SOFTWARE = "cxr-automl spaces preview"  # what the PNG says has made it


def preview(name: str | None, data: Path | None, root: Path, out: Path) -> Iterator[str]:
    """Writes the PNG `out`. name: of a space, which is only checked, since all augment alike; data: a prepared
    folder, None for the only one in `root`. Raises UserError."""
    if name is not None:
        load_space(name)
    folder = choose_prepared(data, root)
    if folder is None:
        raise UserError("spaces preview, and nothing is prepared", "prepared films", command("prepare", "sample"))
    if out.suffix != ".png" or not out.parent.is_dir():
        raise UserError(f"--out {out}", "a file NAME.png in a folder that exists", "--out preview.png")
    claim(out, "spaces preview", holds(SOFTWARE), "--out films.png, or another name")
    arrays = XrayArrays.open(folder)
    with silent_start(), without_scikit_learn():
        sheet = contact_sheet(arrays)
    write_atomically(out, png(sheet, SOFTWARE))
    yield f"contact sheet: {out}"
