"""What a task's label and its values are called, so that no text of the page has to name one.

words(TASKS["age"])["low"]                             # "young"
said("The {low} are predicted too {high}.", task)      # "The young are predicted too old."

A text that more than one task shows has these words in braces.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from xrays.tasks import Task


@lru_cache
def words(task: Task) -> dict[str, str]:
    """label: what is predicted, with an article in a_label. Of a number: unit and one_unit, its plural and its
    singular; low and high, lower and higher: what small and large values are. Of two classes: negative and positive,
    their names."""
    label = spoken(task.label.name)
    found = {"label": label, "a_label": f"{'an' if label[0] in 'aeiou' else 'a'} {label}"}
    if task.kind == "binary":
        return found | dict(zip(("negative", "positive"), task.class_names, strict=True))
    unit = task.unit or "units"
    one = unit[:-1] if len(unit) > 2 and unit.endswith("s") else unit
    low, high = task.label.extremes
    lower, higher = task.label.ends
    return found | {"unit": unit, "one_unit": one, "low": low, "high": high, "lower": lower, "higher": higher}


def said(template: str, task: Task, **more: str) -> str:
    """The text with the task's words, and `more`, in their places. Raises KeyError for a word that the task has
    not."""
    return template.format_map({**words(task), **more})


def spoken(name: str) -> str:
    """A label's name as people write it."""
    return name.replace("_", " ")


def listed(names: Sequence[str]) -> str:
    """`age`, `age and gender`, `age, gender and view`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
