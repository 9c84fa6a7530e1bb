"""What a paper was asked for: where it goes, whether it can be made, and its files.

order = Order(latex=Path("tables.tex"), word=Path("tables.docx"))
order.check()                                     # before anything is computed
build_report(runs, page, beside=order.files)      # written together with the page
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from reports._evidence.groups import Group
from reports._paper import methods as text
from reports._paper.browser import EXTRA, check_browser
from reports._paper.latex import FIRST, latex
from reports._paper.pictures import check_folder, picture_files
from reports._paper.tables import tables_of
from reports._paper.word import is_tables, word
from trials.products import claim, holds
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.next_command import option


@dataclass(frozen=True)
class Order:
    """latex, word: files of tables; methods: of a text; figures: a folder of pictures; None for what nobody wants."""

    latex: Path | None = None
    word: Path | None = None
    methods: Path | None = None
    figures: Path | None = None

    def check(self) -> None:
        """Raises UserError where a name has another ending, something else lies there, or a library is missing."""
        _check(self.latex, "latex", ".tex", "jinja2", "Jinja2", holds(FIRST))
        _check(self.word, "docx", ".docx", "docx", "python-docx", is_tables)
        _check_text(self.methods)
        if self.figures:
            check_folder(self.figures)
            check_browser()

    def files(self, groups: Sequence[Group]) -> dict[Path, bytes]:
        """Bytes by file."""
        made = picture_files(self.figures, groups) if self.figures else {}
        if self.methods:
            said = text.methods(groups, markdown=self.methods.suffix.lower() == ".md")
            made[self.methods] = said.encode("utf-8", "replace")
        if not self.latex and not self.word:
            return made
        tables = [table for group in groups for table in tables_of(group)]
        made |= {self.latex: latex(tables).encode()} if self.latex else {}
        return made | ({self.word: word(tables)} if self.word else {})


def _check_text(file: Path | None) -> None:
    if file is None:
        return
    if file.suffix.lower() not in text.ENDINGS:
        named = option("methods", file.with_suffix(text.ENDINGS[0]))
        raise UserError(f"--methods {file}", f"the name of a {' or '.join(text.ENDINGS)} file", named)
    other = option("methods", file.with_name(f"methods{file.suffix}"))
    claim(file, "report", holds(text.FIRST), f"{other}, or another name")


def _check(
    file: Path | None, name: str, ending: str, module: str, library: str, is_product: Callable[[Path], bool]
) -> None:
    if file is None:
        return
    other = option(name, file.with_name(f"tables{ending}"))
    if file.suffix.lower() != ending:
        raise UserError(f"--{name} {file}", f"the name of a {ending} file", option(name, file.with_suffix(ending)))
    if find_spec(module) is None:
        raise UserError(f"--{name} without {library}", f"the extra `{EXTRA}` is installed", with_extra(EXTRA))
    claim(file, "report", is_product, f"{other}, or another name")
