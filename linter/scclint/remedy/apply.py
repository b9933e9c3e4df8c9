"""Proved fixes as edits of whole lines: make them of two texts, choose some, apply them, and write the texts to their files."""

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from scclint.errors import LoadError
from scclint.files import SourceFile, decode, encoded_like, is_below
from scclint.files.replace import replace_file
from scclint.finding import Finding, Fix, TextEdit
from scclint.objects.documents.document import Document
from scclint.objects.documents.sniff import is_generated
from scclint.text import shared_start

_OPERATOR_SDK = "operators.operatorframework.io/builder"


def text_edits(file: str, text: str, edited: str) -> tuple[TextEdit, ...]:
    """The whole lines that differ, as replacements from top to bottom."""
    from difflib import SequenceMatcher

    old, new = lines_of(text), lines_of(edited)
    start = shared_start(old, new)
    end = min(shared_start(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    middle = (old[start : len(old) - end], new[start : len(new) - end])
    codes = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    return tuple(
        TextEdit(file, start + a + 1, start + b + 1, "".join(middle[1][c:d])) for tag, a, b, c, d in codes if tag != "equal"
    )


def lines_of(text: str) -> list[str]:
    """The lines of a text with their ends. Only LF and CRLF end a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def chosen(findings: Iterable[Finding], *, unsafe: bool) -> list[Fix]:
    """The fixes that can be applied together, in the order of the findings: no two of them touch the same or adjacent lines."""
    return together(f.fix for f in findings if f.fix and f.fix.safety in (("safe", "unsafe") if unsafe else ("safe",)))


def together(proved: Iterable[Fix]) -> list[Fix]:
    """The fixes in order, each once, without those that touch the same or adjacent lines as an earlier one."""
    fixes: list[Fix] = []
    for fix in dict.fromkeys(proved):
        near = [(one, other) for earlier in fixes for one in earlier.edits for other in fix.edits if one.file == other.file]
        if not any(one.line <= other.end_line and other.line <= one.end_line for one, other in near):
            fixes.append(fix)
    return fixes


def applied(texts: Mapping[str, str], fixes: Iterable[Fix]) -> dict[str, str]:
    """The texts of the files that the fixes change. `texts` has the text of every file that they are about."""
    edits = [edit for fix in fixes for edit in fix.edits]
    lines = {edit.file: lines_of(texts[edit.file]) for edit in edits}
    for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
        lines[edit.file][edit.line - 1 : edit.end_line - 1] = [edit.text]
    return {file: "".join(edited) for file, edited in lines.items()}


def why_not_written(source: SourceFile, folders: Sequence[str]) -> str:
    """Why a file must not be written to, as a clause; empty if it may be. `folders` are those that the run was asked for."""
    path = os.path.realpath(source.path)
    if os.path.islink(source.path) and not any(is_below(path, os.path.realpath(folder)) for folder in folders):
        return "it is a link that leads out of the folder"
    if not os.access(path, os.W_OK) or not os.access(os.path.dirname(path), os.W_OK):
        return "it cannot be written to"
    return ""


def generator_of(text: str, documents: Iterable[Document], file: str) -> str:
    """Return as a clause what to change in place of a generated file; empty if nothing says that it is generated."""
    if is_generated(text):
        return f"{file} is generated: change what it is generated from, or use --force-generated"
    for document in documents:
        if document.source:
            return f"Helm rendered {file}: change the chart or its values, or use --force-generated"
        if _OPERATOR_SDK in document.text and document.kind == "ClusterServiceVersion":
            return f"operator-sdk generates {file}: change the manifests in config/, or use --force-generated"
    return ""


def write_file(source: SourceFile, before: str, after: str) -> None:
    """Write a text in place of `before`, in the same encoding and with the same mode. A reader sees the old text or the new one.

    Raises LoadError if the file no longer has the text `before`, and OSError if it cannot be written.
    """
    path = os.path.realpath(source.path)
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        data = file.read()
    if decode(data, source.display) != before:
        raise LoadError("changed while it was fixed: run the command again", source.display)

    def finish(descriptor: int) -> None:
        os.fsync(descriptor)
        with suppress(
            OSError, AttributeError
        ):  # the owner can be kept by the superuser only; Windows has neither owner nor mode
            os.fchown(descriptor, status.st_uid, status.st_gid)
        with suppress(AttributeError):
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))

    replace_file(path, encoded_like(data, after), draft=f"{path}.{os.getpid()}.scclint", finish=finish)


def _quoted(path: str) -> str:
    """Return a path as git writes it in a diff: in quotes and with octal bytes if it has unprintable characters.

    Otherwise a file name with a line break could write lines of the diff, or commands for the workflow that prints it.
    """
    if path.isprintable():
        return path
    escaped = (c if c.isprintable() and c not in '"\\' else "".join(f"\\{byte:03o}" for byte in c.encode()) for c in path)
    return f'"{"".join(escaped)}"'


def unified_diff(file: str, before: str, after: str) -> str:
    """The difference of two texts as `git apply` takes it."""
    from difflib import unified_diff

    lines = unified_diff(lines_of(before), lines_of(after), _quoted(f"a/{file}"), _quoted(f"b/{file}"))
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
