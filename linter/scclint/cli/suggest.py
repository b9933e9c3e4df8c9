"""`scclint suggest`."""

from argparse import Namespace

from scclint.cli.explain import ABBREVIATIONS
from scclint.cli.inputs import open_units, settings_of_one_cluster
from scclint.cli.main import OK, USAGE
from scclint.cli.review import status, write_formats
from scclint.errors import UsageError
from scclint.model.terms import UNSPECIFIED_NAMESPACE
from scclint.model.workload import Workload
from scclint.remedy.least_privilege import suggest
from scclint.report.suggest import render_json, render_yaml
from scclint.text import and_more
from scclint.world import World

_ACCOUNTS = ("serviceaccount", "serviceaccounts", "sa")


def run(args: Namespace) -> int:
    """Print the least SCC for a workload or a service account, with what grants it."""
    kind, _, name = args.what.partition("/")
    if not kind or not name:
        raise UsageError(f"{args.what}: say KIND/NAME, as in deployment/web or serviceaccount/web")
    args.paths = args.paths or ["."]
    config, registry = settings_of_one_cluster(args)
    asked, opened = open_units(args, config, registry)
    for unit in opened:
        (world,) = unit.worlds.values()
        meant = [workload for workload in unit.workloads if _is(workload, kind.lower(), name)]
        if meant:
            found = suggest(world, *_of_account(world, unit.workloads, meant[0], kind.lower() in _ACCOUNTS))
            break
    else:
        names = dict.fromkeys(f"{w.kind.lower()}/{w.name}" for unit in opened for w in unit.workloads)
        there = f"there are: {and_more(names, 10)}" if names else "there are no workloads in the input"
        raise UsageError(f"{args.what}: no workload of the input is or uses it; {there}")

    def render(form: str, output: str | None) -> str:
        return render_json(found) if form == "json" else render_yaml(found)

    whole = write_formats(args, render, "yaml")
    return max(status(asked, opened), OK if whole else USAGE)


def _is(workload: Workload, kind: str, name: str) -> bool:
    if kind in _ACCOUNTS:
        return workload.pod.service_account == name
    return workload.name == name and workload.kind.lower() in (kind, kind.rstrip("s"), ABBREVIATIONS.get(kind))


def _of_account(world: World, workloads: list[Workload], meant: Workload, by_account: bool) -> tuple[list[Workload], str, str]:
    """All workloads that run as the account of the one that is meant, with its namespace and name.

    Pods that name no account run as `default`, which they share with pods that nobody knows: a workload that is named gets an
    account of its own.
    """
    namespace, account = world.namespace_of(meant), meant.pod.service_account
    if namespace == UNSPECIFIED_NAMESPACE:
        raise UsageError(f"{meant.named} names no namespace: say which one with -n NAME")
    if account == "default" and not by_account:
        return [meant], namespace, account
    same = [w for w in workloads if w.pod.service_account == account and world.namespace_of(w) == namespace]
    return same, namespace, account
