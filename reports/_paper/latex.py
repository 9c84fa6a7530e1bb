"""Tables for LaTeX: one file that a paper takes in with `\\input`.

latex([PaperTable(…)])                 # "% Tables of a search report …"
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reports._paper.latex_text import escaped
from reports._paper.table import PaperTable

FIRST = "% Tables of a search report: chest X-rays"  # by this the file is known again
PREAMBLE = f"""{FIRST}
% Take it in with \\input{{FILE}}; the preamble of the document needs
%   \\usepackage[T1]{{fontenc}}
%   \\usepackage{{array}}
%   \\usepackage{{booktabs}}
%   \\usepackage{{graphicx}}
% A reference to a table: \\ref{{tab:LABEL}} with a label from below.
"""
# A table that is wider than the line is made as wide as it.
FITTED = "\\resizebox{\\ifdim\\width>\\linewidth \\linewidth\\else \\width\\fi}{!}{%"
LONG = 0.74  # of the line, for cells of several lines


def latex(tables: Sequence[PaperTable]) -> str:
    """The whole file; pandas sets the rows, with the rules of booktabs."""
    return "\n".join([PREAMBLE, *map(_table, tables)])


def _table(table: PaperTable) -> str:
    notes = "\n\\par ".join(map(escaped, table.notes))
    return (
        "\\begin{table}[htbp]\n\\centering\n\\small\n"
        f"\\caption{{{escaped(table.caption)}}}\n\\label{{tab:{table.label}}}\n\\smallskip\n"
        f"{FITTED}\n{_rows(table)}}}\n"
        f"\\par\\smallskip\n\\begin{{minipage}}{{\\linewidth}}\\footnotesize\\raggedright\n{notes}\n\\end{{minipage}}\n"
        "\\end{table}\n"
    )


def _columns(table: PaperTable) -> str:
    if table.prose:
        return f"l>{{\\raggedright\\arraybackslash}}p{{{LONG}\\linewidth}}"
    return "l" * table.names + "r" * (len(table.head) - table.names)


def _rows(table: PaperTable) -> str:
    import pandas as pd

    styler = pd.DataFrame([list(map(escaped, row)) for row in table.rows], columns=range(len(table.head))).style
    heads: dict[object, str] = dict(enumerate(map(escaped, table.head)))  # two columns may have one
    styler = styler.hide(axis="index").format_index(heads.__getitem__, axis="columns")
    made: str = styler.to_latex(hrules=True, column_format=_columns(table))
    return re.sub(r"(?m) +$", "", made)
