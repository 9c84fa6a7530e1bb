"""The names of what there is, from the tables that hold it, as `--help` says them. Loads none of the libraries.

names_of_all()["spaces"]        # "cnn, transfer"
"""

from __future__ import annotations

from runners import load_runner, runner_names
from runners._models.formats import format_names
from runners._race.pruners import PRUNERS
from search_spaces import load_space, space_names
from search_spaces._backbones import BACKBONES
from xrays.sources import source_names
from xrays.splits import STRESS
from xrays.tasks import TASKS


def names_of_all() -> dict[str, str]:
    """What a help text may say in braces, in words."""
    samplers = {runner: ", ".join(load_runner(runner).SAMPLERS) for runner in runner_names()}
    runner, *_ = samplers
    return {
        "sources": ", ".join(source_names()),
        "tasks": " or ".join(TASKS),
        "spaces": ", ".join(space_names()),
        "pretrained": " or ".join(name for name in space_names() if load_space(name).build_head),
        "two_backbones": ",".join(list(BACKBONES)[:2]),
        "runner": runner,
        "runners": ", ".join(samplers),
        "samplers": "; ".join(f"{runner}: {names}" for runner, names in samplers.items()),
        "pruners": ", ".join(PRUNERS),
        "formats": ", ".join(format_names()),
        "stress": ", ".join(STRESS),
        "judges": ", ".join(name for name in PRUNERS if name != "none"),
    }
