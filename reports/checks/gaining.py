"""A search that was still finding something when it ended, or has long found nothing."""

from __future__ import annotations

from reports._drawing.outlook import forecast, judged
from reports._evidence.groups import Group
from reports._evidence.late import LEAST
from reports._section import table_of
from reports.checks._check import Check, Finding
from trials.commands import more_of

CHECK = Check(
    order=120,
    title="Still gaining",
    section="outlook",
    why="A search still gained where the best of its first three quarters is behind the final one by more than luck "
    f"with patients and the number of trials explain (it is not tied with it). From {LEAST} trials on.",
)


def look(group: Group) -> Finding:
    """Of the run of the best trial: a hint where it should go on."""
    table = table_of(group, "outlook")
    own = table[table["verdict"] != ""].to_dict("records")
    if not own:
        return Finding("not applicable", "No trial is complete.")
    row = own[0]
    match row["verdict"]:
        case "too few":
            return Finding("not applicable", f"{row['finished']} trials have finished; it is told from {LEAST} on.")
        case "no early one":
            return Finding("not applicable", "No trial of its first three quarters is complete.")
        case "gaining":
            run = group.run(row["run"])
            trials = max(int(run.budget().get("trials", 0)), row["finished"] + row["finished"] // 2)
            more = " ".join(filter(None, (forecast(row), "It goes on where it ended:")))
            return Finding("hint", judged(row), more, more_of(run, trials=trials))
        case "long stopped":
            ended = (
                "On these films more trials of this space can hardly be told from it; more films, another space or "
                "other epochs may help."
            )
            return Finding("passed", judged(row), " ".join(filter(None, (forecast(row), ended))))
    return Finding("passed", judged(row), forecast(row))
