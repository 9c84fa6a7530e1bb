"""What a command may overwrite: what it has made itself, and nothing else.

    claim(Path("best_age.json"), "report", holds('{\\n "groups"'), remedy="--out age.html")

raises UserError where a model's card lies. A name that is given with --out may be that of anything: a card, a file of
a run, a page that somebody wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xrays.errors import UserError

# By these a card's page and its Markdown are known again.
CARD_PAGE, CARD_TEXT = "<title>Model card: chest X-rays</title>", "<!-- model card: chest X-rays -->"
BEGINNING = 4096  # bytes in which a file says what it is


def claim(file: Path, command: str, is_product: Callable[[Path], bool], remedy: str) -> None:
    """Before anything is written. Raises UserError when something is at `file` that the command has not made.
    is_product: whether a file is the command's. One without content is nobody's."""
    if not file.exists() and not file.is_symlink():
        return
    if file.is_file() and (file.stat().st_size == 0 or is_product(file)):
        return
    raise refusal(file, command, remedy)


def refusal(file: Path, command: str, remedy: str) -> UserError:
    """Of something that lies where the command would write, and is not its own."""
    what = "is a folder" if file.is_dir() else f"is there, and `{command}` has not made it"
    return UserError(
        f"{file} {what}: it would be overwritten", f"a new name, or that of a file that `{command}` has made", remedy
    )


def holds(text: str) -> Callable[[Path], bool]:
    """Of files that have this text near their beginning."""

    def begins(file: Path) -> bool:
        with file.open("rb") as opened:
            return text.encode() in opened.read(BEGINNING)

    return begins
