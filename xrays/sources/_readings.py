"""How the cells of a table's label are read: in which unit, what becomes of bands, which word means which gender.

age_of = ages(file, "Age", cells, order, zero_is_none=False)
gender_of = classes(file, "Sex", cells, LABELS["gender"], order)
age_of("80-84"), gender_of("F")         # 82.0, 0.0
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from xrays.errors import UserError
from xrays.label_texts import UNITS, Unreadable, band, is_missing, number, one_of, years
from xrays.labels import Label
from xrays.next_command import command, option
from xrays.sources._order import Order

Reading = Callable[[str], float]
BANDS = ("middle", "drop")
MOST_YEARS = 120
MANY = 0.05  # of the cells of a column, as of the films that may be rejected


def ages(file: Path, column: str, cells: Sequence[str], order: Order, *, zero_is_none: bool) -> Reading:
    """The order's options `bands` (one of BANDS) and `age_unit` (one of UNITS) are obeyed. Raises UserError when
    there are bands and nothing says what becomes of them, and when most ages cannot be years."""
    options = order.options
    unit = chosen("age_unit", options, tuple(UNITS)) or "years"
    bands = chosen("bands", options, BANDS)
    known = Counter(cell for cell in cells if not is_missing(cell))
    found = {cell: count for cell, count in known.items() if band(cell) is not None}
    if found and bands is None:
        shown = ", ".join(f"{cell!r}" for cell in list(found)[:3])
        raise UserError(
            f"{file}: {column} holds bands of ages, such as {shown}, in {sum(found.values())} rows",
            "--bands middle (the middle of a band, the beginning of one without end) or --bands drop (no age)",
            command("prepare", *order.words("table"), bands="middle"),
        )
    if unit == "years" and "age_unit" not in options:
        beyond = sum(count for cell, count in known.items() if _number(cell) > MOST_YEARS)
        if 2 * beyond > known.total():
            raise UserError(
                f"{file}: {beyond} of {known.total()} values of {column} are over {MOST_YEARS}",
                f"ages in years, or --age-unit {' or '.join(list(UNITS)[1:])}",
                f"{command('prepare', *order.words('table'), age_unit='days')}   (if they are days)",
            )

    def one(text: str) -> float:
        if ends := band(text):
            low, high = ends
            return math.nan if bands == "drop" else low if math.isinf(high) else (low + high - 1) / 2
        age = years(text, unit)
        return math.nan if zero_is_none and age == 0 else age

    return one


def _number(text: str) -> float:
    try:
        return number(text)
    except Unreadable:
        return 0.0


def classes(file: Path, column: str, cells: Sequence[str], label: Label, order: Order) -> Reading:
    """Of a binary label. An option of the name of a class, such as --female, says the word of it; the other word that
    is there is then the other class. Raises UserError when there are several others."""
    options = order.options
    words = {options[name].casefold(): float(at) for at, name in enumerate(label.class_names) if name in options}
    known = Counter(
        cell.strip() for cell in cells if not is_missing(cell) and cell.strip().casefold() not in label.neither
    )
    if len(words) == 1:
        ((word, first),) = words.items()
        name, other = label.class_names[int(first)], label.class_names[1 - int(first)]
        others = [cell for cell in known if cell.casefold() != word]
        if len(others) == len(known):
            raise UserError(
                f"{file}: no cell of {column} is {options[name]}",
                f"a word of it: {', '.join(list(known)[:8])}",
                f"the same command with {option(name, next(iter(known), 'WORD'))}",
            )
        if len({cell.casefold() for cell in others}) > 1:
            raise UserError(
                f"{file}: beside {options[name]}, {column} holds {', '.join(others[:8])}",
                f"{option(other, others[0])}, so that it is known which is {other}; the rest is rejected",
                f"the same command with {option(other, others[0])}",
            )
        words |= {cell.casefold(): 1 - first for cell in others}

    elif not words:
        _ask_for_words(file, column, known, label, order)
    if not words and known and known.keys() <= {"0", "1", "0.0", "1.0"}:
        order.say(f"taking 0 in {column} as {label.class_names[0]}, 1 as {label.class_names[1]}")

    def one(text: str) -> float:
        cell = text.strip().casefold()
        if cell in words:
            return words[cell]
        if is_missing(cell) or cell in label.neither:
            return math.nan
        if words:
            raise Unreadable(f"neither {' nor '.join(words)}")
        return one_of(label.class_names, cell)

    return one


def _ask_for_words(file: Path, column: str, known: Mapping[str, int], label: Label, order: Order) -> None:
    """Raises UserError where many cells hold a word of no class: films by the thousand would be rejected for it."""
    classes = {cell: _class(label, cell) for cell in known}
    strange = [cell for cell, found in classes.items() if found is None]
    rows = sum(known[cell] for cell in strange)
    if rows <= MANY * sum(known.values()):
        return
    missing = [name for at, name in enumerate(label.class_names) if float(at) not in classes.values()]
    sure = len(missing) == len(strange) == 1  # the other class is there in a word that is known
    word = strange[0] if sure else "WORD"
    neither = f"neither {' nor '.join(label.class_names)}"
    raise UserError(
        f"{file}: {column} holds {', '.join(strange[:8])} in {rows:,} rows, {neither}",
        " or ".join(option(name, word) for name in missing or label.class_names),
        command("prepare", *order.words("table"), **{(missing or label.class_names)[0]: word}),
    )


def _class(label: Label, cell: str) -> float | None:
    try:
        return one_of(label.class_names, cell)
    except Unreadable:
        return None


def chosen(name: str, options: Mapping[str, str], accepted: tuple[str, ...]) -> str | None:
    """The text of an option, None where it was not typed. Raises UserError for none of those that are accepted."""
    given = options.get(name)
    if given is not None and given not in accepted:
        word = name.replace("_", "-")
        again = f"the same command with {option(word, accepted[0])}"
        raise UserError(option(word, given), " or ".join(accepted), again)
    return given
