"""`scclint explain`."""

import os
import re
from argparse import Namespace

from scclint.cli.inputs import color_wanted, read_inputs, settings
from scclint.cli.review import status, target_workloads
from scclint.engine.inputs import model_objects
from scclint.engine.worlds import make_worlds
from scclint.errors import UsageError
from scclint.model.objects import Workload
from scclint.report import explain
from scclint.report.output import write

AT_LINE = re.compile(r"(.+):(\d+)")
BY_NAME = re.compile(r"([A-Za-z]+)/(.+)")


def run(args: Namespace) -> int:
    """Tell how the verdict on the workloads meant comes about."""
    path, line, kind, name = _meaning(args.what)
    named = [path] if path else []
    args.paths = [*named, *args.paths] or ["."]
    config, _ = settings(args)
    inputs = read_inputs(args, config)
    objects = model_objects(inputs.documents)
    workloads = target_workloads(inputs, objects)
    if path and path != "-":
        workloads = [w for w in workloads if os.path.normpath(w.file) == os.path.normpath(path)]
    chosen = [w for w in workloads if _is(w, line, kind, name)]
    if not chosen:
        code = status(inputs)
        _nothing(args.what, workloads, code)
    worlds = make_worlds(objects, config)
    for index, form in enumerate(getattr(args, "format", ["text"])):
        output = getattr(args, "output", [])[index : index + 1]
        target = output[0] if output else None
        text = (
            explain.render_json(worlds, chosen)
            if form == "json"
            else explain.render_text(worlds, chosen, color_wanted(args, target))
        )
        write(text, target)
    return status(inputs)


def _meaning(what: str) -> tuple[str, int, str, str]:
    """(path, line, kind, name) of `FILE`, `FILE:LINE` or `KIND/NAME`; a path that exists is a path."""
    if what == "-" or os.path.exists(what):
        return what, 0, "", ""
    at_line = AT_LINE.fullmatch(what)
    if at_line and (at_line[1] == "-" or os.path.exists(at_line[1])):
        return at_line[1], int(at_line[2]), "", ""
    by_name = BY_NAME.fullmatch(what)
    if by_name and not os.path.splitext(what)[1] and os.sep not in by_name[2]:
        return "", 0, by_name[1].lower(), by_name[2]
    return what, 0, "", ""


def _is(workload: Workload, line: int, kind: str, name: str) -> bool:
    if line:
        first, last = workload.lines
        return first <= line <= last
    if kind:
        return workload.name == name and workload.kind.lower() in (kind, kind.rstrip("s"), ABBREVIATIONS.get(kind))
    return True


ABBREVIATIONS = {
    "po": "pod",
    "deploy": "deployment",
    "rs": "replicaset",
    "rc": "replicationcontroller",
    "sts": "statefulset",
    "ds": "daemonset",
    "cj": "cronjob",
    "dc": "deploymentconfig",
}
"""The short names that `oc get` knows."""


def _nothing(what: str, workloads: list[Workload], code: int) -> None:
    there = ", ".join(f"{w.kind.lower()}/{w.name} (line {w.place.span.line})" for w in workloads[:10])
    more = f" and {len(workloads) - 10} more" if len(workloads) > 10 else ""
    hint = f"There are: {there}{more}." if there else "There are no workloads in the input."
    raise UsageError(f"{what}: no such workload. {hint}")
