"""Objects that contain whole objects, which an agent applies on another cluster.

They are kinds of Open Cluster Management (ManifestWork, add-ons, policies) and of Hive (SyncSet). Kyverno policies, which generate
objects in their own cluster, and triggers of Argo Events and Tekton are read in the same way. scclint judges the contained
objects as if they were in their own file and were enforced, and assumes that the other cluster is like the judged one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scclint.expand.item import Item, each
from scclint.expand.unknown_kinds import of_unknown_kind
from scclint.finding import Path
from scclint.model.admission_policy import AdmissionPolicy
from scclint.model.kinds import CARRIERS, TRIGGERS
from scclint.model.object import Parameter, Provenance
from scclint.model.terms import EACH
from scclint.model.unknown import Unknown
from scclint.record import replace
from scclint.untyped import as_mapping, as_text, value_at

_NAMED = 5
"""So many of the patterns that select namespaces are named."""


def carried(carrier: Item) -> Iterator[Item]:
    """Yield the objects that another one carries, in order. One without a list of objects may contain containers elsewhere.

    Text with `{{` is filled in for each cluster, so that the whole value is unknown. An object without a namespace in a
    ConfigurationPolicy goes to the namespaces that the policy's selector includes; its home is the list of these names.
    """
    listed, within = CARRIERS[carrier.key]
    entries = value_at(carrier.data, listed)
    if not isinstance(entries, list):
        yield from of_unknown_kind(carrier)
        return
    home = _selected(value_at(carrier.data, ("spec", "namespaceSelector", "include")))
    for index, entry in enumerate(entries):
        found = value_at(entry, within)
        where = (*carrier.path, *listed, index, *within)
        filled: dict[Path, tuple[Parameter, ...]] = {}
        if isinstance(found, Unknown) or (isinstance(found, str) and "{{" in found):
            # All of the object is filled in.
            data: dict[str, Any] = {"kind": Unknown(str(found))}
            filled[where] = ()
        elif isinstance(found, dict) and not _is_mere_check(entry, found):
            data = opened(found, where, filled)
        else:
            continue
        provenance = Provenance(home=home, substitutions=(filled,) if filled else ())
        yield Item(carrier.root, where, data, provenance.within(carrier.provenance))


def _is_mere_check(entry: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    """Whether a ConfigurationPolicy makes nothing of an entry: what must not be there, what is meant without a name, and
    fields that an SCC must have which is there already."""
    if "complianceType" not in entry:
        return False
    fields_of_scc = found.get("kind") == "SecurityContextConstraints" and not {"runAsUser", "seLinuxContext"} <= found.keys()
    return fields_of_scc or str(entry["complianceType"]).lower() == "mustnothave" or not value_at(found, ("metadata", "name"))


def _selected(names: Any) -> str:
    """Return patterns of namespaces as one name. A long list is shortened to its first items."""
    if not isinstance(names, list):
        return ""
    rest = len(names) - _NAMED
    return ", ".join(map(str, names[:_NAMED])) + (f" and {rest} more" if rest > 0 else "")


def generated(policy: Item) -> Iterator[Item]:
    """Yield a Kyverno policy that changes objects, and the objects that its rules generate from data, not those that they clone.

    Source: `generate` in https://kyverno.io/docs/policy-types/cluster-policy/generate. Variables (`{{ }}`) are filled in for each trigger.
    """
    if any("mutate" in rule for _, rule in each(policy.data, ("spec", "rules", EACH)) if isinstance(rule, dict)):
        yield replace(policy, model=AdmissionPolicy)
    for at in (("spec", "rules", EACH, "generate"), ("spec", "rules", EACH, "generate", "foreach", EACH)):
        for where, rule in each(policy.data, at):
            data = value_at(rule, ("data",))
            if not isinstance(data, dict):
                continue
            path = (*policy.path, *where, "data")
            filled: dict[Path, tuple[Parameter, ...]] = {}
            named = {key: rule[key] for key in ("name", "namespace") if key in rule}
            metadata = {**as_mapping(data.get("metadata")), **named}
            whole = {**data, "apiVersion": rule.get("apiVersion"), "kind": rule.get("kind"), "metadata": metadata}
            whole = opened(whole, path, filled)
            provenance = Provenance(substitutions=(filled,) if filled else ())
            yield Item(policy.root, path, whole, provenance.within(policy.provenance))


_CREATING = ("", "create", "submit", "submit-from", "update")
"""Operations of a trigger that may create the object. The others act on one that is there."""

_BY_CONTROLLER = "it also depends on the SCCs of the controller that creates the pod, which is not in the input"


def triggered(trigger: Item) -> Iterator[Item]:
    """Yield the objects that a controller creates for another one, such as an Argo Events Sensor, in the namespace of that one.

    Source: `argoWorkflow` and `k8s` in https://argoproj.github.io/argo-events/APIs/, `resourcetemplates` in
    https://tekton.dev/docs/triggers/triggertemplates/.
    """
    provenance = Provenance(home=as_text(value_at(trigger.data, ("metadata", "namespace")))).within(trigger.provenance)
    for path in TRIGGERS[trigger.key]:
        below = path[-2:] if path[-2:] == ("source", "resource") else ()
        for where, around in each(trigger.data, path[: len(path) - len(below)]):
            found = value_at(around, below)
            operation = str(as_mapping(around).get("operation") or "") if below else ""
            if isinstance(found, dict) and operation in _CREATING:
                made = replace(provenance, elsewhere=_BY_CONTROLLER) if found.get("kind") == "Pod" else provenance
                yield Item(trigger.root, (*trigger.path, *where, *below), found, made)


def opened(data: Any, path: Path, filled: dict[Path, tuple[Parameter, ...]]) -> Any:
    """Return data in which each text with `{{` is unknown, and add the paths of these texts to `filled`."""
    if isinstance(data, str) and "{{" in data:
        filled[path] = ()
        return Unknown(data)
    if isinstance(data, dict):
        return {key: opened(value, (*path, key), filled) for key, value in data.items()}
    if isinstance(data, list):
        return [opened(value, (*path, index), filled) for index, value in enumerate(data)]
    return data
