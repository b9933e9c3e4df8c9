"""The workloads that an argument of the command line names."""

import os
import re
from collections.abc import Iterable, Sequence

from scclint.errors import UsageError
from scclint.files import SUFFIXES
from scclint.objects.types import Workload
from scclint.record import record
from scclint.run.listed import ListedWorkload
from scclint.text import and_more, whole_number

BY_NAME = re.compile(r"(?:([A-Za-z]+)(?:\.[a-z0-9.]+)?/)?([a-z0-9][a-z0-9.-]*)")
"""A kind may have its group, as `deployments.apps`. A name ends in no file suffix that scclint reads, since `templates/web.yaml` is a path."""

_RULE = re.compile(r"[A-Z]{3}\d{3}", re.IGNORECASE)

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


@record
class Named:
    """What an argument names: all workloads of a file or folder, those at a line, or those of a name and perhaps kind. Empty means any."""

    path: str = ""
    line: int = 0
    kind: str = ""
    name: str = ""

    def is_there(self, workload: Workload | ListedWorkload) -> bool:
        """Whether the workload is in the named file or folder."""
        path = self.path
        return path in ("", "-") or os.path.isdir(path) or os.path.normpath(workload.file) == os.path.normpath(path)

    def is_meant(self, workload: Workload | ListedWorkload) -> bool:
        """Whether the argument names this workload."""
        if not self.is_there(workload):
            return False
        if self.line:
            first, last = workload.lines
            return first <= self.line <= last
        kinds = (self.kind, self.kind.rstrip("s"), ABBREVIATIONS.get(self.kind))
        return self.name in ("", workload.name) and (not self.kind or workload.kind.lower() in kinds)


def named_with(what: str, paths: Sequence[str]) -> tuple[Named, list[str]]:
    """Return what an argument names, and the paths to look in: `deployment web` is `deployment/web`, as for `oc`."""
    if paths and what.isalpha() and "/" not in paths[0] and not any(map(os.path.exists, (what, paths[0]))):
        what, *paths = f"{what}/{paths[0]}", *paths[1:]
    meant = named(what)
    return meant, [*filter(None, [meant.path]), *paths] or ["."]


def named(what: str) -> Named:
    """Return what `FILE`, `FILE:LINE`, `FILE:KIND/NAME`, `KIND/NAME` or `NAME` names; a path that exists is a path.

    Raises UsageError if it is none of these.
    """
    if what == "-" or os.path.exists(what):
        return Named(what)
    path, colon, target = what.rpartition(":")
    if colon and (path == "-" or os.path.exists(path)):
        if target.isdecimal():
            return Named(path, line=whole_number(target))
    else:
        path, target = "", what
    by_name = BY_NAME.fullmatch(target)
    if _RULE.fullmatch(target):
        raise UsageError(f"{target} is a rule: `scclint rule {target}` describes it")
    if " " in target:
        raise UsageError(f"{target}: no workload has spaces in its name; explain an error with --message TEXT")
    if by_name is None or by_name[2].endswith(SUFFIXES):
        raise UsageError(
            f"{target}: no such file or directory; a workload is FILE, FILE:LINE or KIND/NAME, as in deployment/web"
        )
    return Named(path, kind=(by_name[1] or "").lower(), name=by_name[2])


def names(workloads: Iterable[Workload | ListedWorkload]) -> str:
    """Return the workloads as KIND/NAME, each once, in their order; empty if there are none."""
    return and_more(list(dict.fromkeys(f"{w.kind.lower()}/{w.name}" for w in workloads)), 10)
