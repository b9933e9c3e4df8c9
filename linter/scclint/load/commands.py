"""Reads the commands of scripts, Makefiles and playbooks that bind roles and grant SCCs, as the bindings that they create.

Source: pkg/cli/admin/policy of openshift/oc. `add-scc-to-user -z` binds the ClusterRole of the SCC in one namespace, the other forms bind
it in all.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scclint.load.document import Document
from scclint.yaml.nodes import Entry, MappingNode, Node, Region, ScalarNode, SequenceNode

_GROUP = "rbac.authorization.k8s.io"
_COMMAND = re.compile(
    r"(?:(?:-n|--namespace)[= \t](?P<inside>\S{1,80}+)[ \t]+)?"
    r"\b(?:adm[ \t]+policy[ \t]+add-(?P<added>scc|role|cluster-role)-to-(?P<to>user|group)"
    r"|create[ \t]+(?P<cluster>cluster)?rolebinding)\b(?P<rest>(?:\\\r?\n|[^\n])*+)"
)
_LISTED = re.compile(r"[\"'],[ \t]*[\"']|(?<=- )[\"']?(?:oc|kubectl)[\"']?(?:\n[ \t]++- [^\n]*+)++")
"""A command as a list of its words, in flow style (the borders of the words) or in block style (all words)."""
_BORDER = re.compile(r"\n[ \t]++- |[\"'],[ \t]*[\"']")
_WORD = re.compile(
    r"\\\r?\n|((?:\{\{[^}\n]{0,80}\}\}|\$\{[^}\n]{0,80}\}|\$\([^)\n]{0,80}\)|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'"
    r"|[^\s;&|#<>()`\"'\\])++)|([;&|#<>()`\"'\\])"
)
_ASSIGNED = re.compile(
    r"^[ \t]*+(?:(?:export|local|readonly)[ \t]++)?(\w++)[ \t]*+[:?]?=[ \t]*+[\"']?(?:\$\{\w++:[-=])?([\w.:/-]++)\}?[\"']?[ \t]*+$",
    re.M,
)
"""A variable that a line of a script or Makefile sets, and the value or default that it gets."""
_USED = re.compile(r"\$(?:(\w++)|[{(](\w++)(?::[-=]([\w.:/-]++))?[)}])")
_NOT_RUN = re.compile(r"[ \t@-]*+(?:#|//|echo\b|printf\b|log\b|.*?\bmsg:)")
_SHORT = {"-z": "serviceaccount", "-n": "namespace"}
_LONGEST = 2_000
"""Characters of a command that are read."""
_OPEN = re.compile(r"[$]|\{\{")


def documents_of_commands(file: str, text: str) -> Iterator[Document]:
    """Yield a document for each binding that commands in a text create. A command whose role is not known gives none."""
    if "add-" not in text and "rolebinding" not in text:
        return
    counted = 0
    line = 1
    values: dict[str, set[str]] = {}
    for name, value in _ASSIGNED.findall(text) if "$" in text else ():
        values.setdefault(name, set()).add(value)
    variables = {name: value for name, (value, *others) in values.items() if not others}
    plain = _LISTED.sub(lambda listed: _BORDER.sub(lambda match: " " * len(match[0]), listed[0]), text)
    for index, match in enumerate(_COMMAND.finditer(plain)):
        start = text.rfind("\n", 0, match.start()) + 1
        line, counted = line + text.count("\n", counted, start), start
        if _NOT_RUN.match(text, start, match.start()):
            continue
        words, flags, end = _words(match["rest"][:_LONGEST], variables)
        flags.setdefault("namespace", _filled(match["inside"] or "", variables))
        binding = _binding(match, words, flags)
        if binding is None:
            continue
        whole = slice(match.start(), match.start("rest") + end)
        command = text[whole]
        shown = " ".join(["oc", *plain[whole].replace("\\", " ").split()])
        column = match.start() - start + 1
        region = (file, line, column, line, column + len(command.partition("\n")[0].rstrip(" \\")))
        kind, api_version = binding["kind"], binding["apiVersion"]
        yield Document(file, index, line, "", "parsed", _node(binding, region), kind, api_version, command=shown)


def _filled(word: str, variables: Mapping[str, str]) -> str:
    """Return a word with the values of the variables in it. One that is not set gets its default, or stays as it is."""
    return _USED.sub(lambda found: variables.get(found[1] or found[2]) or found[3] or found[0], word)


def _words(text: str, variables: Mapping[str, str]) -> tuple[list[str], dict[str, str], int]:
    """Return the arguments of a command and its flags, up to the end of the command, and this end."""
    words: list[str] = []
    flags: dict[str, str] = {}
    name = ""
    end = len(text)
    for match in _WORD.finditer(text):
        if match[2]:
            end = match.start()
            break
        word = _filled((match[1] or "").replace('"', "").replace("'", ""), variables)
        if name:
            flags[name], name = word, ""
        elif (short := _SHORT.get(word[:2])) and word[2:]:
            flags[short] = word[2:].removeprefix("=")
        elif word.startswith("-"):
            key, is_set, value = word.lstrip("-").partition("=")
            name = "" if is_set else _SHORT.get(word, key)
            flags |= {key: value} if is_set else {}
        elif word:
            words.append(word)
    return words, flags, end


def _binding(match: re.Match[str], words: list[str], flags: dict[str, str]) -> dict[str, Any] | None:
    namespace = flags["namespace"]
    account = flags.get("serviceaccount", "")
    if match["added"]:
        role = words[0] if words else ""
        role_kind = "ClusterRole"
        subjects = [_subject(word, match["to"]) for word in words[1:]]
        in_all = match["added"] == "cluster-role" or (match["added"] == "scc" and not account)
        # Without -n, the account is in the project of the user. The namespace of a RoleBinding stands for it.
        subjects += [_account(namespace or ("${NAMESPACE}" if in_all else ""), account)] if account else []
        role = f"system:openshift:scc:{role}" if role and match["added"] == "scc" else role
    else:
        role = flags.get("clusterrole") or flags.get("role", "")
        role_kind = "ClusterRole" if "clusterrole" in flags else "Role"
        subjects = [_account(*account.rpartition(":")[::2])] if account else []
        subjects += [_subject(flags[kind], kind) for kind in ("user", "group") if kind in flags]
        in_all = bool(match["cluster"])
    if not role or not subjects or (match["added"] != "scc" and _OPEN.search(role)):
        return None
    # `oc` adds the subjects to one binding, and chooses its name.
    name = words[0] if words and not match["added"] else ":".join((role, *(subject["name"] for subject in subjects)))
    metadata = {"name": name} | ({"namespace": namespace} if namespace and not in_all else {})
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
