"""Commands on the page as they must be typed: a section that names none of the runs says RUN.

with_run_names(Html("Not measured yet: python cli.py ablate RUN --repeats 3."), store)
"""

from __future__ import annotations

import re

from reports._drawing.html import Html, text
from trials.commands import command_for
from trials.store import RunStore

COMMAND = re.compile(r"python cli\.py (?P<word>[a-z]+) RUN\b(?P<options>(?: --[a-z]+ \d+)*)")
OPTION = re.compile(r"--([a-z]+) (\d+)")


def with_run_names(markup: Html, store: RunStore) -> Html:
    """The markup, in which each `python cli.py WORD RUN --option NUMBER` is as it must be typed for this run, as
    code. What follows such options stays as it is."""

    def typed(match: re.Match[str]) -> str:
        options = dict(OPTION.findall(match["options"]))
        return f"<code>{text(command_for(store, match['word'], **options), 2000)}</code>"

    return Html(COMMAND.sub(typed, markup))
