"""Match findings against suppressions, and remove what a suppression does not need.

A suppressed finding is marked and stays in the report. A removal keeps every other byte.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from scclint.config.selection import covers, unknown_selector
from scclint.files.globs import name_pattern, path_filter
from scclint.finding import END, Finding, Ignore, Subject, Suppression
from scclint.record import replace
from scclint.rule import AnyRule
from scclint.suppress.syntax import ENTRY, MARK, split_rules

if TYPE_CHECKING:
    from datetime import date

Ran = Callable[[str, str], bool]
"""Whether this run applied the rule of that id to that file. For a file that no longer exists: whether it would have."""


def apply(
    findings: Iterable[Finding],
    ignores: Iterable[Ignore],
    rules: Sequence[AnyRule],
    today: "date | None",
    *,
    root: str,
    ran: Ran,
) -> tuple[list[Finding], list[Ignore]]:
    """Return the findings with the suppressed ones marked, and the ignores with their use counted; both keep their order.

    A finding is marked with the first ignore that matches it; those written in its file come before those of the configuration.
    A finding that is already suppressed keeps its mark and counts as a use. `rules` are the rules that ignores may select; the
    `paths` of ignores are relative to `root`.
    """
    applied = [_IgnoreMatcher(ignore, rules, today, root) for ignore in ignores]
    # A comment or annotation concerns its own file only, so a run over many files compares few of them.
    in_file: dict[str | None, list[_IgnoreMatcher]] = defaultdict(list)
    for each in applied:
        in_file[each.ignore.region.file if each.ignore.region else None].append(each)
    concerning: dict[tuple[str, str], list[_IgnoreMatcher]] = {}
    marked = []
    for finding in findings:
        matching = [*_covering(finding, in_file, concerning)]
        for each in matching:
            each.uses[finding.rule_id] += 1
        first = next((a.ignore for a in matching if not a.expired), None)
        if first is None or finding.suppression is not None:
            marked.append(finding)
        else:
            marked.append(replace(finding, suppression=Suppression(first.by, first.reason, first.span)))
    return marked, [each.outcome(ran) for each in applied]


def _covering(
    finding: Finding,
    in_file: Mapping[str | None, Sequence["_IgnoreMatcher"]],
    concerning: dict[tuple[str, str], list["_IgnoreMatcher"]],
) -> Iterator["_IgnoreMatcher"]:
    """Yield the ignores that take the finding. `concerning` keeps those of a rule and file."""
    span = finding.span
    key = (finding.rule_id, span.file)
    if key not in concerning:
        concerning[key] = [a for a in (*in_file.get(span.file, ()), *in_file.get(None, ())) if a.concerns(*key)]
    start = (span.line, span.column)
    # A span without extent counts as one character.
    end = max((span.end_line, span.end_column), (span.line, span.column + 1))
    yield from (a for a in concerning[key] if a.start < end and start < a.end and a.takes(finding.subject))


class _IgnoreMatcher:
    """An ignore with its selectors, globs and region ready to be compared, and what it matched so far."""

    def __init__(self, ignore: Ignore, rules: Sequence[AnyRule], today: "date | None", root: str) -> None:
        self.selectors = {r.id: {s for s in ignore.rules if covers((s,), r)} for r in rules if covers(ignore.rules, r)}
        mistake = ignore.mistake or next(filter(None, (unknown_selector(s, rules) for s in ignore.rules)), "")
        self.ignore = replace(ignore, mistake=mistake)
        region = ignore.region
        self.start = (region.line, region.column) if region else (0, 0)
        self.end = (region.end_line, region.end_column) if region else (END, END)
        self.expired = ignore.until is not None and ignore.until < (today or type(ignore.until).today())
        self.uses: Counter[str] = Counter()
        self._root = root
        self._takes_path = path_filter(ignore.paths)
        self._patterns = [(field, re.compile(name_pattern(glob))) for field in _FIELDS if (glob := getattr(ignore, field))]

    def concerns(self, rule_id: str, file: str) -> bool:
        """Return whether the ignore can match findings of the rule in the file."""
        return rule_id in self.selectors and (
            not self.ignore.paths or self._takes_path(os.path.relpath(file, self._root).replace(os.sep, "/"))
        )

    def takes(self, subject: Subject) -> bool:
        """Return whether the ignore matches findings on this object and container."""
        return self.ignore.about in (None, (subject.kind, subject.namespace, subject.name)) and all(
            pattern.fullmatch(getattr(subject, field)) for field, pattern in self._patterns
        )

    def outcome(self, ran: Ran) -> Ignore:
        """Return the ignore with what it matched: an expired one counts its matches, although it suppresses none."""
        judged = {s for id, selectors in self.selectors.items() if ran(id, self.ignore.file) for s in selectors}
        used = {s for id in self.uses for s in self.selectors[id]}
        unused = tuple(s for s in self.ignore.rules if s in judged and s not in used)
        return replace(self.ignore, uses=self.uses.total(), unused=unused, expired=self.expired)


_FIELDS = ("kind", "namespace", "name", "container")


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
