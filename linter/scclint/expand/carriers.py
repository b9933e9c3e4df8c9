"""Objects that others carry whole, for an agent on another cluster to apply.

Those of Open Cluster Management (ManifestWorks, add-ons, policies) and of Hive (SyncSets). What they carry is judged as if it stood
in a file of its own and were enforced: nothing is known of the clusters it goes to but what is known of the one that is judged.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.expand.template import Instance
from scclint.finding import Path
from scclint.model.provenance import Parameter
from scclint.model.unknown import Unknown

_NAMED = 5
"""So many of the patterns that select namespaces are named."""


def carried(data: Mapping[str, Any], path: Path, listed: Path, within: Path) -> Iterator[Instance]:
    """The objects that the one at `path` carries, in order: `within` each entry of the list at `listed`.

    Text with `{{` is filled in for each cluster, so that the whole value is unknown. What a ConfigurationPolicy gives no namespace
    goes to those that its selector includes, which are called by that.
    """
    entries = at(data, listed)
    home = _selected(at(data, ("spec", "namespaceSelector", "include")))
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        found = at(entry, within)
        where = (*path, *listed, index, *within)
        if isinstance(found, Unknown) or (isinstance(found, str) and "{{" in found):
            # All of the object is filled in.
            yield Instance({"kind": Unknown(str(found))}, where, home, {where: ()})
        elif isinstance(found, dict) and not _is_mere_check(entry, found):
            filled: dict[Path, tuple[Parameter, ...]] = {}
            yield Instance(_opened(found, where, filled), where, home, filled)


def _is_mere_check(entry: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a ConfigurationPolicy makes nothing of an entry: what must not be there, what is meant without a name, and
    fields that an SCC must have which is there already."""
    if "complianceType" not in entry:
        return False
    fields_of_scc = found.get("kind") == "SecurityContextConstraints" and not {"runAsUser", "seLinuxContext"} <= found.keys()
    return fields_of_scc or str(entry["complianceType"]).lower() == "mustnothave" or not at(found, ("metadata", "name"))


def at(data: Any, path: Path) -> Any:
    """The value that `path` leads to through mappings; None where there is none."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data


def _selected(names: Any) -> str:
    """Patterns of namespaces as one name; the first few stand for many."""
    if not isinstance(names, list):
        return ""
    rest = len(names) - _NAMED
    return ", ".join(map(str, names[:_NAMED])) + (f" and {rest} more" if rest > 0 else "")


def _opened(data: Any, path: Path, filled: dict[Path, tuple[Parameter, ...]]) -> Any:
    if isinstance(data, str) and "{{" in data:
        filled[path] = ()
        return Unknown(data)
    if isinstance(data, dict):
        return {key: _opened(value, (*path, key), filled) for key, value in data.items()}
    if isinstance(data, list):
        return [_opened(value, (*path, index), filled) for index, value in enumerate(data)]
    return data
