"""`scclint diff`: what a change changes, as text, JSON, Markdown, and what got worse as SARIF."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from scclint.about import site_page
from scclint.change.model import (
    ASKS,
    ChangeCause,
    Differences,
    GrantChange,
    NamespaceChange,
    RightChange,
    SccChange,
    WorkloadChange,
)
from scclint.finding import Finding, Related, Severity, Subject
from scclint.objects.types import Workload
from scclint.outcome.rows import WorkloadRow
from scclint.platform.releases import shown_release
from scclint.record import grouped
from scclint.report import Options, markdown, render
from scclint.report.table import table
from scclint.report.text import Json, dump, from_template, notice_line, place, visible, visible_line
from scclint.rule import Rule
from scclint.run.report import Report
from scclint.source import Span
from scclint.text import and_more, counted, full_name, listed

Change = GrantChange | RightChange | NamespaceChange | SccChange

_EFFECTS = {"refused": "rejected", "skipped": "exempt"}
"""The words for people where the JSON has others."""

_TONES = {"rejected": "error", "wider": "warning", "admitted": "note", "narrower": "note"}


def render_json(differences: Differences) -> str:
    """The comparison as JSON, which schemas/diff.json describes."""
    document = {
        "version": 1,
        "before": visible_line(differences.before),
        "after": visible_line(differences.after),
        "workloads": [_change(change) for change in differences.changes],
        "grants": [
            {
                **_named(grant.unit, grant.kind, grant.namespace, grant.name),
                "release": grant.release,
                "scc": visible_line(grant.scc),
                "inNamespace": visible_line(grant.scope),
                "gained": grant.gained,
                "wider": grant.wider,
                **_place(grant.span),
            }
            for grant in differences.grants
        ],
        "rights": [
            {
                **_named(right.unit, right.kind, right.namespace, right.name),
                "release": right.release,
                "right": visible_line(right.right),
                "gained": right.gained,
                **_place(right.span),
            }
            for right in differences.rights
        ],
        "namespaces": [
            {
                "unit": visible_line(namespace.unit),
                "release": namespace.release,
                "name": visible_line(namespace.name),
                "key": visible_line(namespace.key),
                "before": visible_line(namespace.before),
                "after": visible_line(namespace.after),
                "wider": namespace.wider,
                **_place(namespace.span),
            }
            for namespace in differences.namespaces
        ],
        "sccs": [
            {
                "unit": visible_line(scc.unit),
                "release": scc.release,
                "name": visible_line(scc.name),
                "opens": list(scc.opens),
                "closes": list(scc.closes),
                "priority": scc.priority,
                "wider": scc.wider,
                **_place(scc.span),
            }
            for scc in differences.sccs
        ],
        "matrix": [
            {
                **_named(rows[0].unit, rows[0].kind, rows[0].namespace, rows[0].name),
                "part": visible_line(rows[0].part),
                "releases": [{"release": row.release, **_facts(row)} for row in rows],
            }
            for rows in differences.matrix
        ],
        "notices": [notice_line(notice) for notice in differences.notices],
        "summary": _counts(differences),
    }
    return dump(document) + "\n"


def _counts(differences: Differences) -> dict[str, int]:
    return {
        "workloads": differences.workloads,
        "changed": len(differences.changes),
        "refused": sum("refused" in change.effects for change in differences.changes),
        "wider": sum("wider" in change.effects for change in differences.changes),
        "gained": sum(grant.gained for grant in differences.grants),
        "lost": sum(not grant.gained for grant in differences.grants),
    }


def _named(unit: str, kind: str, namespace: str, name: str) -> Json:
    return {
        "unit": visible_line(unit),
        "kind": visible_line(kind),
        "namespace": visible_line(namespace),
        "name": visible_line(name),
    }


def _change(change: WorkloadChange) -> Json:
    return {
        **_named(change.unit, change.kind, change.namespace, change.name),
        "part": visible_line(change.part),
        "release": change.release,
        "effects": list(change.effects),
        "before": _facts(change.before) if change.before else None,
        "after": _facts(change.after) if change.after else None,
        "gains": list(map(visible_line, change.gains)),
        "losses": list(map(visible_line, change.losses)),
        "causes": [
            {
                "kind": cause.kind,
                "namespace": visible_line(cause.namespace),
                "name": visible_line(cause.name),
                "part": visible_line(cause.part),
                "how": cause.how,
                "alone": cause.alone,
                **_place(cause.span),
            }
            for cause in change.causes
        ],
        **_place(change.span),
    }


def _facts(facts: WorkloadRow) -> Json:
    return {
        "result": facts.result,
        "why": visible(facts.why),
        "scc": visible_line(facts.scc),
        "subject": facts.subject,
        "grant": visible_line(facts.grant),
        "fsGroup": visible_line(facts.fs_group),
        "access": [access.words for access in facts.access],
        "podSecurity": facts.pod_security or None,
        "containers": [
            {
                "name": visible_line(container.name),
                "uid": visible_line(container.uid),
                "selinux": visible_line(container.selinux),
                "capabilities": visible_line(container.capabilities),
                "seccomp": visible_line(container.seccomp),
                "rootFilesystem": container.root_filesystem,
            }
            for container in (facts.containers if facts.admitted else ())
        ],
    }


def _place(span: Span | None) -> Json:
    return {"file": visible_line(span.file) if span else "", "line": span.line if span else 0}


def render_text(differences: Differences, *, color: bool, columns: int | None = None) -> str:
    """The changes for people: each workload with what differs and why, then the grants, the SCCs and the matrix.

    `columns` is the width of the terminal, None if there is none.
    """
    values = _texts(differences, "->")
    rows = list(table(("WORKLOAD", *values["releases"]), values["matrix"], columns)) if differences.matrix else []
    return from_template(
        "diff", color, None, tones=_TONES, **values | {"matrix": [line for row in rows for line in row.split("\n")]}
    )


def render_markdown(differences: Differences) -> str:
    """The changes as a comment on a pull request."""
    sign = "🟡" if differences.wider else "🟢"
    if differences.refused:
        sign = "🔴"
    return markdown.from_template("diff", sign=sign, note="{} left out for length.", **_texts(differences, "→"))


def _texts(differences: Differences, arrow: str) -> dict[str, Any]:
    """Return the texts of a comparison. `arrow` is between the facts of before and after."""
    return {
        "before": visible_line(shown_release(differences.before)),
        "after": visible_line(shown_release(differences.after)),
        "summary": _summary(differences),
        "changes": list(_entries(differences, arrow)),
        "grants": list(_once(differences, [(_grant_words(grant), grant) for grant in differences.grants])),
        "rights": list(_once(differences, [(_right_words(right), right) for right in differences.rights])),
        "namespaces": list(_once(differences, [(_namespace_words(one, arrow), one) for one in differences.namespaces])),
        "sccs": list(_once(differences, [(_scc_words(scc), scc) for scc in differences.sccs])),
        "notices": list(dict.fromkeys(map(notice_line, differences.notices))),
        "releases": [shown_release(row.release) for row in differences.matrix[0]] if differences.matrix else [],
        "matrix": list(_matrix_rows(differences)),
    }


def _once(differences: Differences, changed: Sequence[tuple[str, Change]]) -> Iterator[tuple[str, str]]:
    """Yield the words and the place of each change once, with its releases if others have changes as well."""
    every = {change.release for change in (*differences.changes, *(change for _, change in changed))}
    releases: dict[tuple[str, str], dict[str, None]] = {}
    for words, change in changed:
        releases.setdefault((words, _at(change.span)), {})[change.release] = None
    for (words, at), names in releases.items():
        yield words + (f" on OpenShift {listed(names)}" if len(names) < len(every) else ""), at


def _entries(differences: Differences, arrow: str) -> Iterator[dict[str, Any]]:
    """Yield the texts of each workload that changes: its effects, and what changes and why, with the releases of that."""
    workloads = grouped((_title(change), change) for change in differences.changes)
    several = len({change.release for change in differences.changes}) > 1
    for title, changes in workloads.items():
        releases = grouped(((tuple(_facts_words(change, arrow)), tuple(_causes(change))), change.release) for change in changes)
        effects = dict.fromkeys(_EFFECTS.get(effect, effect) for change in changes for effect in change.effects)
        parts = [
            {"on": f"on OpenShift {listed(names)}" if several or " to " in names[0] else "", "facts": facts, "causes": causes}
            for (facts, causes), names in releases.items()
        ]
        all_causes = dict.fromkeys(text for _, causes in releases for text in causes)
        entry = {"title": title, "effects": list(effects), "place": place(changes[0].span)}
        yield {**entry, "parts": parts, "causes": list(all_causes)}


def render_sarif(differences: Differences) -> str:
    """What got worse as SARIF results: rejected pods, and workloads, subjects and SCCs with more rights."""
    findings = [finding for change in differences.changes for finding in _worse(change)]
    findings += [
        _finding(
            _GAINED, f"{_grant_words(grant)}.", grant.span, Subject("", grant.kind, grant.namespace, grant.name), grant.unit
        )
        for grant in differences.grants
        if grant.wider
    ]
    findings += [
        _finding(_SCC_WIDER, f"{_scc_words(scc)}.", scc.span, Subject("", _SCC, "", scc.name), scc.unit)
        for scc in differences.sccs
        if scc.wider
    ]
    findings += [
        _finding(
            _RIGHT, f"{_right_words(right)}.", right.span, Subject("", right.kind, right.namespace, right.name), right.unit
        )
        for right in differences.rights
        if right.gained
    ]
    findings += [
        _finding(_NAMESPACE, f"{_namespace_words(one, '->')}.", one.span, Subject("", "Namespace", "", one.name), one.unit)
        for one in differences.namespaces
        if one.wider
    ]
    rules = (_REFUSED, _WIDER, _GAINED, _SCC_WIDER, _RIGHT, _NAMESPACE)
    return render(Report(findings=tuple(dict.fromkeys(findings)), notices=differences.notices, rules=rules), "sarif", Options())


def _worse(change: WorkloadChange) -> Iterator[Finding]:
    about = Subject("", change.kind, change.namespace, change.name, part=change.part)
    causes = tuple(Related(str(cause), cause.span) for cause in change.causes if cause.span is not None)
    for effect, rule in (("refused", _REFUSED), ("wider", _WIDER)):
        if effect in change.effects:
            facts = "; ".join(_facts_words(change, "->"))
            yield _finding(rule, f"{_title(change)}: {facts}", change.span, about, change.unit, causes)


def _finding(
    rule: "Rule[Workload]", text: str, span: Span | None, about: Subject, unit: str, related: tuple[Related, ...] = ()
) -> Finding:
    where = span or Span("", 0, 0, 0, 0)
    return Finding(rule.id, rule.name, rule.severity, text, where, about, related=related, units=(unit,))


def _rule(id: str, name: str, title: str, severity: Severity) -> "Rule[Workload]":
    return Rule(
        id,
        name,
        title,
        severity,
        Workload,
        # Two states are compared, manifests are not checked.
        lambda subject, world: (),
        f"{title}.\n\n`scclint diff` found this by judging both states.",
        "0.1",
        references=(site_page("compare-changes"),),
    )


_SCC = "SecurityContextConstraints"
_REFUSED = _rule("DIF001", "workload-rejected", "The cluster rejects the pods of a workload after the change", Severity.ERROR)
_WIDER = _rule("DIF002", "workload-wider", "A workload gets more rights after the change", Severity.WARNING)
_GAINED = _rule("DIF003", "scc-gained", "A subject may use another SCC after the change", Severity.WARNING)
_SCC_WIDER = _rule("DIF004", "scc-wider", "An SCC allows more after the change", Severity.WARNING)
_RIGHT = _rule("DIF005", "right-gained", "A subject can get past the SCCs that it may use after the change", Severity.WARNING)
_NAMESPACE = _rule("DIF006", "namespace-wider", "A namespace admits more after the change", Severity.WARNING)


def _summary(differences: Differences) -> str:
    changed = {_title(change) for change in differences.changes}
    parts = [f"{len(changed):,} of {counted(differences.workloads, 'workload')} changed"]
    for word in ("refused", "wider"):
        if some := {_title(change) for change in differences.changes if word in change.effects}:
            parts.append(f"{len(some):,} {_EFFECTS.get(word, word)}")
    for word, gained in (("gained", True), ("lost", False)):
        if words := {_grant_words(grant) for grant in differences.grants if grant.gained is gained}:
            parts.append(f"{counted(len(words), 'SCC')} {word}")
        if words := {_right_words(right) for right in differences.rights if right.gained is gained}:
            parts.append(f"{counted(len(words), 'right')} {word}")
    return ", ".join(parts)


def _title(change: WorkloadChange | WorkloadRow) -> str:
    unit = f" in {change.unit}" if change.unit != "." else ""
    return visible_line(full_name(change.kind, change.namespace, change.name, change.part) + unit)


def _facts_words(change: WorkloadChange, arrow: str) -> Iterator[str]:
    """Yield each fact that differs, and why the pods are rejected; none for a workload that is gone."""
    if change.after is None:
        return
    if change.after.result != "rejected":
        yield from (f"gains: {listed(_counted(change.gains))}" for _ in change.gains[:1])
    for name, before, after in _differing(change):
        # Pods that did not run had none of the facts.
        had = change.before is not None and (before or change.before.result != "rejected")
        was, now = (_EFFECTS.get(value, value) if name == "result" else visible_line(value) for value in (before, after))
        old = f"{was or '-'} {arrow} " if had else ""
        yield f"{name}: {old}{now or '-'}"
    if change.after.result != "rejected":
        yield from (f"loses: {listed(_counted(change.losses))}" for _ in change.losses[:1])
    if change.after.result == "rejected":
        yield f"why: {visible_line(change.after.why)}"


def _counted(texts: Sequence[str]) -> Iterator[str]:
    """Yield texts once, with how often they occur if that is more."""
    for text, number in Counter(texts).items():
        yield visible_line(text) + (f" ({number} times)" if number > 1 else "")


def _differing(change: WorkloadChange) -> list[tuple[str, str, str]]:
    """What differs. Of a workload that is rejected, the empty facts would say nothing. A grant says who its subject is."""
    facts = [fact for fact in change.differing() if fact[0] != ASKS and (change.before or fact[2])]
    if change.after is not None and change.after.result == "rejected":
        return [fact for fact in facts if fact[0] in ("result", "scc")]
    return [fact for fact in facts if fact[0] != "subject" or all(name != "grant" for name, _, _ in facts)]


def _causes(change: WorkloadChange) -> Iterator[str]:
    if change.before is None or change.after is None:
        return
    alone = [cause for cause in change.causes if cause.alone]
    yield from (_cause(cause) for cause in alone)
    if not alone and change.causes:
        yield f"{and_more(map(_cause, change.causes), 4)}, together"


def _cause(cause: ChangeCause) -> str:
    return visible_line(str(cause)) + _at(cause.span)


def _at(span: Span | None) -> str:
    return f", {place(span)}" if span else ""


def _grant_words(grant: GrantChange) -> str:
    scope = f" in namespace {grant.scope}" if grant.scope else ""
    scc = "every SCC" if grant.scc == "*" else f"SCC {grant.scc}"
    unit = f" (unit {grant.unit})" if grant.unit != "." else ""
    may = "may now use" if grant.gained else "may no longer use"
    return visible_line(f"{full_name(grant.kind, grant.namespace, grant.name)} {may} {scc}{scope}{unit}")


def _right_words(right: RightChange) -> str:
    unit = f" (unit {right.unit})" if right.unit != "." else ""
    may = "may now" if right.gained else "may no longer"
    return visible_line(f"{full_name(right.kind, right.namespace, right.name)} {may} {right.right}{unit}")


def _namespace_words(change: NamespaceChange, arrow: str) -> str:
    wider = ", and admits more" if change.wider else ""
    return visible_line(f"Namespace {change.name}: {change.key}: {change.before or '-'} {arrow} {change.after or '-'}{wider}")


def _scc_words(scc: SccChange) -> str:
    parts = [f"now allows {listed(scc.opens)}"] if scc.opens else []
    parts += [f"now comes before others, with priority {scc.priority}"] if scc.priority is not None else []
    parts += [f"no longer allows {listed(scc.closes)}"] if scc.closes else []
    text = " and ".join(parts) or ("is less restrictive" if scc.wider else "is more restrictive")
    return visible_line(f"SCC {scc.name} {text}")


def _matrix_rows(differences: Differences) -> Iterator[tuple[str, ...]]:
    """Each workload with its SCC on each release, or that the cluster rejects its pods."""
    for rows in differences.matrix:
        cells = ["REJECTED" if row.result == "rejected" else row.scc or _EFFECTS.get(row.result, row.result) for row in rows]
        yield (_title(rows[0]), *map(visible_line, cells))
