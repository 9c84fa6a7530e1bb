"""What README.md lists of spaces, samplers and the like, from the tables that hold them.

    python tests/readme.py          # writes the lists anew

A list stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # where this file is run by itself

from runners import load_runner, runner_names  # noqa: E402
from runners._models.formats import H5, load_format, other_names  # noqa: E402
from runners._race.pruners import PRUNERS  # noqa: E402
from search_spaces import load_space, space_names  # noqa: E402
from search_spaces._backbones import BACKBONES  # noqa: E402
from search_spaces._operations import OPERATIONS  # noqa: E402
from xrays.audit import checks  # noqa: E402
from xrays.audit import load as load_check  # noqa: E402
from xrays.sources import load_source, source_names  # noqa: E402
from xrays.tasks import TASKS  # noqa: E402

README = ROOT / "README.md"
LIST = re.compile(r"(<!-- (?P<name>[a-z]+) -->)(?P<list>.*?)(<!-- end -->)", re.DOTALL)


def lists() -> dict[str, str]:
    """Every list by its name."""
    spaces = [load_space(name) for name in space_names()]
    return {
        "spaces": ", ".join(f"`{space.name}` ({space.title})" for space in spaces),
        "backbones": ", ".join(row.application for row in BACKBONES.values()),
        "samplers": _table(("--runner", "--sampler", "proposes", "learns from older searches"), _samplers()),
        "pruners": _table(
            ("--pruner", "ends a trial"),
            [(_typed(name, list(PRUNERS)), pruner.note) for name, pruner in PRUNERS.items()],
        ),
        "operations": "; ".join(f"{row.name}: {row.note}" for row in OPERATIONS.values()),
        "tasks": " or ".join(f"`{name}`" for name in TASKS),
        "sources": _table(
            ("`prepare`", "reads"), [(f"`{name}`", load_source(name).TITLE) for name in source_names()]
        ),
        "formats": _table(("--formats", "for", "writes", "needs"), _formats()),
        "checks": ", ".join(title[:1].lower() + title[1:] for _, title in sorted(_checks())),
    }


def _samplers() -> list[tuple[str, ...]]:
    rows = []
    for runner in runner_names():
        samplers = load_runner(runner).SAMPLERS
        for name, sampler in samplers.items():
            extra = getattr(sampler, "extra", "")
            note = sampler.note + (f"; needs the extra `{extra}`" if extra else "")
            runner_ = _typed(runner, runner_names())
            rows.append((runner_, _typed(name, list(samplers)), note, "yes" if sampler.learns else "no"))
    return rows


def _formats() -> list[tuple[str, ...]]:
    rows = [(H5, "Keras 2 and 3; always written", "`best_age.h5`", "")]
    for name in other_names():
        row = load_format(name).FORMAT
        files = ", ".join(f"`best_age{ending}`" for ending in row.endings)
        rows.append((name, row.title, files, f"`pip install -e '.[{row.extra}]'`" if row.extra else ""))
    return [(f"`{name}`", *rest) for name, *rest in rows]


def _checks() -> list[tuple[int, str]]:
    found = [load_check(code).CHECK for code in checks()]
    return [(check.order, check.title) for check in found]


def _typed(name: str, names: Sequence[str]) -> str:
    """As a user types it; of several the first is the default."""
    return f"`{name}`{' (default)' if name == names[0] and len(names) > 1 else ''}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    words = [f"`{word}`" if word.startswith("--") else word for word in head]
    lines = [words, ["---"] * len(words), *rows]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def rewritten(text: str) -> str:
    """The text with every list as it should be. Raises KeyError for a list of an unknown name."""
    known = lists()
    return LIST.sub(lambda found: f"{found[1]}{known[found['name']]}{found[4]}", text)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
