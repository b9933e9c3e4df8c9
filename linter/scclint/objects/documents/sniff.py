"""Find documents that a run does not need to parse, from their text alone.

The answer must never be wrong for a document that a run needs. If the first content is an unquoted `word:` in column 1, the root is a
block mapping, and each of its keys begins a line in column 1. If each line that begins in column 1 is an unquoted `word:` key, one of
these lines is the key `kind`, if the mapping has one. Any text for which this is not certain is parsed: quotes, anchors, tags, merge and
complex keys, flow style, directives, unusual line breaks, and a kind that is not one unquoted word on the line of its key.
"""

import re
from collections.abc import Set
from sys import intern

from scclint.objects.kinds import PODLESS, WITH_TEXTS
from scclint.yaml.lines import has_odd_breaks
from scclint.yaml.split import Chunk

_KEY = r"[A-Za-z][A-Za-z0-9_./-]*:(?=[ \r\n]|\Z)"
_SAFE_LINE = rf"(?:[ \r\n#]|{_KEY}|-[ \r\n]|\Z)"
_TELLING_LINE = re.compile(rf"\n(?:kind:|items:|(?!{_SAFE_LINE}))")
_FIRST_KEY = re.compile(_KEY)
_KIND = re.compile(r"kind: +([A-Za-z][A-Za-z0-9]*)(?: +#[^\n]*| *)\r?(?=\n|\Z)")
_API_VERSION = re.compile(r"apiVersion: +([A-Za-z0-9./-]+)(?: +#[^\n]*| *)\r?(?=\n|\Z)")
_KEY_ENDS = r"""(?:["'][ \t]*:|[ \t]*:[ \t\r\n])"""
# Compiled on first use, because many runs do not need them.
_HOLDER = rf"(?:ontainers?|steps|sidecars|script){_KEY_ENDS}"
_SECURITY = rf"ecurityContext{_KEY_ENDS}"
_HOST = rf"host(?:Path|Network|PID|IPC){_KEY_ENDS}"
_GRANTING = ("SecurityContextConstraints", "securitycontextconstraints", "openshift:scc:", "roleRef")
_DISGUISED = r"\\[uUx\r\n\x85\u2028\u2029]|[\s,:?\[{]!"
"""Other spellings of a word in flow style: an escaped letter, a line break in the word, or a tag (`!!binary`)."""

_SPELLED_OUT = r"""\\[uUx\r\n]|\n[ -]*+\?[ \r\n]"""
"""Other spellings of a key in block style: an escaped letter, or a key after `?`."""

HOLDERS = "*"
"""An entry of the requested kinds: also parse documents of other kinds that seem to contain containers."""


def other_kind(document: Chunk, subject_kinds: Set[str]) -> tuple[str, str] | None:
    """Return (kind, apiVersion) of a document that is certainly not in `subject_kinds` and not a list; None if it must be parsed.

    With `HOLDERS`, a text that might contain a container or a list of containers must be parsed too.

    JSON text without a `kind` and without the `SCMP_` of seccomp profiles gives ("", ""). The document can still contain
    a syntax error.
    """
    chunk, start = document.text, document.start
    # Editors' and tools' JSON has comments; YAML takes one in front for text.
    if chunk.startswith(("{", "[", "//", "/*"), start):
        telling = "kind" in chunk or "SCMP_" in chunk or re.search(_DISGUISED, chunk)
        return None if telling else ("", "")
    if (start and chunk[start - 1] != "\n") or not _FIRST_KEY.match(chunk, start):
        return None
    at = _line_with(chunk, "kind:", start)
    match = _KIND.match(chunk, at)
    if match is None or match[1] in subject_kinds or match[1].endswith("List"):
        return None
    if match[1] in WITH_TEXTS and (chunk.count("apiVersion", start) > 1 or "x-k8s.io/resource-set" in chunk):
        return None
    if chunk.startswith("items:", start) or has_odd_breaks(chunk):
        return None
    if _TELLING_LINE.search(chunk, start, max(at - 1, start)) or _TELLING_LINE.search(chunk, at):
        return None
    if HOLDERS in subject_kinds and match[1] not in PODLESS:
        spells_out = ("\\" in chunk or "?" in chunk) and re.search(_SPELLED_OUT, chunk)
        if spells_out or names_containers(chunk):
            return None
    version = _API_VERSION.match(chunk, _line_with(chunk, "apiVersion:", start))
    # The same few names in all of what may be hundreds of thousands of documents.
    return intern(match[1]), intern(version[1]) if version else ""


def names_containers(text: str) -> bool:
    """Return whether YAML or JSON text of any style has a key for containers, and possibly an image or a template of a pod.

    A key for a security context or for access to the node is as good, and so is a binding, or the name of an SCC's kind, resource or role.
    """
    has_container = ("image" in text or "emplate" in text) and re.search(_HOLDER, text)
    grants = any(word in text for word in _GRANTING)
    return bool(has_container or grants or re.search(_SECURITY, text) or ("host" in text and re.search(_HOST, text)))


def _line_with(chunk: str, key: str, start: int) -> int:
    """The offset of the first line from `start` on that begins with the key; that of the text's end if there is none."""
    if chunk.startswith(key, start):
        return start
    newline = chunk.find("\n" + key, start)
    return newline + 1 if newline >= 0 else len(chunk)


_GENERATED = r"(?im)do not edit|don't edit|@generated|^(?>.*?\bauto-?generated\b)(?>.*?\bnot\b).*\bedit"
_HEAD = 30
"""Lines at the start of a file whose comments may say that it is generated."""


def is_generated(text: str) -> bool:
    """Return whether a comment at the start of a file says that a program writes it."""
    head = (line for line in text.split("\n", _HEAD)[:_HEAD] if line.lstrip().startswith(("#", "//")))
    return any(re.search(_GENERATED, line) for line in head)
