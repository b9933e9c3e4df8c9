"""Reads the commands of scripts, Makefiles and playbooks that bind roles and grant SCCs, as the bindings that they create.

Source: pkg/cli/admin/policy of openshift/oc. `add-scc-to-user -z` binds the ClusterRole of the SCC in one namespace, the other forms bind
it in all.
"""

import re
from collections.abc import Iterator
from typing import Any

from scclint.load.document import Document
from scclint.yaml.nodes import Entry, MappingNode, Node, Region, ScalarNode, SequenceNode

_GROUP = "rbac.authorization.k8s.io"
_COMMAND = re.compile(
    r"(?:(?:-n|--namespace)[= \t](?P<inside>\S{1,80}+)[ \t]+)?"
    r"\b(?:adm[ \t]+policy[ \t]+add-(?P<added>scc|role|cluster-role)-to-(?P<to>user|group)"
    r"|create[ \t]+(?P<cluster>cluster)?rolebinding)\b(?P<rest>(?:\\\r?\n|[^\n])*+)"
)
_WORD = re.compile(
    r"\\\r?\n|((?:\{\{[^}\n]{0,80}\}\}|\$\{[^}\n]{0,80}\}|\$\([^)\n]{0,80}\)|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'"
    r"|[^\s;&|#<>()`\"'\\])++)|([;&|#<>()`\"'\\])"
)
_NOT_RUN = re.compile(r"[ \t@-]*+(?:#|//|echo\b|printf\b|log\b|.*?\bmsg:)")
_SHORT = {"-z": "serviceaccount", "-n": "namespace"}
_LONGEST = 2_000
"""Characters of a command that are read."""
_OPEN = re.compile(r"[$]|\{\{")


def documents_of_commands(file: str, text: str) -> Iterator[Document]:
    """Yield a document for each binding that commands in a text create. A command whose role is not known gives none."""
    counted = 0
    line = 1
    for index, found in enumerate(_COMMAND.finditer(text)):
        start = text.rfind("\n", 0, found.start()) + 1
        line, counted = line + text.count("\n", counted, start), start
        if _NOT_RUN.match(text, start, found.start()):
            continue
        words, flags, end = _words(found["rest"][:_LONGEST])
        binding = _binding(found, words, flags)
        if binding is None:
            continue
        command = text[found.start() : found.start("rest") + end]
        shown = " ".join(["oc", *command.replace("\\", " ").split()])
        column = found.start() - start + 1
        region = (file, line, column, line, column + len(command.partition("\n")[0].rstrip(" \\")))
        kind, api_version = binding["kind"], binding["apiVersion"]
        yield Document(file, index, line, "", "parsed", _node(binding, region), kind, api_version, command=shown)


def _words(rest: str) -> tuple[list[str], dict[str, str], int]:
    """Return the arguments of a command and its flags, up to the end of the command, and this end."""
    words: list[str] = []
    flags: dict[str, str] = {}
    name = ""
    end = len(rest)
    for found in _WORD.finditer(rest):
        if found[2]:
            end = found.start()
            break
        word = (found[1] or "").replace('"', "").replace("'", "")
        if name:
            flags[name], name = word, ""
        elif word.startswith("-"):
            key, is_set, value = word.lstrip("-").partition("=")
            name = "" if is_set else _SHORT.get(word, key)
            flags |= {_SHORT.get(f"-{key}", key): value} if is_set else {}
        elif word:
            words.append(word)
    return words, flags, end


def _binding(found: re.Match[str], words: list[str], flags: dict[str, str]) -> dict[str, Any] | None:
    namespace = flags.get("namespace") or found["inside"] or ""
    account = flags.get("serviceaccount", "")
    if found["added"]:
        role = words[0] if words else ""
        role_kind = "ClusterRole"
        subjects = [_subject(word, found["to"]) for word in words[1:]]
        subjects += [_account(namespace, account)] if account else []
        in_all = found["added"] == "cluster-role" or (found["added"] == "scc" and not account)
        role = f"system:openshift:scc:{role}" if role and found["added"] == "scc" else role
    else:
        role = flags.get("clusterrole") or flags.get("role", "")
        role_kind = "ClusterRole" if "clusterrole" in flags else "Role"
        subjects = [_account(*account.rpartition(":")[::2])] if account else []
        subjects += [_subject(flags[kind], kind) for kind in ("user", "group") if kind in flags]
        in_all = bool(found["cluster"])
    if not role or not subjects or _OPEN.search(role):
        return None
    metadata = {"name": role} | ({"namespace": namespace} if namespace and not in_all else {})
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "ClusterRoleBinding" if in_all else "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": _GROUP, "kind": role_kind, "name": role},
        "subjects": subjects,
    }


def _subject(name: str, kind: str) -> dict[str, str]:
    _, is_account, account = name.partition("system:serviceaccount:")
    if is_account:
        return _account(*account.rpartition(":")[::2])
    return {"kind": "User" if kind == "user" else "Group", "apiGroup": _GROUP, "name": name}


def _account(namespace: str, name: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": name} | ({"namespace": namespace} if namespace else {})


def _node(data: Any, region: Region) -> Node:
    """Return the tree of some data, all of it at one place."""
    if isinstance(data, dict):
        return MappingNode(
            region, {key: Entry(ScalarNode(region, key, key, True), _node(value, region)) for key, value in data.items()}
        )
    if isinstance(data, list):
        return SequenceNode(region, tuple(_node(item, region) for item in data), {})
    return ScalarNode(region, data, data, True)
