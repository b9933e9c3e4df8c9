"""The objects that commands of scripts create or change: bindings, roles, service accounts, Namespaces and SCCs.

Source: pkg/cli/admin/policy of openshift/oc. `add-scc-to-user -z` binds the ClusterRole of the SCC in one namespace, the other forms bind
it in all. Labels and patches: `kubectl label`, `annotate` and `patch`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from scclint.errors import LoadError
from scclint.limits import AliasCounter
from scclint.objects.documents.document import OPEN_NAMESPACE, Operation
from scclint.yaml.compose import parse_yaml
from scclint.yaml.nodes import to_data
from scclint.yaml.untyped import as_mapping

_GROUP = "rbac.authorization.k8s.io"
_ROLES = {"role": "Role", "clusterrole": "ClusterRole"}
_OPEN = re.compile(r"[$]|\{\{")
_CHANGED = {
    "ns": ("v1", "Namespace"),
    "namespace": ("v1", "Namespace"),
    "project": ("v1", "Namespace"),
    "scc": ("security.openshift.io/v1", "SecurityContextConstraints"),
    "securitycontextconstraint": ("security.openshift.io/v1", "SecurityContextConstraints"),
}
"""The kinds whose objects commands change, by the resource in the singular or its short name."""
_DECIDING = re.compile(
    r"openshift\.io/(?:run-level|sa\.scc\.)|security\.openshift\.io/|pod-security\.kubernetes\.io/|storage\.openshift\.io/"
)
"""How the labels and annotations of a Namespace begin that admission reads."""
_FIELDS = {"label": "labels", "annotate": "annotations"}


class CommandObject(NamedTuple):
    """An object that a command creates, as plain data, or the fields of an object that it changes.

    `operations` are the further changes of a JSON patch; None if the command creates the object.
    """

    data: dict[str, Any]
    operations: tuple[Operation, ...] | None = None


def objects_of(match: re.Match[str], words: list[str], flags: Mapping[str, list[str]], patch: str) -> Iterator[CommandObject]:
    """Yield what a command creates or changes, as far as it decides verdicts. For the parameters see `ScriptCommand`."""
    verb = match["verb"]
    words, flags = [*map(_braced, words)], {name: [*map(_braced, values)] for name, values in flags.items()}
    if verb in _FIELDS:
        yield from _labelled(_FIELDS[verb], words)
    elif verb == "patch":
        yield from _patched(words, patch)
    elif obj := (_object if verb else _binding)(match, words, flags):
        yield CommandObject(obj)


def _braced(word: str) -> str:
    """A word with each variable as `${NAME}`, which stands for a value wherever it is in a text."""
    return re.sub(r"\$(\w+)", r"${\1}", word)


def _named(words: Sequence[str]) -> tuple[tuple[str, str], Sequence[str]] | None:
    """Return the API version and kind of the objects that `ns a b`, `ns/a` or `namespaces a` name, and their names; None for other kinds."""
    resource, slash, name = (words[0] if words else "").partition("/")
    resource = resource.lower().partition(".")[0]
    kind = _CHANGED.get(resource) or _CHANGED.get(resource.removesuffix("s"))
    return kind and (kind, [name] if slash else [*words[1:]])


def _labelled(field: str, words: Sequence[str]) -> Iterator[CommandObject]:
    """Yield the Namespaces whose labels or annotations a command sets, with those that admission reads."""
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    named = _named([word for word in words if "=" not in word and not word.endswith("-")])
    if named is not None and settings:
        # Without a name, the command selects several by a label, or takes all.
        yield from _changed(named[0], named[1] or ["*"], {"metadata": {field: settings}}, [])


def _patched(words: Sequence[str], text: str) -> Iterator[CommandObject]:
    """Yield the Namespaces and SCCs that a command patches."""
    named, patch = _named(words), _patch_of(text)
    if named is not None and patch is not None:
        yield from _changed(*named, *patch)


def _changed(
    kind: tuple[str, str], names: Sequence[str], merge: Mapping[str, Any], operations: Sequence[Operation]
) -> Iterator[CommandObject]:
    """Yield objects with what a merge patch and a JSON patch change of them, if it decides verdicts."""
    if kind[1] == "Namespace":
        metadata = as_mapping(merge.get("metadata"))
        kept = {
            field: {key: value for key, value in as_mapping(metadata.get(field)).items() if _DECIDING.match(key)}
            for field in _FIELDS.values()
        }
        merge = {"metadata": {field: values for field, values in kept.items() if values}}
        operations = [operation for operation in operations if _DECIDING.match("".join(operation.path[2:3]))]
        is_change = bool(merge["metadata"] or operations)
    else:
        merge = {key: value for key, value in merge.items() if key != "metadata"}
        operations = [operation for operation in operations if operation.path[:1] != ("metadata",)]
        is_change = bool(merge or operations)
    for name in names if is_change else ():
        head = {"apiVersion": kind[0], "kind": kind[1], "metadata": {**as_mapping(merge.get("metadata")), "name": name}}
        yield CommandObject({**merge, **head}, tuple(operations))


def _patch_of(text: str) -> tuple[dict[str, Any], list[Operation]] | None:
    """Return the fields of a merge patch and the operations of a JSON patch; None for a text that is neither."""
    # In a text of double quotes, and in YAML or JSON around it, quotes are escaped.
    for written in (re.sub(r"(?<!\\)\\++\"", '"', text), text):
        data = None
        with suppress(LoadError):
            data = next((to_data(root) for _, root in parse_yaml(written, "", 1, AliasCounter())), None)
        if isinstance(data, dict):
            return data, []
        if isinstance(data, list) and all(isinstance(entry, dict) for entry in data):
            steps = [(entry, str(entry.get("path")).split("/")[1:]) for entry in data]
            return {}, [Operation(str(entry.get("op")), _plain(path), entry.get("value")) for entry, path in steps]
    return None


def _plain(pointer: Sequence[str]) -> tuple[str, ...]:
    """Return the steps of a JSON pointer without escapes."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer)


class _Grant(NamedTuple):
    """A role that a command gives to subjects, in a namespace or in all."""

    role: str
    role_kind: str
    subjects: list[dict[str, str]]
    in_all: bool


def _added(match: re.Match[str], words: list[str], flags: Mapping[str, list[str]]) -> _Grant:
    """Return what `oc adm policy add-...` gives."""
    namespace, accounts = flags.get("namespace", [""])[-1], flags.get("serviceaccount", [])
    in_all = match["added"] == "cluster-role" or (match["added"] == "scc" and not accounts)
    role = words[0] if words else ""
    role = f"system:openshift:scc:{role}" if role and match["added"] == "scc" else role
    subjects = [_subject(word, match["to"]) for word in words[1:]]
    # Without -n, the account is in the project of the user. The namespace of a RoleBinding is that project.
    subjects += [_account(namespace or (OPEN_NAMESPACE if in_all else ""), account) for account in accounts]
    return _Grant(role, "ClusterRole", subjects, in_all)


def _created(match: re.Match[str], flags: Mapping[str, list[str]]) -> _Grant:
    """Return what `oc create rolebinding` or `clusterrolebinding` gives."""
    role = (flags.get("clusterrole") or flags.get("role") or [""])[-1]
    subjects = [_account(*account.rpartition(":")[::2]) for account in flags.get("serviceaccount", [])]
    subjects += [_subject(name, kind) for kind in ("user", "group") for name in flags.get(kind, ())]
    return _Grant(role, "ClusterRole" if "clusterrole" in flags else "Role", subjects, bool(match["cluster"]))


def _binding(match: re.Match[str], words: list[str], flags: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """Return the binding that a command creates; None if its role or its subjects are not known."""
    role, role_kind, subjects, in_all = _added(match, words, flags) if match["added"] else _created(match, flags)
    if not role or not subjects or (match["added"] != "scc" and _OPEN.search(role)):
        return None
    namespace = "" if in_all else flags.get("namespace", [""])[-1]
    # `oc` adds the subjects to one binding, and chooses its name.
    name = words[0] if words and not match["added"] else ":".join((role, *(subject["name"] for subject in subjects)))
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding" if in_all else "RoleBinding",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "roleRef": {"apiGroup": _GROUP, "kind": role_kind, "name": role},
        "subjects": subjects,
    }


def _object(match: re.Match[str], words: list[str], flags: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """Return the service account or the role for SCCs that a command creates; None for other commands."""
    kind, name = words if match["verb"] == "create" and len(words) == 2 else ("", "")
    namespace = (flags.get("namespace") or [""])[-1]
    metadata = {"name": name} | ({"namespace": namespace} if namespace and kind != "clusterrole" else {})
    verbs, resources, names = (
        [*filter(None, ",".join(flags.get(key, ())).split(","))] for key in ("verb", "resource", "resource-name")
    )
    if kind in ("serviceaccount", "sa"):
        return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    if kind not in _ROLES or not any(
        resource.partition(".")[0] in ("securitycontextconstraints", "scc") for resource in resources
    ):
        return None
    rule = {"apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"], "resourceNames": names}
    return {"apiVersion": f"{_GROUP}/v1", "kind": _ROLES[kind], "metadata": metadata, "rules": [{"verbs": verbs, **rule}]}


def _subject(name: str, kind: str) -> dict[str, str]:
    _, is_account, account = name.partition("system:serviceaccount:")
    if is_account:
        return _account(*account.rpartition(":")[::2])
    return {"kind": "User" if kind == "user" else "Group", "apiGroup": _GROUP, "name": name}


def _account(namespace: str, name: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": name} | ({"namespace": namespace} if namespace else {})
