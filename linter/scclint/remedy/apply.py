"""Apply proved fixes to texts, and write the texts to their files."""

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from scclint.errors import LoadError
from scclint.files.discover import SourceFile, is_below
from scclint.files.read import decode, encoded_like
from scclint.files.replace import replace_file
from scclint.finding import Finding, Fix, TextEdit
from scclint.remedy.text_edits import lines_of


def chosen(findings: Iterable[Finding], *, unsafe: bool) -> list[Fix]:
    """The fixes that can be applied together, in the order of the findings: no two of them touch the same or adjacent lines."""
    taken: list[Fix] = []
    for finding in findings:
        fix = finding.fix
        if fix is None or fix in taken or fix.safety not in (("safe", "unsafe") if unsafe else ("safe",)):
            continue
        if not any(_touch(one, other) for known in taken for one in known.edits for other in fix.edits):
            taken.append(fix)
    return taken


def _touch(one: TextEdit, other: TextEdit) -> bool:
    return one.file == other.file and one.line <= other.end_line and other.line <= one.end_line


def applied(texts: Mapping[str, str], fixes: Iterable[Fix]) -> dict[str, str]:
    """The texts of the files that the fixes change. `texts` has the text of every file that they are about."""
    edits: dict[str, list[TextEdit]] = {}
    for fix in fixes:
        for edit in fix.edits:
            edits.setdefault(edit.file, []).append(edit)
    return {file: _edited(texts[file], found) for file, found in edits.items()}


def _edited(text: str, edits: Sequence[TextEdit]) -> str:
    lines = lines_of(text)
    for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
        lines[edit.line - 1 : edit.end_line - 1] = [edit.text]
    return "".join(lines)


def why_not_written(source: SourceFile, folders: Sequence[str]) -> str:
    """Why a file must not be written to, as a clause; empty if it may be. `folders` are those that the run was asked for."""
    path = os.path.realpath(source.path)
    if os.path.islink(source.path) and not any(is_below(path, os.path.realpath(folder)) for folder in folders):
        return "it is a link that leads out of the folder"
    if not os.access(path, os.W_OK) or not os.access(os.path.dirname(path), os.W_OK):
        return "it cannot be written to"
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

    shown = []
    for line in unified_diff(lines_of(before), lines_of(after), _quoted(f"a/{file}"), _quoted(f"b/{file}")):
        shown.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(shown)
