"""Add-ons: products beside the release payload that bring SCCs and grants, as `addons.json` describes them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from scclint.errors import UsageError
from scclint.files.package_data import read_json
from scclint.record import record
from scclint.text import closest_match

_LEFT_ALONE = ("openshift-", "kube-")
"""The prefixes of namespaces for which a grant in `*`, each namespace, does not count."""


@record
class Addon:
    """One add-on: `title` is the product's name, `sccs` and `grants` are as in `payload.json`.

    `packages` (of OLM), `groups` (of APIs) and `namespaces` show by their objects that the add-on is installed.
    """

    name: str
    title: str
    sccs: tuple[Mapping[str, Any], ...]
    grants: tuple[Mapping[str, Any], ...] = ()
    packages: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @property
    def scc_names(self) -> tuple[str, ...]:
        return tuple(scc["name"] for scc in self.sccs)

    @property
    def cluster_grants(self) -> Iterator[Mapping[str, Any]]:
        """The grants that do not depend on which namespaces exist."""
        return (grant for grant in self.grants if grant.get("namespace") != "*")


@cache
def addons() -> Mapping[str, Addon]:
    """Return the add-ons by name."""
    return {entry["name"]: _addon(entry) for entry in read_json(__file__, "addons.json")["addons"]}


def addon(name: str) -> Addon:
    """Return the add-on of a name. Raises UsageError for an unknown name."""
    by_name = addons()
    if name not in by_name:
        raise UsageError(unknown_addon(name))
    return by_name[name]


def brings(scc: str) -> bool:
    """Return whether an add-on brings an SCC of a name."""
    return any(scc in one.scc_names for one in addons().values())


def unknown_addon(name: str) -> str:
    """Return the message about a name that no add-on has, with a suggestion; empty for a name that one has."""
    by_name = addons()
    if name in by_name:
        return ""
    titles = {product.title: product.name for product in by_name.values()}
    meant = closest_match(name, [*by_name, *titles], cutoff=0.6)
    contained = [product for product in by_name.values() if name and name.lower() in f"{product.name} {product.title}".lower()]
    suggestion = titles.get(meant, meant) or (contained[0].name if contained else "")
    advice = f"Did you mean {suggestion}?" if suggestion else f"Use one of {', '.join(by_name)}."
    return f"{name!r} is not an add-on scclint knows. {advice}"


def grants_of_namespaces(name: str, namespaces: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the grants that an add-on makes in each of these namespaces, those of the cluster itself left out."""
    every = [grant for grant in addon(name).grants if grant.get("namespace") == "*"]
    for namespace in namespaces:
        if not namespace.startswith(_LEFT_ALONE):
            for grant in every:
                subjects = [subject.replace("*/", f"{namespace}/") for subject in grant["subjects"]]
                yield {**grant, "namespace": namespace, "subjects": subjects}


def _addon(entry: Mapping[str, Any]) -> Addon:
    signs = entry.get("signs", {})
    return Addon(
        entry["name"],
        entry["title"],
        tuple(entry["sccs"]),
        tuple(entry.get("grants", ())),
        *(frozenset(signs.get(key, ())) for key in ("packages", "groups", "namespaces")),
    )
