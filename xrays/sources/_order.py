"""What is wanted of a source, the same for all of them.

order = Order(workplace=Path("data"), folder=Path("films"), options={"labels": "table.csv"})
order.words("table")            # ("table", "films", "--labels", "table.csv"): typed after `prepare`, to have it again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xrays.next_command import command

# What a user does who cannot have what was asked for.
WAYS_OUT = (
    f"{command('prepare', 'DIR')}   (a folder you have), or: {command('prepare', 'sample')}   (synthetic films)"
)


@dataclass(frozen=True)
class Order:
    """workplace: where a source may put what it makes. folder: the user's, None for a source that takes none.
    options: text by name, with _ for -, of those in the source's OPTIONS alone; one that was not typed is not there.
    say: told what the user should know. progress(done, total): called for every film that is drawn or asked for
    its tags here."""

    workplace: Path
    folder: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    progress: Callable[[int, int], None] = lambda done, total: None

    def words(self, source: str) -> tuple[str, ...]:
        """What is typed after `prepare` to order the same of a source."""
        folder = () if self.folder is None else (str(self.folder),)
        options = (word for name, text in self.options.items() for word in (f"--{name.replace('_', '-')}", text))
        return (source, *folder, *options)
