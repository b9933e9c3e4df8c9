"""Stage scan: scripts that grant SCCs by command, and notes on code that builds pods with access to the node, which is not judged."""

import os
import re
from collections.abc import Iterable, Iterator

from scclint.errors import LoadError
from scclint.files.discover import SCRIPT_SUFFIXES, SourceFile
from scclint.files.read import read
from scclint.finding import Notice
from scclint.limits import MAX_CODE
from scclint.load.commands import documents_of_commands
from scclint.load.host_access import ACCESS
from scclint.text import and_more

_LEFT_OUT = re.compile(r"(?:^|/)(?:vendor|testdata|test|tests|third_party)/|_test\.go$|/zz_generated")
_TRUE = r"(?:true\b|[\w.]*+\(true\)|&\w*+[tT]rue\b)"
_GO = (
    ("Privileged:", re.compile(rf"\bPrivileged: *+{_TRUE}"), "privileged"),
    ("HostPID:", re.compile(rf"\bHostPID: *+{_TRUE}"), "hostPID"),
    ("HostIPC:", re.compile(rf"\bHostIPC: *+{_TRUE}"), "hostIPC"),
    ("HostNetwork:", re.compile(rf"\bHostNetwork: *+{_TRUE}"), "hostNetwork"),
    ("HostPathVolumeSource{", re.compile(r"\bHostPathVolumeSource\{"), "hostPath"),
    ("SecurityContextConstraints{", re.compile(r"\bSecurityContextConstraints\{"), "an SCC"),
    ('"securitycontextconstraints"', re.compile(r"\bResources: *+[^\n]{0,80}\"securitycontextconstraints\""), "use of an SCC"),
)
_MOST_NAMED = 3


_PLAYED = re.compile(r"\bpodman[ \t]+(?:kube[ \t]+play|play[ \t]+kube)\b([^\n]*+)")
_YAML_FILE = re.compile(r"(?<![^\s=])[\w.-][\w./-]*+(?<=\.yaml|.\.yml)")


def beside(files: Iterable[SourceFile], texts: Iterable[SourceFile]) -> tuple[list[SourceFile], list[Notice]]:
    """Return the files with the scripts among some texts that grant by command, and without those that podman runs.

    Notes name these, and the lines of code and scripts with access to the node.
    """
    scripts: list[SourceFile] = []
    code: dict[str, list[str]] = {}
    played: set[str] = set()
    for file in texts:
        text = "" if _LEFT_OUT.search(file.display) else _text(file)
        for command in _PLAYED.finditer(text) if "podman" in text else ():
            folder = os.path.dirname(file.display)
            played |= {os.path.normpath(os.path.join(folder, name)) for name in _YAML_FILE.findall(command[1])}
        if file.display.endswith(".md"):
            continue
        is_script = file.display.endswith(SCRIPT_SUFFIXES)
        if is_script and ("adm policy" in text or "rolebinding" in text) and any(documents_of_commands(file.display, text)):
            scripts.append(file)
        for line, name in _access(text, is_script=is_script):
            code.setdefault(f"{file.display}:{line}", []).append(name)
    shown = [f"{place} ({', '.join(names)})" for place, names in code.items()]
    why = "code and scripts are not judged, and these places ask for access to the node or for an SCC"
    notices = [Notice("note", f"{and_more(shown, _MOST_NAMED)}: {why}")] if shown else []
    left_out = [file.display for file in files if file.display in played]
    if left_out:
        text = f"{and_more(left_out, _MOST_NAMED)}: not judged, because `podman kube play` runs what is in such a file, on no cluster"
        notices.append(Notice("note", text))
    return [*(file for file in files if file.display not in played), *scripts], notices


def _text(file: SourceFile) -> str:
    try:
        return read(file.path, file.display) if os.path.getsize(file.path) <= MAX_CODE else ""
    except (LoadError, OSError):
        return ""


def _access(text: str, *, is_script: bool) -> Iterator[tuple[int, str]]:
    """Yield the line of the first place of each kind of access in a text, and the access."""
    for word, pattern, name in ACCESS if is_script else _GO:
        if word in text and (found := pattern.search(text)):
            yield text.count("\n", 0, found.start()) + 1, name
