"""Remove what a suppression does not need, and keep every other byte: the whole suppression, or rules of its list."""

import re

from scclint.finding import Ignore
from scclint.suppress.syntax import ENTRY, MARK, split_rules


def without_comment(text: str, ignore: Ignore) -> str:
    """Return the text of a file without the unused rules of a suppression that is a comment.

    Raises ValueError with the reason, as a clause, if the comment cannot be changed by itself.
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    at, column, end = ignore.span.line - 1, ignore.span.column - 1, ignore.span.end_column - 1
    line = lines[at]
    before, comment, rest = line[:column], line[column:end], line[end:]
    if not _is_whole(ignore):
        directive, _, rest_of_comment = comment.partition("[")
        rules, _, reason = rest_of_comment.partition("]")
        lines[at] = f"{before}{directive}[{_used(rules, ignore)}]{reason}{rest}"
    elif before.strip():
        lines[at] = before.rstrip() + rest.lstrip(" \t")
    elif at + 1 < len(lines) and lines[at + 1].lstrip().startswith("#") and MARK not in lines[at + 1]:
        raise ValueError("the comment may go on in the next line")
    else:
        del lines[at]
    return "".join(lines)


def _is_whole(ignore: Ignore) -> bool:
    return set(ignore.unused) == set(ignore.rules)


def _used(rules: str, ignore: Ignore) -> str:
    return ", ".join(rule for rule in split_rules(rules) if rule not in ignore.unused)


def without_entry(value: str, ignore: Ignore) -> str:
    """Return the value of an annotation without the unused rules of one of its suppressions; empty if none is left."""
    pieces = re.split(r"([;\n])", value)
    for index in range(0, len(pieces), 2):
        entry = re.fullmatch(ENTRY, pieces[index].strip())
        if entry is None or (entry["container"] or "") != ignore.container:
            continue
        if split_rules(entry["rules"]) != ignore.rules:
            continue
        if _is_whole(ignore):
            del pieces[max(index - 1, 0) : index + (1 if index else 2)]
        else:
            pieces[index] = pieces[index].replace(entry["rules"], _used(entry["rules"], ignore), 1)
        return "".join(pieces).strip()
    raise ValueError("the annotation has another form")
