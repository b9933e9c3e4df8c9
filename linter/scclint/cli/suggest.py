"""`scclint suggest`."""

import re
from argparse import Namespace
from collections.abc import Sequence

from scclint.cli.named_workloads import named_with, names
from scclint.console.arguments import settings_of_one_cluster, view_units, write_formats
from scclint.console.status import USAGE, status_of_units
from scclint.errors import UsageError
from scclint.objects.types import Workload
from scclint.outcome.world import World
from scclint.platform.terms import UNSPECIFIED_NAMESPACE
from scclint.record import replace
from scclint.remedy.least_privilege import Suggestion, suggest
from scclint.report.suggest import render_json, render_yaml
from scclint.run.listed import LISTED, ListedWorkload
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
    opened_run, found = view_units(args, config, registry, LISTED)
    statuses = [one.status for one in found]
    by_account = meant.kind in _ACCOUNTS
    chosen = [
        (one, number, w)
        for one in found
        for number, w in enumerate(one.value)
        if (meant.is_there(w) and w.account == meant.name if by_account else meant.is_meant(w)) and home in ("", w.namespace)
    ]
    if not chosen:
        code = status_of_units(opened_run, statuses)
        if meant.path and code == USAGE:
            return code
    _check_one_is_meant(args.what, [w for _, _, w in chosen], [w for one in found for w in one.value], by_account)
    placed = [one for one in chosen if one[2].namespace != UNSPECIFIED_NAMESPACE] or chosen
    # Whoever asks because of a rejection means the unit in which something has to be granted.
    units = {one.unit.name: one.unit for one, _, _ in placed}
    asked: dict[str, Suggestion] = {}
    for one, number, _ in placed:
        if one.unit.name not in asked:
            unit = one.open(opened_run)
            asked[one.unit.name] = suggest(
                unit.world, *_of_account(unit.world, unit.workloads, unit.workloads[number], by_account)
            )
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
    return status_of_units(opened_run, statuses)


def _check_one_is_meant(what: str, chosen: Sequence[ListedWorkload], there: Sequence[ListedWorkload], by_account: bool) -> None:
    """Raise UsageError if an argument means no workload of those that are there, or several where it should mean one."""
    if not chosen:
        input_has = f"there are: {names(there)}" if there else "there are no workloads in the input"
        raise UsageError(f"{what}: no workload of the input is or uses it; {input_has}")
    if not by_account and len({(w.kind, w.name) for w in chosen}) > 1:
        raise UsageError(f"{what} has several workloads, {names(chosen)}: name one of them")


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
