"""Any text as LaTeX that prints it, with every engine.

escaped("50 % of run_1, −0.4 ± 0.1")      # "50 \\\\% of run\\\\_1, $-$0.4 $\\\\pm$ 0.1"
"""

from __future__ import annotations

import re

from reports._drawing.html import visible

# What TeX would take for something else, or has under another name.
SIGNS = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "%": "\\%", "#": "\\#", "_": "\\_",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", '"': "\\textquotedbl{}", "`": "\\textasciigrave{}",
    "−": "$-$", "±": "$\\pm$", "×": "$\\times$", "·": "\\textperiodcentered{}", "²": "$^{2}$", "√": "$\\surd$",
    "≤": "$\\leq$", "≥": "$\\geq$", "→": "$\\rightarrow$", "←": "$\\leftarrow$", "…": "\\dots{}",
    "–": "\\textendash{}", "—": "\\textemdash{}", "“": "``", "”": "''", "‘": "`", "’": "'",
    "°": "\\textdegree{}", "µ": "$\\mu$", "§": "\\S{}", "\u00a0": "~", "\u202f": "\\,", "�": "?",
}  # fmt: skip
# Plain ones, and letters that the font encoding T1 has.
PRINTED = frozenset(
    "".join(map(chr, range(32, 127)))
    + "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿĂăĄąĆćČčĎďĘęĚěĞğŁłŃńŇňŐőŒœŘřŚśŠšŞşŤťŮůŰűŹźŻżŽž"
)
UNBROKEN = 32  # characters of a word, such as a fingerprint or a path, after which a line may end


def escaped(text: str) -> str:
    """In one line. A sign that not every LaTeX has is written by its number, `[U+4E2D]`."""
    words = visible(text.replace("\n", " ")).split(" ")
    return " ".join("\\allowbreak{}".join(map(_signs, _pieces(word))) for word in words)


def _pieces(word: str) -> list[str]:
    return re.findall(f".{{1,{UNBROKEN}}}", word)


def _signs(piece: str) -> str:
    shown = "".join(SIGNS.get(sign) or (sign if sign in PRINTED else f"[U+{ord(sign):04X}]") for sign in piece)
    return re.sub(r"([-,])(?=\1)", r"\1{}", shown)  # two in a row would become one sign
