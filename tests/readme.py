"""What README.md and the pages of docs/ list of spaces, samplers, options and the like, from what holds them.

    python tests/readme.py          # writes the lists anew

A list stands between `<!-- NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # where this file is run by itself

from cli_process import COMMANDS  # noqa: E402

from reports._drawing.glossary import HELP  # noqa: E402
from reports._page.schema import keys, schema  # noqa: E402
from runners import load_runner, runner_names  # noqa: E402
from runners._commands.names import names_of_all  # noqa: E402
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
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
SCHEMA = ROOT / "docs" / "report.schema.json"
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
        "commands": "\n" + "\n".join(map(_command, COMMANDS.commands)),  # type: ignore[attr-defined]
        "schema": _table(("key", "type", "is"), [(f"`{key}`", kind, meaning) for key, kind, meaning in keys()]),
        "glossary": _table(("word", "means"), sorted(HELP.items(), key=lambda pair: pair[0].lower())),
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


def _command(name: str) -> str:
    """Its section: what it does, and a row an option."""
    command = COMMANDS.commands[name]  # type: ignore[attr-defined]
    context, known = command.make_context(name, [], resilient_parsing=True), names_of_all()
    rows = []
    for parameter in command.params:
        if parameter.opts[0].startswith("-"):
            words = " ".join(filter(None, (parameter.opts[0], parameter.metavar)))
        else:
            words = parameter.metavar or parameter.name.upper()
        _, note = parameter.get_help_record(context) or ("", parameter.help)
        rows.append((f"`{words}`", note.format_map(known)))
    escaped = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    return f"## {name}\n\n{command.help}\n{_table(('option', 'does'), escaped)}"


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


def schema_text() -> str:
    """What docs/report.schema.json holds."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text())
    for page in PAGES:
        page.write_text(rewritten(page.read_text()))
