"""Reads the commands of scripts, Makefiles and playbooks.

Those that bind roles and grant SCCs become the bindings that they create. Others deploy folders and files, or apply here documents.

Source: pkg/cli/admin/policy of openshift/oc. `add-scc-to-user -z` binds the ClusterRole of the SCC in one namespace, the other forms bind
it in all.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from scclint.files import SCRIPT_SUFFIXES, SUFFIXES
from scclint.groups import grouped
from scclint.load.document import Document
from scclint.yaml.nodes import Entry, MappingNode, Node, Region, ScalarNode, SequenceNode

_GROUP = "rbac.authorization.k8s.io"
_BLANK = r"(?:[ \t]|\\\r?\n)++"
_COMMAND = re.compile(
    rf"(?:(?:-n|--namespace)[= \t](?P<inside>\S{{1,80}}+){_BLANK})?"
    rf"\b(?:(?:adm{_BLANK})?policy{_BLANK}(?P<change>add|remove)-(?P<added>scc|role|cluster-role)-(?:to|from)-(?P<to>user|group)"
    rf"|create{_BLANK}(?P<cluster>cluster)?rolebinding)\b"
    r"|(?P<tool>(?i:kubectl\w{0,20}|kustomize\w{0,20}|helm(?:_\w{1,20})?|(?<![a-z])(?:oc|cli)(?:_\w{1,20})?"
    r"|(?P<variable>(?<=[$({])(?!\w{0,40}(?:kubectl|kustomize|helm|oc|cli))\w{1,40})))(?:[ \t]?[)}\"']){0,3}+"
    r"(?P<flags>(?:[ \t]{1,20}--?\w[^\s;&|]{0,80}(?:[ \t]{1,20}[^\s;&|-][^\s;&|]{0,80})?){0,4}?)[ \t]{1,20}(?:\\\r?\n[ \t]{1,40})?"
    r"(?P<verb>apply|create|replace|new-app|delete|build|kustomize|upgrade|install|template)\b(?![ \t]+(?:cluster)?rolebinding\b)"
    r"|(?<![^\s;&|(])(?P<cd>cd|pushd)(?=[ \t])"
)
APPLYING = ("apply", "create", "replace", "new-app")
_VERBS = {"kust": ("build",), "helm": ("upgrade", "install", "template")}
"""The verbs that deploy something, or print what is deployed, by the start of the tool's name. `oc` and `kubectl` have the others."""
_LISTED = re.compile(r"[\"'],[ \t]*[\"']|(?<=- )[\"']?(?:oc|kubectl)[\"']?(?:\n[ \t]++- [^\n]*+)++")
"""A command as a list of its words, in flow style (the borders of the words) or in block style (all words)."""
_BORDER = re.compile(r"\n[ \t]++- |[\"'],[ \t]*[\"']")
_WORD = re.compile(
    r"\\\r?\n|((?:\{\{[^}\n]{0,80}\}\}|\$\{[^}\n]{0,80}\}|\$\([^)\n]{0,80}\)|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'"
    r"|\\[^\s]|[^\s;&|#<>()`\"'\\])++)|([;&|#<>()`\"'\\\n])"
)
_ASSIGNED = re.compile(
    r"^[ \t]*+(?:(?:export|local|readonly|declare)[ \t]++(?:-\w++[ \t]++)?)?(\w++)[ \t]*+[:?]?=[ \t]*+([^\n]{1,300})$", re.M
)
"""A variable that a line of a script or Makefile sets, and the text that sets it."""
_VALUE = re.compile(r"[\"']?(?:\$\{\w++:?[-=])?((?:[\w.:/-]|\$\{\w++\}|\$\(\w++\)|\$\w++)++)\}?[\"']?\s*+(?:#.*)?")
_USED = re.compile(r"\$\$?(?:(\w++)|[{(](\w++)(?::?[-=]([\w.:/-]++))?[)}])")
OWN, TOP = "\0own", "\0top"
"""The folder of a script and that of its repository, in a path that a command names. No file contains these characters."""
_BUILT_IN = {"PWD": ".", "pwd": ".", "CURDIR": OWN, "GITHUB_WORKSPACE": TOP, "CI_PROJECT_DIR": TOP}
_NOT_RUN = re.compile(r"[ \t@-]*+(?:#|//|echo\b|printf\b|log\b|name:|.*?\bmsg:|.*?[ \t]#)")
_SHORT = {"-z": "serviceaccount", "-n": "namespace", "-f": "filename", "-k": "kustomize", "--file": "filename"}
_SWITCH = re.compile(
    r"i|R|g|A|install|local|wait|wait-for-jobs|atomic|create-namespace|debug|force|recursive|server-side|force-conflicts|"
    r"dry-run|validate|overwrite|save-config|prune|all|enable-helm|reuse-values|reset-values|"
    r"reset-then-reuse-values|dependency-update|skip-crds|include-crds|is-upgrade|no-hooks|devel|cleanup-on-fail|"
    r"rollback-on-failure|generate-name|replace|verify|skip-schema-validation|skip-tests|hide-notes|record|"
    r"ignore-not-found|insecure-skip-tls-verify|kube-insecure-skip-tls-verify|plain-http"
)
"""Flags without a value."""
_LONGEST = 2_000
"""Characters of a command that are read."""
_FARTHEST = 20_000
"""Characters between a grant and the command that removes it again."""
_ROLES = {"role": "Role", "clusterrole": "ClusterRole"}
_OPEN = re.compile(r"[$]|\{\{")
_HERE_DOCUMENT = re.compile(
    r"(?<!<)<<(?P<tabs>-?)[ \t]*+(?P<quote>[\"'\\]?)(?P<word>\w[\w.-]*+)(?P<rest>(?:\\\r?\n|[^\n])*+)(?:\n|\Z)"
)
_END = re.compile(r"^[ \t]*+(\w[\w.-]*+)[ \t\r]*+$", re.M)
_STDIN = {"-", "/dev/stdin"}
_WRITTEN_TO = re.compile(r"(?<![\d&>])>>?[ \t]*+[\"']?([^\s;&|\"'>(]++)")
_LINE_END = re.compile(r"(?<!\\)(?<!\\\r)\n")
_ALONE = re.compile(r"[ \t@-]*+(?:sudo[ \t]++)?\S*+[ \t]*+\Z")
"""What is in front of a command that is the first of its line: at most the name of the program."""
_OTHER_BLOCK = re.compile(
    r"[})]|;;|(?:else|elif|fi|done|esac|exit|return|function)\b|\S*\(\)|[\w./%$()-]++[ \t]*+:(?!=)|[^\s(]*+\)"
)
"""How a line begins that ends a block of commands or begins another."""


class ScriptCommand(NamedTuple):
    """A command that grants, deploys or deletes something.

    `match` is that of its verb. `words` are its arguments and `flags` the values of its flags, with the values of variables in them.
    `start` is the offset of its line, `end` the one behind its last argument and `line_end` that of the line break behind it.
    `folder` is what the last `cd` in front of it names, and `shown` its text in one line. `piped` are the arguments in front of a pipe
    into a command that applies, such as the file that `envsubst` reads. Files that are called like manifests are left out: they are read
    anyway.
    """

    match: re.Match[str]
    words: list[str]
    flags: dict[str, list[str]]
    line: int
    start: int
    end: int
    line_end: int
    folder: str
    shown: str
    piped: list[str]

    def flag(self, *names: str) -> list[str]:
        """The values of flags that mean the same."""
        return [value for name in names for value in self.flags.get(name, ())]

    @property
    def is_trial(self) -> bool:
        """Whether it changes nothing in a cluster (`--dry-run`)."""
        return self.flags.get("dry-run", ["none"])[-1] != "none"

    @property
    def applies(self) -> bool:
        """Whether it applies manifests to a cluster."""
        return self.match["verb"] in APPLYING and not self.is_trial


def commands_in(file: str, text: str) -> Iterator[ScriptCommand]:
    """Yield the commands in a text that grant, deploy or delete something."""
    plain = _LISTED.sub(lambda listed: _BORDER.sub(lambda match: " " * len(match[0]), listed[0]), text)
    variables = _BUILT_IN | variables_of(text) if _COMMAND.search(plain) else {}
    folder, start, line, at = "", -1, 1, 0
    while match := _COMMAND.search(plain, at):
        begins = text.rfind("\n", 0, match.start()) + 1
        if begins != start:
            line, start = line + text.count("\n", max(start, 0), begins), begins
            folder = "" if file.endswith(("Makefile", ".mk")) else folder
            if _NOT_RUN.match(text, start, match.start()):
                at = len(plain) if (end := plain.find("\n", match.end())) < 0 else end
                continue
        verb_end = match.end()
        words, flags, length = _words(plain[verb_end : verb_end + _LONGEST], variables)
        at = verb_end + length
        if match["cd"]:
            folder = words[0] if words else ""
        elif not match["verb"] or match["verb"] in _VERBS.get(match["tool"].lower()[:4], (*APPLYING, "delete", "kustomize")):
            _, in_front, _ = _words(match["flags"] or f"-n {match['inside'] or ''}", variables)
            if match["variable"] and not flags.keys() & {"filename", "kustomize"}:
                # The program may be any other.
                continue
            in_pipe = ""
            if match["verb"] in APPLYING:
                lines = re.sub(r"(?:(\|)|\\)[ \t]*+\r?\n", r"\1 ", plain[max(match.start() - _LONGEST, 0) : match.start()])
                in_pipe = re.split("[;&\n]", lines)[-1].rpartition("|")[0]
            piped, before, _ = _words(re.sub("[<|\"']", " ", in_pipe), variables)
            if "process" in piped and _STDIN.intersection(flags.get("filename", ())):
                flags["filename"] += before.get("filename", [])
            piped = [word for word in piped if not word.endswith(SUFFIXES)]
            rest = _LINE_END.search(plain, at)
            shown = " ".join(plain[match.start() : at].replace("\\", " ").split())
            yield ScriptCommand(
                match, words, in_front | flags, line, start, at, rest.start() if rest else len(plain), folder, shown, piped
            )


def variables_of(text: str) -> dict[str, str]:
    """Return the variables that a script sets to one known value."""
    values: dict[str, set[str]] = {}
    for name, written in _ASSIGNED.findall(text) if "$" in text else ():
        match = _VALUE.fullmatch(written)
        values.setdefault(name, set()).add(_folder(written) or (match[1] if match else ""))
    known = {name: value for name, (value, *others) in values.items() if value and not others}
    return {name: _filled(value, known) for name, value in known.items()}


def _folder(text: str) -> str:
    """Return the path that begins with an expression for the folder of the script or repository; empty if none does."""
    head, _, tail = text.rpartition(")")
    tail = tail.strip("\"' \t\r")
    if "dirname" in head and any(name in head for name in ("BASH_SOURCE", "$0", "${0")):
        return OWN + "/.." * (head.count("/..") + head.count("dirname") - 1) + tail
    return TOP + tail if "--show-toplevel" in head else ""


def documents_of_commands(file: str, text: str) -> Iterator[Document]:
    """Yield a document for each binding, role and service account that commands in a text create.

    A binding whose role is not known gives none. Subjects that a later command of a script certainly removes again have no grant.
    """
    made: list[tuple[dict[str, Any], ScriptCommand]] = []
    latest: dict[str, tuple[dict[str, Any], ScriptCommand]] = {}
    for command in commands_in(file, text) if "policy" in text or "create" in text else ():
        obj = (_object if command.match["verb"] else _binding)(command.match, command.words, command.flags)
        if obj is None:
            continue
        what = (obj["kind"], obj["metadata"].get("namespace"), obj.get("roleRef"))
        keys = {repr((*what, subject)): subject for subject in obj.get("subjects", ())}
        if command.match["change"] != "remove":
            made.append((obj, command))
            latest |= dict.fromkeys(keys, made[-1])
            continue
        for key in keys.keys() & latest.keys() if file.endswith(SCRIPT_SUFFIXES) else ():
            granted, by = latest.pop(key)
            if _always_follows(text, by, command):
                granted["subjects"].remove(keys[key])
    for index, (obj, command) in enumerate(made):
        if obj.get("subjects") != []:
            column = command.match.start() - command.start + 1
            written = text[command.match.start() : command.end].partition("\n")[0]
            region = (file, command.line, column, command.line, column + len(written.rstrip(" \\")))
            yield Document(
                *(file, index, command.line, "", "parsed", _node(obj, region), obj["kind"], obj["apiVersion"]),
                command=command.shown if command.match["tool"] else f"oc {command.shown}",
            )


def _always_follows(text: str, first: ScriptCommand, second: ScriptCommand) -> bool:
    """Whether a script that runs a command also runs another one behind it: both are whole lines of the same block."""
    if second.start - first.start > _FARTHEST:
        return False
    fronts = [text[command.start : command.match.start()] for command in (first, second)]
    indents = {len(front) - len(front.lstrip()) for front in fronts}
    indent = indents.pop()
    lines = text[first.start : second.start].split("\n")
    is_border = any(line.strip() and (line[:indent].strip() or _OTHER_BLOCK.match(line, indent)) for line in lines)
    return not (indents or is_border) and all(map(_ALONE.match, fronts))


def here_documents(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield the beginning of each here document, which ends where its text starts, and the offset of the line that ends it."""
    ends = grouped((line[1], line.start()) for line in _END.finditer(text)) if "<<" in text else {}
    at = 0
    while opening := _HERE_DOCUMENT.search(text, at):
        at = opening.end()
        later = ends.get(opening["word"], [])
        if (index := bisect_left(later, at)) < len(later):
            at = later[index]
            yield opening, at


def applied_text(file: str, text: str) -> tuple[str, dict[int, str]]:
    """Return the here documents of a script that its commands apply, and the namespace of each by the line in which it begins.

    In place of the rest are empty lines and `---`. Variables that the script does not set are encoded as the expressions of templates.
    """
    from scclint.load.templates import with_variables

    applying = [command for command in commands_in(file, text) if command.applies] if "<<" in text else []
    by_input = {command.line_end + 1: command for command in applying if _STDIN.intersection(command.flag("filename"))}
    by_line = {command.start: command for command in by_input.values()}
    by_file = {name: command for command in applying for name in command.flag("filename")}
    variables = variables_of(text) if applying else {}
    parts: list[str] = []
    namespaces: dict[int, str] = {}
    at = line = 0
    for opening, end in here_documents(text) if applying else ():
        written = _WRITTEN_TO.search(text, text.rfind("\n", 0, opening.start()) + 1, opening.end())
        command = by_input.get(opening.end()) or by_file.get(written[1] if written else "")
        if command is None and opening["rest"].rstrip().endswith("|"):
            command = by_line.get(text.find("\n", end) + 1)
        if command is not None:
            lines, body = text.count("\n", at, opening.end()), text[opening.end() : end]
            body = re.sub(r"^\t++", "", body, flags=re.M) if opening["tabs"] else body
            body = body if opening["quote"] else with_variables(body, lambda used: _filled(used, variables))
            parts.append("\n" * (lines - 1) + f"---\n{body}")
            namespaces[line + lines] = (command.flag("namespace") or [""])[-1]
            line += lines + body.count("\n")
            at = end
    return "".join(parts), namespaces


def _filled(word: str, variables: Mapping[str, str]) -> str:
    """Return a word with the values of the variables in it. One that is not set gets its default, or stays as it is."""
    return _USED.sub(lambda found: variables.get(found[1] or found[2]) or found[3] or found[0], word)


def _words(text: str, variables: Mapping[str, str]) -> tuple[list[str], dict[str, list[str]], int]:
    """Return the arguments of a command and the values of its flags, up to the end of the command, and this end."""
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    name = ""
    end = len(text)
    for match in _WORD.finditer(text):
        if match[2]:
            end = match.start()
            if match[2] in "<>" and words and words[-1].isdecimal() and text[:end].endswith(words[-1]):
                # The number of a file that is redirected: `2>/dev/null`.
                end -= len(words.pop())
            break
        if match[1] is None:
            continue
        word = match[1].replace('"', "").replace("'", "")
        word = _folder(word) or _filled(word, variables)
        key, is_set, value = word.lstrip("-").partition("=")
        if name:
            flags.setdefault(name, []).append(word)
            name = ""
        elif (short := _SHORT.get(word[:2])) and word[2:]:
            flags.setdefault(short, []).append(word[2:].removeprefix("="))
        elif not word.startswith("-") or word == "-":
            words.append(word)
        elif is_set or _SWITCH.fullmatch(key):
            flags.setdefault(_SHORT.get(f"--{key}", key), []).append(value)
        else:
            name = _SHORT.get(word, key)
    return words, flags, end


def _binding(match: re.Match[str], words: list[str], flags: Mapping[str, list[str]]) -> dict[str, Any] | None:
    namespace = flags.get("namespace", [""])[-1]
    accounts = flags.get("serviceaccount", [])
    if match["added"]:
        role = words[0] if words else ""
        role_kind = "ClusterRole"
        subjects = [_subject(word, match["to"]) for word in words[1:]]
        in_all = match["added"] == "cluster-role" or (match["added"] == "scc" and not accounts)
        # Without -n, the account is in the project of the user. The namespace of a RoleBinding is that project.
        subjects += [_account(namespace or ("${NAMESPACE}" if in_all else ""), account) for account in accounts]
        role = f"system:openshift:scc:{role}" if role and match["added"] == "scc" else role
    else:
        role = (flags.get("clusterrole") or flags.get("role") or [""])[-1]
        role_kind = "ClusterRole" if "clusterrole" in flags else "Role"
        subjects = [_account(*account.rpartition(":")[::2]) for account in accounts]
        subjects += [_subject(name, kind) for kind in ("user", "group") for name in flags.get(kind, ())]
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


def _node(data: Any, region: Region) -> Node:
    """Return the tree of some data, all of it at one place."""
    if isinstance(data, dict):
        return MappingNode(
            region, {key: Entry(ScalarNode(region, key, key, True), _node(value, region)) for key, value in data.items()}
        )
    if isinstance(data, list):
        return SequenceNode(region, tuple(_node(item, region) for item in data), {})
    return ScalarNode(region, data, data, True)
