"""`scclint explain`."""

import os
import re
from argparse import Namespace

from scclint.cli.inputs import color_wanted, open_units, settings, terminal_columns
from scclint.cli.main import BUG, OK, USAGE
from scclint.cli.review import judged_workloads, status, write_formats
from scclint.errors import UsageError
from scclint.files.discover import SUFFIXES
from scclint.model.workload import Workload
from scclint.report import explain
from scclint.text import and_more

BY_NAME = re.compile(r"([A-Za-z]+)/([a-z0-9][a-z0-9.-]*)")
"""A name ends in no file suffix that scclint reads, since `templates/web.yaml` is a path."""


def run(args: Namespace) -> int:
    """Print why the named workloads get their verdicts."""
    path, line, kind, name = _meaning(args.what)
    if path and path != "-" and not os.path.exists(path):
        raise UsageError(f"{path}: no such file or directory; a workload is FILE, FILE:LINE or KIND/NAME, as in deployment/web")
    named = [path] if path else []
    args.paths = [*named, *args.paths] or ["."]
    config, registry = settings(args)
    asked, opened = open_units(args, config, registry)

    def is_there(workload: Workload) -> bool:
        return path in ("", "-") or os.path.isdir(path) or os.path.normpath(workload.file) == os.path.normpath(path)

    def is_meant(workload: Workload) -> bool:
        return is_there(workload) and _is(workload, line, kind, name)

    workloads = [workload for unit in opened for workload in unit.workloads if is_there(workload)]
    if not any(map(is_meant, workloads)):
        code = status(asked, opened)
        if path and code == USAGE:
            return code
        raise UsageError(f"{args.what}: no such workload. {_there_are(workloads)}")
    chosen, broke = judged_workloads(opened, lambda world, workload: world.outcomes.explain(workload), is_meant)

    def render(form: str, output: str | None) -> str:
        if form == "json":
            return explain.render_json(chosen)
        return explain.render_text(chosen, color_wanted(args, output), None if output else terminal_columns())

    whole = write_formats(args, render, paged=True)
    return BUG if broke else max(status(asked, opened), OK if whole else USAGE)


def _meaning(what: str) -> tuple[str, int, str, str]:
    """(path, line, kind, name) of `FILE`, `FILE:LINE`, `FILE:KIND/NAME` or `KIND/NAME`; a path that exists is a path."""
    if what == "-" or os.path.exists(what):
        return what, 0, "", ""
    path, colon, rest = what.rpartition(":")
    if colon and (path == "-" or os.path.exists(path)):
        if rest.isdecimal():
            return path, int(rest), "", ""
        what = rest
    by_name = BY_NAME.fullmatch(what)
    if by_name and not by_name[2].endswith(SUFFIXES):
        return path, 0, by_name[1].lower(), by_name[2]
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


def _there_are(workloads: list[Workload]) -> str:
    names = list(dict.fromkeys(f"{w.kind.lower()}/{w.name}" for w in workloads))
    return f"There are: {and_more(names, 10)}." if names else "There are no workloads in the input."
