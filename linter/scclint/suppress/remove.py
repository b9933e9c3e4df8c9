"""Remove what a suppression does not need, and keep every other byte: the whole suppression, or rules of its list."""

import re
from collections.abc import Sequence

from scclint.finding import Ignore
from scclint.suppress.syntax import COMMENT, ENTRY, LIST, MARK


def without_comment(text: str, ignore: Ignore) -> str:
    """Return the text of a file without the unused rules of a suppression that is a comment.

    Raises ValueError with the reason, as a clause, if the comment cannot be changed by itself.
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    at, column, end = ignore.span.line - 1, ignore.span.column - 1, ignore.span.end_column - 1
    line = lines[at]
    before, comment, rest = line[:column], line[column:end], line[end:]
    if not _is_whole(ignore):
        lines[at] = before + _with_fewer_rules(comment, ignore.unused) + rest
    elif before.strip():
        lines[at] = before.rstrip() + rest.lstrip(" \t")
    elif at + 1 < len(lines) and lines[at + 1].lstrip().startswith("#") and MARK not in lines[at + 1]:
        raise ValueError("the comment may go on in the next line")
    else:
        del lines[at]
    return "".join(lines)


def _is_whole(ignore: Ignore) -> bool:
    return set(ignore.unused) == set(ignore.rules)


def _with_fewer_rules(comment: str, unused: Sequence[str]) -> str:
    found = re.fullmatch(COMMENT, comment)
    listed = re.match(LIST, found["rest"]) if found else None
    if found is None or listed is None:
        raise ValueError("the comment has another form")
    start = found.start("rest") + listed.start("rules")
    end = found.start("rest") + listed.end("rules")
    return comment[:start] + _kept(listed["rules"], unused) + comment[end:]


def _kept(rules: str, unused: Sequence[str]) -> str:
    return ", ".join(rule for rule in map(str.strip, rules.split(",")) if rule and rule not in unused)


def without_entry(value: str, ignore: Ignore) -> str:
    """Return the value of an annotation without the unused rules of one of its suppressions; empty if none is left."""
    pieces = re.split(r"([;\n])", value)
    for index in range(0, len(pieces), 2):
        entry = re.fullmatch(ENTRY, pieces[index].strip())
        if entry is None or (entry["container"] or "") != ignore.container:
            continue
        rules = tuple(filter(None, map(str.strip, entry["rules"].split(","))))
        if rules != ignore.rules:
            continue
        if _is_whole(ignore):
            del pieces[max(index - 1, 0) : index + (1 if index else 2)]
        else:
            pieces[index] = pieces[index].replace(entry["rules"], _kept(entry["rules"], ignore.unused), 1)
        return "".join(pieces).strip()
    raise ValueError("the annotation has another form")
