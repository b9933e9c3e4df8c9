"""Reads the commands of scripts, Makefiles, playbooks and CI workflows.

Those that bind roles, grant SCCs, or change a Namespace or an SCC become the objects that they create or change (see
`scclint.objects.commands.command_objects`). Others deploy folders and files, or apply here documents.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import NamedTuple

from scclint.files import SCRIPT_SUFFIXES, SUFFIXES
from scclint.objects.commands.command_objects import CommandObject, objects_of
from scclint.objects.documents.document import Document
from scclint.record import grouped
from scclint.yaml.nodes import Region, made_node

_BLANK = r"(?:[ \t]|\\\r?\n)++"
_COMMAND = re.compile(
    rf"(?:(?:-n|--namespace)[= \t](?P<inside>\S{{1,80}}+){_BLANK})?"
    rf"\b(?:(?:adm{_BLANK})?policy{_BLANK}(?P<change>add|remove)-(?P<added>scc|role|cluster-role)-(?:to|from)-(?P<to>user|group)"
    rf"|create{_BLANK}(?P<cluster>cluster)?rolebinding)\b"
    r"|(?P<tool>(?i:kubectl\w{0,20}|kustomize\w{0,20}|helm(?:_\w{1,20})?|(?<![a-z])(?:oc|cli)(?:_\w{1,20})?"
    r"|(?P<variable>(?<=[$({])(?!\w{0,40}(?:kubectl|kustomize|helm|oc|cli))\w{1,40})))(?:[ \t]?[)}\"']){0,3}+"
    r"(?P<flags>(?:[ \t]{1,20}--?\w[^\s;&|]{0,80}(?:[ \t]{1,20}[^\s;&|-][^\s;&|]{0,80})?){0,4}?)[ \t]{1,20}(?:\\\r?\n[ \t]{1,40})?"
    r"(?P<verb>apply|create|replace|new-app|delete|build|kustomize|upgrade|install|template|label|annotate|patch)\b"
    r"(?![ \t]+(?:cluster)?rolebinding\b)"
    r"|(?<![^\s;&|(])(?P<cd>cd|pushd)(?=[ \t])"
)
APPLYING = ("apply", "create", "replace", "new-app")
CHANGING = ("label", "annotate", "patch")
_VERBS = {"kust": ("build",), "helm": ("upgrade", "install", "template")}
"""The verbs that deploy something, or print what is deployed, by the start of the tool's name. `oc` and `kubectl` have the others."""
_LISTED = re.compile(
    r"[\"'],[ \t]*[\"'](?![^\"'\n]{0,80}[\"'][ \t]*:)|(?<=- )[\"']?(?:oc|kubectl)[\"']?(?:\n[ \t]++- [^\n]*+)++"
)
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
_LOOP = re.compile(r"\bfor[ \t]++(\w++)[ \t]++in[ \t]++((?:\\\r?\n|[^;\n])++)")
_MOST_ITERATIONS = 50
"""Values of loops that are followed for one command."""
OWN, TOP = "\0own", "\0top"
"""The folder of a script and that of its repository, in a path that a command names. No file contains these characters."""
_BUILT_IN = {"PWD": ".", "pwd": ".", "CURDIR": OWN, "GITHUB_WORKSPACE": TOP, "CI_PROJECT_DIR": TOP}
_COMMENT = re.compile(r"[ \t@-]*+(?:#|//|.*?[ \t]#)")
_NOT_RUN = re.compile(r"[ \t@-]*+(?:echo\b|printf\b|log\b|name:|.*?\bmsg:)")
"""How a command begins that only prints or names its arguments."""
_PATCH = re.compile(
    r"(?<=[ \t])(?:-p|--patch)(?:=|[ \t]++|\\\r?\n[ \t]*+)++(?P<quote>'{1,2}|\\*+\"|)(?P<text>\s*+[\[{\w].*?)"
    r"(?<!\\)(?P=quote)(?=[\s;&|)'\",]|$)",
    re.S,
)
"""The flag of `oc patch` with its text."""
_SEPARATOR = re.compile(r"&&|\|\||[;|]")
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
    anyway. `patch` is the text of a patch.
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
    patch: str

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


class _Written(NamedTuple):
    """A command as it is written: its arguments, what is piped into it, its folder, its place, how people read it, and its patch."""

    match: re.Match[str]
    arguments: str
    in_pipe: str
    folder: str
    place: tuple[int, int, int, int]
    shown: str
    patch: str

    def filled(self, variables: Mapping[str, str], values: Mapping[str, str]) -> Iterator[ScriptCommand]:
        """Yield the command with the variables of the script, and of one iteration of its loops; nothing if it may be another program."""
        known, match = {**variables, **values}, self.match
        words, flags, _ = _words(self.arguments, known)
        if match["variable"] and match["verb"] not in CHANGING and not flags.keys() & {"filename", "kustomize"}:
            return
        _, in_front, _ = _words(match["flags"] or f"-n {match['inside'] or ''}", known)
        piped, before, _ = _words(re.sub("[<|\"']", " ", self.in_pipe), known)
        if "process" in piped and _STDIN.intersection(flags.get("filename", ())):
            flags["filename"] += before.get("filename", [])
        piped = [word for word in piped if not word.endswith(SUFFIXES)]
        folder, patch = _filled(self.folder, values), _filled(self.patch, known)
        yield ScriptCommand(match, words, in_front | flags, *self.place, folder, self.shown, piped, patch)


def commands_in(file: str, text: str) -> Iterator[ScriptCommand]:
    """Yield the commands in a text that grant, deploy or delete something."""
    plain = _LISTED.sub(lambda listed: _BORDER.sub(lambda match: " " * len(match[0]), listed[0]), text)
    variables = _BUILT_IN | variables_of(text) if _COMMAND.search(plain) else {}
    loops = _loops_of(text) if variables else {}
    folder, start, line, at = "", -1, 1, 0
    while match := _COMMAND.search(plain, at):
        begins = text.rfind("\n", 0, match.start()) + 1
        if begins != start:
            line, start = line + text.count("\n", max(start, 0), begins), begins
            folder = "" if file.endswith(("Makefile", ".mk")) else folder
            if _COMMENT.match(text, start, match.start()):
                at = len(plain) if (end := plain.find("\n", match.end())) < 0 else end
                continue
        verb_end = match.end()
        at = verb_end
        if _NOT_RUN.match(_front(text[start : match.start()])):
            continue
        arguments, patch = plain[verb_end : verb_end + _LONGEST], None
        if match["verb"] == "patch" and (patch := _PATCH.search(text[verb_end : verb_end + _LONGEST])):
            # Its braces and quotes are no words.
            arguments = f"{arguments[: patch.start()]}{' ' * len(patch[0])}{arguments[patch.end() :]}"
        words, _, length = _words(arguments, variables)
        at = verb_end + length
        if match["cd"]:
            folder = words[0] if words else ""
        elif not match["verb"] or match["verb"] in _VERBS.get(
            match["tool"].lower()[:4], (*APPLYING, *CHANGING, "delete", "kustomize")
        ):
            in_pipe = ""
            if match["verb"] in APPLYING:
                lines = re.sub(r"(?:(\|)|\\)[ \t]*+\r?\n", r"\1 ", plain[max(match.start() - _LONGEST, 0) : match.start()])
                in_pipe = re.split("[;&\n]", lines)[-1].rpartition("|")[0]
            rest = _LINE_END.search(plain, at)
            shown = " ".join((text if patch else plain)[match.start() : at].replace("\\", " ").split())
            place = (line, start, at, rest.start() if rest else len(plain))
            written = _Written(match, arguments, in_pipe, folder, place, shown, patch["text"] if patch else "")
            for values in _iterations(f"{match[0]} {arguments[:length]} {in_pipe} {folder}", loops):
                yield from written.filled(variables, values)


def _loops_of(text: str) -> dict[str, list[str]]:
    """Return the values of the variables of `for` loops in a script, without those that another program prints."""
    loops: dict[str, list[str]] = {}
    for name, written in _LOOP.findall(text) if "for " in text else ():
        words = re.sub(r"\$\([^)]*+(?:\)|\Z)|`[^`]*+(?:`|\Z)|\\", " ", written).split()
        loops.setdefault(name, []).extend(word.strip("\"'") for word in words if "$" not in word)
    return {name: [*dict.fromkeys(values)][:_MOST_ITERATIONS] for name, values in loops.items() if values}


def _iterations(text: str, loops: Mapping[str, Sequence[str]]) -> Iterator[dict[str, str]]:
    """Yield the values of the loop variables that a command uses, once for each iteration; no values if it uses none."""
    used = dict.fromkeys(one or other for one, other, _ in _USED.findall(text)) if loops else ()
    names = [name for name in used if name in loops]
    combinations = islice(product(*(loops[name] for name in names)), _MOST_ITERATIONS)
    return (dict(zip(names, values, strict=True)) for values in combinations)


def _front(front: str) -> str:
    """Return the part of a line in front of a command that belongs to the command: behind the last `;`, `&&` or `|` outside of quotes."""
    ends = (match.end() for match in _SEPARATOR.finditer(front))
    outside = (end for end in ends if not (front.count('"', 0, end) % 2 or front.count("'", 0, end) % 2))
    return front[max(outside, default=0) :]


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


def documents_of_commands(file: str, text: str, place: Region | None = None) -> Iterator[Document]:
    """Yield a document for each binding, role and service account that commands in a text create, and each Namespace and SCC that they change.

    A binding whose role is not known gives none. Subjects that a later command of a script certainly removes again have no grant.
    `place` is that of the text if its lines are no lines of the file.
    """
    made: list[tuple[CommandObject, ScriptCommand]] = []
    latest: dict[str, tuple[CommandObject, ScriptCommand]] = {}
    for command in commands_in(file, text) if may_change(text) else ():
        for obj in objects_of(command.match, command.words, command.flags, command.patch):
            data = obj.data
            what = (data["kind"], data["metadata"].get("namespace"), data.get("roleRef"))
            keys = {repr((*what, subject)): subject for subject in data.get("subjects", ())}
            if command.match["change"] != "remove":
                made.append((obj, command))
                latest |= dict.fromkeys(keys, made[-1])
                continue
            for key in keys.keys() & latest.keys() if file.endswith(SCRIPT_SUFFIXES) else ():
                granted, by = latest.pop(key)
                if _always_follows(text, by, command):
                    granted.data["subjects"].remove(keys[key])
    for index, (obj, command) in enumerate(made):
        data = obj.data
        if data.get("subjects") != []:
            column = command.match.start() - command.start + 1
            written = text[command.match.start() : command.end].partition("\n")[0]
            region = place or (file, command.line, column, command.line, column + len(written.rstrip(" \\")))
            yield Document(
                *(file, index, region[1], "", "parsed", made_node(data, region), data["kind"], data["apiVersion"]),
                command=command.shown if command.match["tool"] else f"oc {command.shown}",
                operations=obj.operations,
            )


def may_change(text: str) -> bool:
    """Whether a text may have a command that creates or changes an object which decides verdicts."""
    return any(word in text for word in ("policy", "create", *CHANGING))


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
    from scclint.objects.documents.templates import with_variables

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
