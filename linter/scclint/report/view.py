"""What people read of each cause: the values that the template of `full` and a user's own template lay out.

A cause is a headline, its places with a label each, the evidence, what else it makes, and one fix. Causes with the same sentence are one
entry that names the places of the others.
"""

import re
import shlex
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile
from typing import Any

from scclint.causes.consequences import about_what, consequence, is_other_field
from scclint.causes.join import SAME_FOR
from scclint.causes.reach import REJECTS_PODS, UNCONFINED_BY_DEFAULT, by_reach
from scclint.finding import REACHES, Cause, Finding, Fix, Related, help_text
from scclint.record import grouped
from scclint.report import Options
from scclint.report.help_address import help_addresses
from scclint.report.snippet import snippet
from scclint.report.text import WIDTH, Json, SourceLines, line_place, place, units_phrase, visible, visible_line
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import and_more, capitalized, counted

_ALIKE = 4
"""Causes with the same sentence that are shown as one entry, whatever their evidence is. Fewer are one if that is the same as well."""
_PLACES = 4
"""Places of such an entry that are shown besides the first."""
_SIDE = 3
"""Columns between the number of a source line and the line."""
_LABELLED = 3
"""Source lines of a cause that are shown."""
_CONSEQUENCES = 3
"""Lines that are shown of what else a cause makes."""
_MOST_PATHS = 2
"""Paths that a printed command repeats."""
_ORIGINS = 1
"""Places that are shown of what explains a cause, such as the binding of a grant."""
_MASK = "…"
"""What stands for the words in which entries with the same sentence differ."""
_IN_BOTH_FORMS = r"^Set `[^`]*` in your own values \(with helm: `([^`]*)`\)"
"""How a fix of a chart begins. The values and the option of helm say the same: the option is for the screen, both are for programs."""
_LONGEST_HEADLINE = 100
_SHORT_END = 30
"""The last part of a longer headline that is not cut off, because it is what the headline says."""
_LONGEST_DIFF = 3
"""Lines that a fix removes and adds, if they are shown: longer ones are in `scclint fix --diff`."""


def entries(report: Report, options: Options) -> list[Json]:
    """Return the entries, the widest reach first. schemas/template.json describes them."""
    make = Entries(report, options)
    return [make.entry(same) for same in _alike(in_order(report, options), options)]


def layout(report: Report, options: Options) -> Json:
    """Return what the templates of text, Markdown and HTML lay out: `lead`, `entries`, `access` and `gaps`."""
    return {
        "lead": lead(report, options),
        "entries": entries(report, options),
        "access": access(report, options),
        "gaps": gaps(report, options),
    }


def in_order(report: Report, options: Options) -> list[Cause]:
    """Return the causes that are shown: problems, the widest reach first, and then advice."""
    shown = (cause for cause in report.causes if options.shows(cause.finding) and cause.finding.kind in ("problem", "advice"))
    return sorted(shown, key=lambda cause: by_reach(cause.finding))


_OBJECT = 36
"""Columns of the names of objects in lines of access. What follows a longer name is not aligned."""

_OPENED = {"cluster": "the cluster", "node": "a node"}


def access(report: Report, options: Options) -> Json | None:
    """Return the access that the manifests ask for or hand out: a summary, and a line for each object, the widest reach first.

    None without any.
    """
    found = [finding for finding in report.findings if finding.kind == "access" and options.shows(finding)]
    if not found:
        return None
    # What is accepted of an object has a line of its own.
    by_object = grouped(((_whole_object(finding), finding.suppression is None), finding) for finding in found)
    lines = sorted((_access_line(same) for same in by_object.values()), key=lambda line: REACHES.index(line["reach"]))
    numbers = Counter(line["reach"] for line in lines)
    opened = [
        f"{counted(numbers[reach], 'object')} open{'s' if numbers[reach] == 1 else ''} {what}"
        for reach, what in _OPENED.items()
        if numbers[reach]
    ]
    if numbers["pod"]:
        opened.append(f"{counted(numbers['pod'], 'object')} {'has' if numbers['pod'] == 1 else 'have'} access of pods")
    return {"summary": ", ".join(opened), "lines": lines, "width": min(max(len(line["object"]) for line in lines), _OBJECT)}


def _whole_object(finding: Finding) -> tuple[str, ...]:
    """Return what tells the objects of lines of access apart: the object, or the file of what is none."""
    key = finding.key
    return key.group, key.kind, key.namespace, key.name, finding.subject.part, "" if key.kind else finding.span.file


def _access_line(same: Sequence[Finding]) -> Json:
    """Return the line of the access of one object."""
    ordered = sorted(same, key=lambda finding: finding.rank)
    by_holder = grouped((finding.who, finding.what) for finding in ordered)
    words = [
        f"{', '.join(dict.fromkeys(what))} for {who}" if who else ", ".join(dict.fromkeys(what))
        for who, what in by_holder.items()
    ]
    through = dict.fromkeys(finding.through for finding in ordered if finding.through)
    first = ordered[0]
    return {
        "reach": first.reach or "pod",
        "object": visible_line(str(first.subject) or first.span.file),
        "words": visible_line("; ".join(words)),
        "through": visible_line(and_more(through, 2)),
        "place": place(first.span),
        "file": visible_line(first.span.file),
        "line": first.span.line,
        "suppressed": suppressed_words(first),
        "facts": [
            {
                "place": place(finding.span),
                "rule": finding.rule_id,
                "text": visible(finding.message),
                "notes": [visible(note) for note in finding.notes],
                "related": [{"place": place(r.span), "text": visible(r.message)} for r in dict.fromkeys(finding.related)],
                "help": visible(finding.help),
            }
            for finding in same
        ],
    }


def gaps(report: Report, options: Options) -> list[Json]:
    """Return what was not judged, a line for each place and sentence."""
    found = [finding for finding in report.findings if finding.kind == "gap" and options.shows(finding)]
    by_text = grouped(((finding.span.file, finding.span.line, finding.message), finding) for finding in found)
    return [
        {
            "place": place(same[0].span),
            "file": visible_line(file),
            "line": line,
            "rule": same[0].rule_id,
            "text": visible(message),
        }
        for (file, line, message), same in by_text.items()
    ]


class Entries:
    """Makes the entries of one report."""

    def __init__(self, report: Report, options: Options) -> None:
        self._options = options
        self._lines, self._units = SourceLines(report.texts), units_phrase(report)
        self._pages = help_addresses(report.rules)

    def _short(self, fix: str) -> str:
        return fix if self._options.verbose else re.sub(_IN_BOTH_FORMS, r"Install with `\1`", fix)

    def entry(self, causes: Sequence[Cause]) -> Json:
        """Return the entry of causes with the same sentence: the first one, and the places of the others."""
        first, *others = causes
        shown = _cause(first.finding, self._lines, self._options)
        shown["fix"]["text"] = self._short(shown["fix"]["text"])
        if others:
            lines = [at["line"] for at in shown["places"]]
            fixes = [_here(_fix(cause.finding)[1], cause.finding, lines if cause is first else None) for cause in causes]
            shown["fix"]["text"] = _pattern([*map(self._short, fixes)])
        return {
            "id": first.name,
            "explained_by": self._explained_by(first.name),
            **shown,
            "units": visible_line(self._units(first.finding)),
            "page": visible_line(self._pages.get(first.finding.rule_id, "")),
            "other_places": counted(len(others), "other place") if others else "",
            "others": [_other(other.finding) for other in _first(others, _PLACES, self._options)],
            "more": max(len(others) - _PLACES, 0) * (not self._options.verbose),
        }

    def _explained_by(self, name: str) -> str:
        """Return the command that prints all of a cause, over the same paths; only the option for that where they are many or a pipe."""
        paths = self._options.paths
        if len(paths) > _MOST_PATHS or "-" in paths:
            return "--verbose"
        return visible_line(" ".join(("scclint explain", name, *(shlex.quote(path) for path in paths if path != "."))))


def lead(report: Report, options: Options) -> str:
    """Return how much of the input has the causes that reach furthest, in one line; empty if there is none of these, or one finding."""
    told = [f for f in report.findings if f.kind == "problem" and (f.suppression is None or f.suppression.by == "finding")]
    if len(told) < 2:
        return ""
    rejected = {_object(f) for f in told if f.rule_id in REJECTS_PODS}
    unconfined = {(*_object(f), f.subject.container) for f in told if f.rule_id == UNCONFINED_BY_DEFAULT}
    parts = []
    if rejected:
        parts.append(f"{len(rejected):,} of {counted(report.tally.workloads, 'workload')} rejected")
    if unconfined:
        parts.append(f"{counted(len(unconfined), 'container')} unconfined")
    return ", ".join(parts)


def _object(finding: Finding) -> tuple[str, ...]:
    subject = finding.subject
    return subject.kind, subject.namespace, subject.name, subject.part


def _alike(causes: Sequence[Cause], options: Options) -> Iterator[Sequence[Cause]]:
    """Yield the causes that are one entry, in the order of the first of each."""
    if options.verbose:
        yield from ((cause,) for cause in causes)
        return
    said = [(*_sentence(cause.finding), cause) for cause in causes]
    often = {
        sentence for sentence, same in grouped((sentence, cause) for sentence, _, cause in said).items() if len(same) >= _ALIKE
    }
    yield from grouped(
        ((sentence, () if sentence in often else evidence), cause) for sentence, evidence, cause in said
    ).values()


def _sentence(finding: Finding) -> tuple[tuple[object, ...], tuple[str, ...]]:
    """Return what a finding says, and its evidence, whatever the names of its object, container and subjects are.

    The fix of another finding with the same sentence may have other places and numbers.
    """
    subject = finding.subject
    headline, clauses = _headline(finding.message)
    users = (user.removeprefix("service account ") for user in finding.subjects)
    # The object that a command makes is called by its command.
    about, colon, _ = headline.partition(": ")
    names = (about if colon else "", subject.label, *users, subject.name, subject.container)
    pattern = "|".join(re.escape(name) for name in names if name)

    def said(text: str) -> str:
        return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", _MASK, text) if pattern else text

    kind, to_do, _ = _fix(finding)
    to_do = re.sub(r"\d+", _MASK, _here(to_do, finding, None))
    if finding.first_fix is not None:
        # What is proved for each has the keys of its own file.
        to_do = re.sub("`[^`]*`", _MASK, to_do)
    evidence = (clauses, kind, *finding.notes, *(related.message for related in finding.related if not related.label))
    sentence = finding.rule_id, finding.severity, finding.suppression, said(headline), said(to_do)
    return sentence, tuple(map(said, evidence))


def _here(text: str, finding: Finding, lines: Collection[int] | None) -> str:
    """Return what to do with `here` in place of the lines of the file of a finding, if these are among `lines`; None is all lines."""

    def named(found: re.Match[str]) -> str:
        return "here" if lines is None or set(map(int, re.findall(r"\d+", found[1]))) <= set(lines) else found[0]

    return re.sub(rf"\bin {re.escape(visible(finding.span.file))}, lines? (\d+(?:(?:, | and )\d+)*)", named, text)


def _pattern(texts: Sequence[str]) -> str:
    """Return the words that texts have in common, with an ellipsis for each of the others; the first text if their words differ in number."""
    words = [text.split(" ") for text in dict.fromkeys(texts)]
    if len({len(each) for each in words}) > 1:
        return texts[0]
    return " ".join(_common(same) for same in zip(*words, strict=True))


def _common(words: Sequence[str]) -> str:
    """Return a word that several texts have in one place, or what stands for it, with the signs around it."""
    first = words[0]
    if len(set(words)) == 1:
        return first
    start = re.sub(r"\w*$", "", _beginning(words))
    end = re.sub(r"^\w*", "", _beginning([word[len(start) :][::-1] for word in words])[::-1])
    return f"{start}{_MASK}{end}"


def _beginning(words: Sequence[str]) -> str:
    """Return the characters that all words begin with."""
    return "".join(chars[0] for chars in takewhile(lambda chars: len(set(chars)) == 1, zip(*words, strict=False)))


def _first(items: Sequence[Any], number: int, options: Options) -> Sequence[Any]:
    return items if options.verbose else items[:number]


def _cause(finding: Finding, lines: SourceLines, options: Options) -> Json:
    headline, clauses = _headline(visible(finding.message))
    explaining = dict.fromkeys((*finding.related, *finding.flow))
    labelled = [related for related in explaining if related.label and related.span.file == finding.span.file]
    labelled = [*_first(labelled, _LABELLED - 1, options)]
    labels = _labels(finding, labelled)
    margin = max(len(str(span.line)) for span in labels) + _SIDE
    room = (options.width - margin,) if options.width else ()
    also = _also(finding, labels, options)
    reasons = [{"text": visible(text), "place": ""} for text in _reasons(finding, clauses, options)]
    origins = [{"text": visible(r.message), "place": place(r.span)} for r in explaining if r not in labelled]
    # The label at the place is a reason.
    number = bool(finding.releases) + (finding.refusal is None)
    is_last = len(reasons) == number + 1 and len(origins) <= _ORIGINS and len(also) <= _CONSEQUENCES
    # The line that counts one more takes as much room as that.
    number += is_last and len(reasons[-1]["text"]) < WIDTH
    shown = [*_first(reasons, number, options), *_first(origins, _ORIGINS, options)]
    made = [_consequence(other, finding) for other in _first(also, _CONSEQUENCES, options)]
    kind, fix, effect = _fix(finding)
    fix = _here(fix, finding, [span.line for span in labels])
    return {
        "rule": visible_line(finding.rule_id),
        "name": visible_line(finding.rule_name),
        "severity": finding.heading,
        "headline": headline,
        "suppressed": suppressed_words(finding),
        "places": [_place(Related("", span, label), lines, *room) for span, label in labels.items()],
        "evidence": shown,
        "consequences": made,
        "left": len(reasons) + len(origins) + len(also) - len(shown) - len(made),
        "fix": {
            "kind": kind,
            "text": fix,
            "effect": effect,
            "elsewhere": bool(finding.first_fix and finding.first_fix.elsewhere),
        },
        "alternative": visible(_alternative(finding)),
        "diff": list(_diff(finding, lines, options)),
    }


def _labels(finding: Finding, labelled: Iterable[Related]) -> Mapping[Span, str]:
    """Return the places of a cause with their labels. The highest one names the SCC that refuses the fields."""
    by, _, label = finding.refusal.label.partition(": ") if finding.refusal else ("", "", "")
    by = by or next((at.message.partition(": ")[0] for at in labelled if at.message.endswith(at.label)), "")
    # Several fields can come from one line, as of a dependency.
    of_span = grouped(((finding.span, label), *((at.span, at.label) for at in labelled)))
    labels = {span: _together(several) for span, several in of_span.items()}
    if by:
        highest = min((span for span in labels if labels[span]), key=lambda span: span.line)
        labels[highest] = f"{by}: {labels[highest]}"
    return labels


def _reasons(finding: Finding, clauses: str, options: Options) -> Iterator[str]:
    """Yield the reasons of a finding that have no place. `clauses` are those of its message."""
    refusal = finding.refusal
    yield from _releases(finding)
    if clauses and refusal is None and not clauses.startswith(SAME_FOR):
        yield clauses
    # The label at the place says it in short.
    yield from (note for note in finding.notes if refusal is None or note != refusal.text)
    # Who reads a change that was not proved wants to know why.
    changes = any(remedy.operations for remedy in finding.remedies[:1])
    if finding.no_fix and (changes or options.verbose or not finding.help):
        yield f"no fix is proved: {finding.no_fix}"


def _also(finding: Finding, marked: Iterable[Span], options: Options) -> list[Finding]:
    """Return the other findings of a cause that are worth a line.

    A rule that says less of the object because of a field that is marked is not, nor is the finding itself once more.
    """
    lines = {(span.file, span.line) for span in marked}
    # Several objects are named first.
    named = finding.notes[0].split(", ") if finding.notes else []
    named = [name for names in named for name in names.split(" and ")]
    return [
        f
        for f in finding.others
        if not _is_same(f, finding)
        if options.verbose or f.rule_id != finding.rule_id or f.subject.label not in named
        if options.verbose
        or (f.span.file, f.span.line) not in lines
        or _object(f) != _object(finding)
        or is_other_field(f, finding)
    ]


def _is_same(other: Finding, finding: Finding) -> bool:
    """Whether a finding of another unit says the same of the same field."""
    return (other.rule_id, other.span, other.path, other.subject) == (
        finding.rule_id,
        finding.span,
        finding.path,
        finding.subject,
    )


def _together(labels: Iterable[str]) -> str:
    """Return the labels of one place as one, without those that an earlier one ends with."""
    said: list[str] = []
    for label in labels:
        if label and not any(earlier.endswith(label) for earlier in said):
            said.append(label)
    return "; ".join(said)


def _headline(message: str) -> tuple[str, str]:
    """Return the fact of a message in at most 100 characters, if it has a clause that is so short, and its other clauses."""
    headline, _, clauses = message.partition("; ")
    if len(headline) > _LONGEST_HEADLINE:
        # The first colon ends the name of the object.
        *facts, _ = headline[:_LONGEST_HEADLINE].split(": ")
        fact = ": ".join(facts)
        # Without a few words at its end, a headline is no sentence.
        if len(facts) > 1 and len(headline) - len(fact) > _SHORT_END:
            headline = fact
            clauses = message.removeprefix(f"{headline}: ")
    return headline, clauses


def _releases(finding: Finding) -> Iterable[str]:
    return [f"holds for {', '.join(finding.releases)}"] if finding.releases else []


def _place(at: Related, lines: SourceLines, *room: int) -> Json:
    region = lines.region(at.span)
    excerpt = snippet(region, *room)
    return {
        "place": place(at.span),
        "file": visible_line(at.span.file),
        "line": region.line,
        "source": excerpt.source if excerpt else "",
        "indent": excerpt.indent if excerpt else 0,
        "width": excerpt.width if excerpt else 0,
        "start": excerpt.start if excerpt else 0,
        "end": excerpt.end if excerpt else 0,
        "label": visible(at.label),
    }


def _consequence(other: Finding, finding: Finding) -> Json:
    """Return what else a cause makes: of the same rule, only the object."""
    about = about_what(other, finding) if other.rule_id == finding.rule_id else ""
    return {"text": visible(f"also {about}" if about else consequence(other, finding)), "place": place(other.span)}


def _other(finding: Finding) -> Json:
    subject = finding.subject
    container = f", container {subject.container}" if subject.container else ""
    text = visible_line(f"{subject.label}{container}")
    return {"place": place(finding.span), "file": visible_line(finding.span.file), "line": finding.span.line, "text": text}


def _fix(finding: Finding) -> tuple[str, str, str]:
    """Return the kind of the fix, what to do, and what it changes; empty without one. A proved fix comes before remedies for pods."""
    if fix := finding.first_fix:
        return fix.kind, visible(fix.title), visible(fix.whole_effect)
    if not finding.remedies:
        return "help", visible(finding.help), ""
    best = finding.remedies[0]
    # What a rule says besides its remedies.
    said = (help_text(finding.remedies), help_text((best,)))
    more = next((finding.help.removeprefix(text).strip() for text in said if finding.help.startswith(text)), finding.help)
    effect = capitalized("; ".join(best.effects))
    clauses = (f"{effect}." if effect else "", more)
    return "help", visible(best.title), visible(" ".join(filter(None, clauses)))


def _alternative(finding: Finding) -> str:
    """Return the second remedy, for who cannot do the first, or the fix that carries it out; empty without one."""
    if finding.fix and finding.fix.second:
        return " ".join(filter(None, (finding.fix.title, finding.fix.whole_effect)))
    second = finding.other_remedy
    if second is None:
        return ""
    effects = f" ({'; '.join(second.effects)})" if second.effects else ""
    return f"{capitalized(second.words)}{effects}."


def _diff(finding: Finding, lines: SourceLines, options: Options) -> Sequence[Json]:
    """Return the lines that a short fix changes, with their file if it is another one than that of the finding."""
    changed = list(_changes(finding.fix, lines, finding.span.file)) if finding.fix else []
    return changed if options.verbose or len(changed) <= _LONGEST_DIFF else ()


def _changes(fix: Fix, lines: SourceLines, here: str) -> Iterator[Json]:
    several = {edit.file for edit in fix.edits} != {here}
    for file, same in groupby(fix.edits, key=lambda edit: edit.file):
        edits = list(same)
        if several:
            yield {"sign": " ", "text": line_place(file, edits[0].line)}
        yield from ({"sign": sign, "text": visible(text)} for edit in edits for sign, text in lines.changed(edit))


def suppressed_words(finding: Finding) -> str:
    """Return what suppresses a finding, in parentheses and safe to show; empty if nothing does."""
    suppression = finding.suppression
    if suppression is None:
        return ""
    reason = f": {visible_line(suppression.reason)}" if suppression.reason else ""
    return f" (suppressed by {suppression.by}{reason})"
