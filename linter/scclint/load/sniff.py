"""Tells from the text alone that a document is of no interest, so that it need not be parsed.

The answer must never be wrong for a document that matters. It rests on this: where the first content is a bare `word:` in
column 1, the root is a block mapping, each of whose keys begins a line in column 1. If every line that does is a bare
`word:` key, then a root key `kind` has to be one of those lines as well, spelled out. Whatever could break the reasoning
(quotes, anchors, tags, merge and complex keys, flow style, directives, line breaks that editors do not show, a kind that is
not one bare word on the key's line) leads to parsing.
"""

import re
from collections.abc import Set
from sys import intern

from scclint.yaml.lines import has_odd_breaks
from scclint.yaml.split import body_start

_KEY = r"[A-Za-z][A-Za-z0-9_./-]*:(?=[ \r\n]|\Z)"
_SAFE_LINE = rf"(?:[ \r\n#]|{_KEY}|-[ \r\n]|\Z)"
_TELLING_LINE = re.compile(rf"\n(?:kind:|items:|(?!{_SAFE_LINE}))")
_FIRST_KEY = re.compile(_KEY)
_KIND = re.compile(r"kind: +([A-Za-z][A-Za-z0-9]*)(?: +#[^\n]*| *)\r?(?=\n|\Z)")
_API_VERSION = re.compile(r"apiVersion: +([A-Za-z0-9./-]+)(?: +#[^\n]*| *)\r?(?=\n|\Z)")
_KEY_ENDS = r"""(?:["'][ \t]*:|[ \t]*:[ \t\r\n])"""
# Compiled when they are asked for, which many a run does not.
_HOLDER = rf"(?:ontainers?|steps|sidecars|script){_KEY_ENDS}"
_SECURITY = rf"ecurityContext{_KEY_ENDS}"
_DISGUISED = r"\\[uUx\r\n\x85\u2028\u2029]|[\s,:?\[{]!"
"""In flow style, what may stand for a word: a letter escaped, a word with a line break in it, or something with a tag (`!!binary`)."""

_SPELLED_OUT = r"""\\[uUx\r\n]|\n[ -]*+\?[ \r\n]"""
"""In block style, what may stand for a key: a letter escaped, and a key on a line of its own behind `?`."""

HOLDERS = "*"
"""Stands among the kinds asked for: documents of other kinds are asked for as well where they seem to hold containers."""

PODLESS = frozenset(("ConfigMap", "ControllerRevision", "CustomResourceDefinition", "Secret"))
"""Kinds that speak of containers in texts, schemas and records, and make no pods."""


def other_kind(chunk: str, subject_kinds: Set[str]) -> tuple[str, str] | None:
    """(kind, apiVersion) of a document that is surely none of `subject_kinds` and no list; None where it has to be parsed.

    Where `HOLDERS` is asked for, whatever might be a container or a list of them leads to parsing as well.

    JSON text without any `kind`, and without the `SCMP_` that seccomp profiles have instead, gives ("", ""). A document that
    this answers for may still be broken further down.
    """
    start = body_start(chunk)
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
    if chunk.startswith("items:", start) or has_odd_breaks(chunk):
        return None
    if _TELLING_LINE.search(chunk, start, max(at - 1, start)) or _TELLING_LINE.search(chunk, at):
        return None
    if HOLDERS in subject_kinds and match[1] not in PODLESS and (names_containers(chunk) or _spells_out(chunk)):
        return None
    version = _API_VERSION.match(chunk, _line_with(chunk, "apiVersion:", start))
    # The same few names in all of what may be hundreds of thousands of documents.
    return intern(match[1]), intern(version[1]) if version else ""


def _spells_out(chunk: str) -> bool:
    return ("\\" in chunk or "?" in chunk) and re.search(_SPELLED_OUT, chunk) is not None


def names_containers(text: str) -> bool:
    """Whether YAML or JSON text, in whatever style, has a key that holds containers or a container, and may have an image.

    A key for a security context is as good.
    """
    return ("image" in text and re.search(_HOLDER, text) is not None) or re.search(_SECURITY, text) is not None


def _line_with(chunk: str, key: str, start: int) -> int:
    """The offset of the first line from `start` on that begins with the key; that of the text's end if there is none."""
    if chunk.startswith(key, start):
        return start
    found = chunk.find("\n" + key, start)
    return found + 1 if found >= 0 else len(chunk)
