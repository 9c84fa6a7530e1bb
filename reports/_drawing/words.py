"""What a task's label and its values are called, so that no text of the page has to name one.

words(TASKS["age"])["low"]                             # "young"
phrase("The {low} are predicted too {high}.", task)      # "The young are predicted too old."

A text that more than one task shows has these words in braces.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from xrays.labels import Label
from xrays.tasks import Task


@lru_cache
def words(task: Task) -> dict[str, str]:
    """label: what is predicted, with an article in a_label; lower, higher: what speaks for a smaller and for a larger
    prediction. Of a number: unit and one_unit, its plural and its singular; low, high: what small and large values
    are. Of two classes: negative, positive: their names."""
    label, (lower, higher) = plain_name(task.label.name), task.ends
    named = {"label": label, "a_label": f"{'an' if label[0] in 'aeiou' else 'a'} {label}"}
    named |= {"lower": lower, "higher": higher}
    if task.kind == "binary":
        return named | dict(zip(("negative", "positive"), task.class_names, strict=True))
    unit, (low, high) = task.unit or "units", task.label.extremes
    one = unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit
    return named | {"unit": unit, "one_unit": one, "low": low, "high": high}


def phrase(template: str, task: Task, **more: str) -> str:
    """The text with the task's words, and `more`, in their places. Raises KeyError for a word that the task has
    not."""
    return template.format_map({**words(task), **more})


def plain_name(name: str) -> str:
    """A label's name as people write it."""
    return name.replace("_", " ")


def enumeration(names: Sequence[str]) -> str:
    """`age`, `age and gender`, `age, gender and view`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def words_of_labels(task: Task, labels: Sequence[Label]) -> dict[str, str]:
    """The labels that films have, in words. labels: `age and gender`; slices: what a page tells films apart by, `age
    band and gender`; other_slices: the same without the task's own label."""
    return {
        "labels": enumeration([plain_name(label.name) for label in labels]),
        "slices": enumeration([slice_name(label) for label in labels]),
        "other_slices": enumeration([slice_name(label) for label in labels if label != task.label]),
    }


def slice_name(label: Label) -> str:
    """`age band` of a number, `gender` of two classes."""
    return f"{plain_name(label.name)} band" if label.kind == "number" else plain_name(label.name)


def axis_title(label: Label) -> str:
    """`age, years`: for an axis or a column of its values."""
    return f"{plain_name(label.name)}, {label.unit}" if label.unit else plain_name(label.name)


def label_text(label: Label, value: float) -> str:
    """`61 years`, `male`, `age unknown`: a film's label."""
    if not math.isfinite(value):
        return f"{plain_name(label.name)} unknown"
    if label.kind == "binary":
        return label.class_names[int(value)]
    shown = f"{value:.{max(0, label.decimals - 1)}f}"
    return f"{shown} {label.unit}" if label.unit else f"{plain_name(label.name)} {shown}"


def sentence_case(text: str) -> str:
    """With a capital letter at its start, and the others as they are."""
    return text[:1].upper() + text[1:]
