"""`scclint suggest`."""

import re
from argparse import Namespace

from scclint.cli.named_workloads import named_with, names
from scclint.console.arguments import open_units, settings_of_one_cluster, write_formats
from scclint.console.status import USAGE, status_of_units
from scclint.errors import UsageError
from scclint.model.object import Workload
from scclint.model.terms import UNSPECIFIED_NAMESPACE
from scclint.outcome.world import World
from scclint.record import replace
from scclint.remedy.least_privilege import suggest
from scclint.report.suggest import render_json, render_yaml
from scclint.text import and_more

_SURENESS = ("applied", "built", "unknown", "shown")
"""How sure it is that something applies a unit: a suggestion is for the surest one."""

_ACCOUNT = re.compile(r"(?:(?:serviceaccounts?|sa)/|system:serviceaccount:)([^/:]+)[/:]([^/:]+)")
"""A service account with its namespace, as `who-can --subject` takes it."""

_ACCOUNTS = ("serviceaccount", "serviceaccounts", "sa")


def run(args: Namespace) -> int:
    """Print the least SCC for a workload or a service account, with what grants it."""
    of_account = _ACCOUNT.fullmatch(args.what)
    home = of_account[1] if of_account else ""
    meant, args.paths = named_with(f"sa/{of_account[2]}" if of_account else args.what, args.paths)
    config, registry = settings_of_one_cluster(args)
    opened_run, opened = open_units(args, config, registry)
    by_account = meant.kind in _ACCOUNTS
    chosen = [
        (unit, w)
        for unit in opened
        for w in unit.workloads
        if (meant.is_there(w) and w.pod.service_account == meant.name if by_account else meant.is_meant(w))
        and home in ("", unit.world.namespace_of(w))
    ]
    if not chosen:
        code = status_of_units(opened_run, opened)
        if meant.path and code == USAGE:
            return code
        workloads = [workload for unit in opened for workload in unit.workloads]
        there = f"there are: {names(workloads)}" if workloads else "there are no workloads in the input"
        raise UsageError(f"{args.what}: no workload of the input is or uses it; {there}")
    if not by_account and len({(w.kind, w.name) for _, w in chosen}) > 1:
        raise UsageError(f"{args.what} has several workloads, {names(w for _, w in chosen)}: name one of them")
    placed = [pair for pair in chosen if pair[0].world.namespace_of(pair[1]) != UNSPECIFIED_NAMESPACE] or chosen
    firsts = {unit.unit.name: (unit, workload) for unit, workload in reversed(placed)}
    asked = {name: suggest(u.world, *_of_account(u.world, u.workloads, w, by_account)) for name, (u, w) in firsts.items()}
    # Whoever asks because of a rejection means the unit in which something has to be granted.
    units = {unit.unit.name: unit.unit for unit, _ in placed}
    first = min(units, key=lambda name: (asked[name].kind == "usable", _SURENESS.index(units[name].applied)))
    suggestion = asked[first]
    others = [name for name, other in sorted(asked.items()) if other.allowed != suggestion.allowed]
    if others:
        note = (
            f"this is for unit {first}; with --unit it is for another one, whose pods need another SCC: {and_more(others, 10)}"
        )
        suggestion = replace(suggestion, notes=(*suggestion.notes, note))

    def render(form: str, output: str | None) -> str:
        return render_json(suggestion) if form == "json" else render_yaml(suggestion)

    write_formats(args, render, "yaml")
    return status_of_units(opened_run, opened)


def _of_account(world: World, workloads: list[Workload], meant: Workload, by_account: bool) -> tuple[list[Workload], str, str]:
    """All workloads that run as the account of the one that is meant, with its namespace and name.

    Pods that name no account run as `default`, which they share with pods that nobody knows: a workload that is named gets an
    account of its own, for all of its pods.
    """
    namespace, account = world.namespace_of(meant), meant.pod.service_account
    same = [w for w in workloads if w.pod.service_account == account and world.namespace_of(w) == namespace]
    if account == "default" and not by_account:
        same = [w for w in same if (w.kind, w.name) == (meant.kind, meant.name)]
    return same, namespace, account
