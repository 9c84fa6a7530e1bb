"""What `report.json` holds, key by key: the JSON Schema that every one of them is valid against.

    schema()["properties"]["version"]["const"]      # 1
    for path, kind, meaning in keys(): …            # the table of docs/report-json.md

This is the one source: `python tests/readme.py` makes docs/report.schema.json and the table of docs/report-json.md.
Whatever reads the JSON may count on what is here within a version. VERSION is raised when a key goes, is renamed or
means something else; further ones may be added to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from trials.records import State
from xrays.audit._finding import SEVERITIES
from xrays.tasks import TASKS

VERSION = 1
DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def _of(kind: str, meaning: str, **more: Any) -> Schema:
    """kind: a type of JSON, or several with a blank between them."""
    kinds = kind.split()
    return {"description": meaning, "type": kinds if len(kinds) > 1 else kind, **more}


def _object(meaning: str, keys: Mapping[str, Schema], kind: str = "object", **more: Any) -> Schema:
    """All of these keys and no other."""
    return _of(kind, meaning, properties=dict(keys), required=list(keys), additionalProperties=False, **more)


def _list(meaning: str, of: Schema) -> Schema:
    return _of("array", meaning, items=of)


CORRECTED = {
    "score": _of("number null", "the objective, on patients who had no part in the choice"),
    "interval": _list("both ends of its interval (at least 95 %)", _of("number null", "an end")),
    "trials": _of("integer", "trials that took part in the choice"),
    "partial": _of("integer", "of these, with some folds only"),
    "without_a_fold": _of("integer", "trials that finished no fold, and took no part"),
    "same_as_others": _of("integer", "trials that predict exactly what another one does, and took no part"),
    "folds_scored": _of("integer", "folds that the corrected score is of"),
}
SEED_NOISE = {
    "sd": _of("number", "standard deviation of a trial's score between seeds, in the objective's own unit"),
    "difference": _of("number", "what two trials of the same quality differ by at most, 95 times in 100"),
    "trials": _of("integer", "trials that were trained with several seeds"),
    "seeds": _of("integer", "their seeds in all"),
    "diverged": _of("integer", "seeds that diverged, and had no part in it"),
}
CHECK = {
    "code": _of("string", "name of the check"),
    "severity": _of("string", "what it comes to", enum=list(SEVERITIES)),
    "title": _of("string", "what it looks at"),
    "found": _of("string", "what it found, a sentence"),
    "more": _of("string", "further sentences, or empty"),
    "why": _of("string", "from where on it speaks, and why"),
    "section": _of("string", "the section of the page that shows it, or empty"),
    "command": _of("string", "what to type next, or empty"),
}
HOURS = {
    "run": _of("string", "name of the run folder"),
    "workers": _of("integer", "at most at once; 0 where it is not on record what they did when they trained nothing"),
    "cores": _of("integer", "of each worker"),
    "clock": _of("number null", "seconds by the clock; null where `workers` is 0"),
    "seconds": _of(
        "object",
        "what for: seconds of a worker, together `workers` times `clock` where every call had as many",
        additionalProperties={"type": "number"},
    ),
}
OUTLOOK = {
    "run": _of("string", "name of the run folder"),
    "trials": _of("integer", "so far, stopped ones included"),
    "complete": _of("integer", "of these, in full"),
    "more": _of("integer", "further trials that are looked ahead"),
    "seconds": _of("number", "that they would take by the clock"),
    "gain": _of("number null", "by how much less the best would lose on other patients; null where it is not known"),
    "low": _of("number null", "lower end of the interval that 95 % of such times would end in"),
    "high": _of("number null", "upper end of it"),
    "chance": _of("number null", "that a better score comes, be it luck or not"),
}
ROW = {
    "task": _of("string", "the task"),
    "plan": _of("string", "fingerprint of the fold plan"),
    "data": _of("string", "name of the prepared films"),
    "kind": _of("string", "what the row is", enum=["trial", "baseline"]),
    "name": _of("string", "what the page calls it"),
    "label": _of("string", "of a baseline its name; of a trial what was set for it, or empty"),
    "run": _of("string", "name of the run folder"),
    "runner": _of("string", "the search library"),
    "sampler": _of("string", "what proposed the trials of the run"),
    "number": _of("integer", "of the trial in its run; -1 for a baseline"),
    "backbone": _of("string", "the trial's pretrained network, or empty"),
    "weights": _of("string", "what pretrained networks of the run start from, or empty"),
    "state": _of("string", "how the trial ended", enum=list(get_args(State))),
    "reduced": _of("integer", "epochs of a trial on a smaller budget than the run's, else 0"),
    "parameters": _of("number null", "weights of the network"),
    "ms_per_film": _of("number null", "milliseconds a film, where the trial was trained"),
    "seconds": _of("number null", "that the trial took"),
    "params": _of("object", "parameter: value, of the search space"),
    "rank": _of("number null", "1 for the best; null for whatever cannot be ranked"),
    "seeds": _list(
        "scores of a finalist's seeds, its own first; empty for all others", _of("number null", "a score")
    ),
    "space": _of("string", "the search space, or empty"),
    "folds": _of("integer", "folds that were trained in full"),
    "tied": _of("boolean", "whether it may be as good as the best"),
    "same": _of("string", "name of the trial that predicts exactly the same, or empty"),
    "behind_low": _of("number null", "lower end of the loss by which it is behind the best (95 %)"),
    "behind_high": _of("number null", "upper end of it"),
    "holdout": _of("number null", "the objective on the hold-out, where it was opened for this trial"),
    "openings": _of("integer", "how often the hold-out had been opened then; 0 where it was not for this trial"),
    "doubt": _of("string", "why that score is not known to be independent, or empty"),
    "megabytes": _of("number null", "of the weights in single precision"),
    "by_fold": _of(
        "object", "fold: the objective, of folds trained in full", additionalProperties={"type": "number"}
    ),
    "command": _of("string", "what trains the row again, or empty"),
}
MEAN, SD, SE = "<metric>", "<metric>_sd", "<metric>_se"
METRICS = {
    MEAN: _of("number null", "mean over folds, of a finalist over seeds too; a key for every metric of the task"),
    SD: _of("number null", "standard deviation between folds"),
    SE: _of("number null", "standard error of the mean"),
}
GROUP = {
    "task": _of("string", "the task"),
    "plan": _of("string", "fingerprint of the fold plan: scores of one plan may be compared"),
    "objective": _of("string", "the metric that is ranked by"),
    "direction": _of("string", "which scores are better", enum=["min", "max"]),
    "runs": _list("run folders", _of("string", "name")),
    "corrected": _object(
        "the best score without the luck of being picked; null where unknown", CORRECTED, "object null"
    ),
    "seed_noise": _object("how far the seed alone moves a score; null where unknown", SEED_NOISE, "object null"),
    "hold_out_openings": _of("integer", "how often the hold-out was opened for this task, by any run"),
    "checks": _list("what the checks found, by severity", _object("a check", CHECK)),
    "hours": _list("where the workers' time went, by run", _object("a run", HOURS)),
    "outlook": _list("what another hour would bring, by run", _object("a run", OUTLOOK)),
    "rows": _list("the leaderboard in its order", _object("a trial or a baseline", ROW)),
}


def schema() -> Schema:
    """As JSON: every key is required, and no other is allowed. Which metrics a row has hangs on its group's task."""
    group = _object("runs of one task and one fold plan", GROUP)
    rows = group["properties"]["rows"]
    metrics = {key: METRICS[form] for form, keys in _metric_keys().items() for key in keys}
    row = {**rows["items"], "properties": {**rows["items"]["properties"], **metrics}}
    group["properties"]["rows"] = {**rows, "items": row}
    group["allOf"] = [_with_metrics(task) for task in TASKS]
    top = {"version": _of("integer", "of this schema", const=VERSION), "groups": _list("a leaderboard each", group)}
    return {"$schema": DIALECT, "title": "report.json of cxr-automl", **_object("a report's tables", top)}


def _metric_keys(task: str = "") -> dict[str, list[str]]:
    names = dict.fromkeys(name for key, row in TASKS.items() if key == task or not task for name in row.metrics)
    return {form: [form.replace(MEAN, name) for name in names] for form in METRICS}


def _with_metrics(task: str) -> Schema:
    wanted = [key for keys in _metric_keys(task).values() for key in keys]
    others = [key for keys in _metric_keys().values() for key in keys if key not in wanted]
    items = {"required": wanted, "properties": dict.fromkeys(others, False)}
    return {
        "if": {"properties": {"task": {"const": task}}},
        "then": {"properties": {"rows": {"items": items}}},
    }


def keys() -> Iterator[tuple[str, str, str]]:
    """(path, type, meaning) of every key, in the order of the file: `groups[].corrected.score`."""
    yield "version", "integer", f"of this schema: {VERSION}"
    yield from _keys(
        "groups[].", {**GROUP, "rows": _list(GROUP["rows"]["description"], _object("", {**ROW, **METRICS}))}
    )


def _keys(place: str, of: Mapping[str, Schema]) -> Iterator[tuple[str, str, str]]:
    for name, one in of.items():
        kinds = one["type"] if isinstance(one["type"], list) else [one["type"]]
        choice = f": {', '.join(one['enum'])}" if "enum" in one else ""
        yield f"{place}{name}", " or ".join(kinds), f"{one['description']}{choice}"
        yield from _keys(f"{place}{name}.", one.get("properties", {}))
        yield from _keys(f"{place}{name}[].", one.get("items", {}).get("properties", {}))
