"""One cause, one finding: a finding that goes with the fix of another one is shown as a line of that one.

Nothing is lost. A finding whose winner is hidden by a baseline or not selected stands by itself, because only live findings are grouped.
A suppression of the winner by a comment, an annotation or the settings covers it as well, unless it reaches further.
The winner weighs at least as much, so that the worst severity and the exit status stay as they are.
"""

import os.path
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from scclint.causes.consequences import is_implied
from scclint.causes.decisions import by_decision
from scclint.causes.reach import widest_first
from scclint.deploy.helm import CHART_FILE
from scclint.deploy.kustomize import NAMES
from scclint.finding import Finding, Suppression
from scclint.objects.documents.sniff import is_generated
from scclint.record import replace
from scclint.run.check import order, unplaced
from scclint.run.report import Report
from scclint.text import and_more
from scclint.yaml.untyped import in_any_item

YIELDS: Mapping[str, tuple[str, ...]] = {
    "SCC101": ("SEC206",),
    "SCC107": ("SCC101", "SCC102", "SEC201", "SCC104"),
    "SCC103": ("SCC107", "SCC102", "SEC201"),
    "SCC104": ("SEC201",),
    "SCC109": ("SEC201",),
    "SEC203": ("SCC102",),
    "RBA402": ("RBA401", "RBA403"),
    "RBA405": ("RBA402",),
}
"""The rules of the findings that a finding yields to, if they are about the same object. What fixes the other one fixes it as well."""

_BY_PERSONS = ("comment", "annotation", "config")
"""What suppresses a finding because of a decision about it."""

_REACHES_FURTHER = (("SCC103", "SCC107"), ("SCC109", "SEC201"), ("RBA402", "RBA403"))
"""Findings that a suppression of their winner does not cover, because they are about more than it is."""

ROLE, BINDING, PODS = "RBA401", "RBA402", "SCC102"
"""The rule about a role, that about its bindings, and that about the pods. A finding on a binding yields to that on the rule of the role
that it names, and to that on the pods of its subjects if they are all under the SCC because of the binding."""

SAME_FOR = "the same holds for"
"""What a message says before the other containers of its object, which are lines of the cause as well."""

UNKNOWN_FIELD = "MAN003"
"""The rule about fields that do not exist."""

_MADE = "a comment says that a program writes this file: change what it is made from"

_COPIES = frozenset(("install", "objects"))
"""Steps to the objects of a ClusterServiceVersion and a Template, which scripts make of the other manifests of a repository."""

_OF_ROLES = (ROLE, "RBA406")
"""The rules about roles, whose findings have in common the accounts that the role is bound to."""

_OF_PROGRAMS = (ROLE, BINDING, "RBA406", "RBA407")
"""The rules about rights that the code of a program needs, whatever form the program is delivered in."""

_ACCOUNT = "service account"
_IN_EVERY_NAMESPACE = frozenset(("builder", "default", "deployer"))
"""The service accounts that OpenShift creates in each namespace: two of one name are of two programs."""

_OF_CLUSTER = ("ClusterRole", "ClusterRoleBinding")

Subject = tuple[str, str, str, str, str]


def joined(report: Report, *, each_edit: bool = False) -> Report:
    """Return the report in which findings with one cause are suppressed by one of them, which lists them.

    `each_edit` leaves those apart that an edit of their own removes, as for fixes: copies of an object, and the objects that one decision
    outside of them concerns.
    """
    accepted = _mains(report.findings)
    pods = [finding for finding in report.findings if finding.rule_id == PODS and finding.cause]
    report = replace(report, findings=tuple(_covered(finding, accepted, pods) for finding in report.findings))
    made = {file: is_generated(report.texts.get(file, "")) for file in {finding.span.file for finding in report.live}}
    winners = _Winners(report, made).of(report.live, copies=not each_edit)
    of_decisions = {} if each_edit else by_decision([f for f in report.live if f not in winners])
    for decided in of_decisions.values():
        winners |= dict.fromkeys(decided.others, decided.first)
    others: dict[Finding, list[Finding]] = {}
    containers: dict[Finding, list[str]] = {}
    for loser in winners:
        winner = _root(loser, winners)
        others.setdefault(winner, []).append(loser)
        if _cause(loser) == _cause(winner) and loser.subject.container:
            containers.setdefault(winner, []).append(loser.subject.container)
    shown = [_shown(finding, winners, others, containers) for finding in report.findings]
    findings = [
        of_decisions[before].said(after) if before in of_decisions else after
        for before, after in zip(report.findings, shown, strict=True)
    ]
    noted = (
        replace(f, notes=(*f.notes, _MADE)) if f.suppression is None and made.get(f.span.file, False) else f for f in findings
    )
    # The cause of several objects stands at another place than its findings.
    return replace(report, findings=tuple(sorted(noted, key=order) if of_decisions else noted))


class _Winners:
    """Finds for each finding the one that it is a line of. `made` says which files a program writes."""

    def __init__(self, report: Report, made: Mapping[str, bool]) -> None:
        self._mains = _mains(report.findings)
        self._roles = [finding for finding in report.live if finding.rule_id in (ROLE, PODS)]
        self._rendered = {unit.name for unit in report.units if unit.rendered}
        self._made = made
        self._first: dict[tuple[object, ...], Finding] = {}

    def of(self, live: Sequence[Finding], *, copies: bool) -> dict[Finding, Finding]:
        """Return the winner of each finding that has one. `copies` is False if those on copies of one object have none."""
        # A file that is put together of others has more findings than each of them.
        number = Counter(finding.span.file for finding in live)
        by_source = sorted(
            live,
            # The line of a kustomization stands for objects that nobody wrote.
            key=lambda f: (
                self._is_derived(f),
                os.path.basename(f.span.file) in NAMES,
                self._rendered.isdisjoint(f.units),
                number[f.span.file],
            ),
        )
        found = {}
        for finding in by_source:
            winner = self._repeated(finding, copies) or next(_winners(finding, self._mains, self._roles), None)
            if winner is not None:
                found[finding] = winner
        return found | _of_markers([finding for finding in by_source if finding not in found])

    def _is_derived(self, finding: Finding) -> bool:
        return self._made[finding.span.file] or not _COPIES.isdisjoint(finding.path)

    def _repeated(self, finding: Finding, copies: bool) -> Finding | None:
        """Return the first finding that says the same as this one; None if this is the first."""
        said = self._earlier(_said(finding), finding)
        same = [
            self._earlier(_cause(finding), finding) if finding.cause else None,
            self._of_source(finding),
            self._of_program(finding),
            # What a program makes may differ from its source in other fields.
            said if self._is_derived(finding) else None,
            *([self._earlier(key, finding) for key in _same(finding)] if copies else ()),
        ]
        repeated: Finding | None = next((other for other in same if other is not None), None)
        if repeated is not None:
            return repeated
        # What one line of a template or base says counts once, whatever the objects are called that it makes.
        line = (finding.rule_id, finding.severity, finding.span, finding.path, finding.releases, finding.subject.kind)
        of_line = self._earlier(line, finding)
        return of_line if of_line is not None and of_line.subject.name != finding.subject.name else None

    def _of_source(self, finding: Finding) -> Finding | None:
        """Return what the source of a derived finding says. `operator-sdk` makes permissions of a ClusterServiceVersion from roles."""
        rights, implied = _rights(finding), is_implied(finding)
        named = (*rights, finding.subject.kind, finding.subject.name)
        if not self._is_derived(finding):
            self._first.setdefault(rights, finding)
            self._first.setdefault(named, finding)
            return None
        source = self._first.get(rights if implied else named)
        if source is None and implied:
            self._first.setdefault(named, finding)
        return source

    def _of_program(self, finding: Finding) -> Finding | None:
        """Return the first finding on the same right of an account of the same name in another unit.

        A repository delivers one program in several forms: manifests, kustomizations, charts. In one unit, these are two programs.
        """
        key = _delivered(finding)
        first = self._earlier(key, finding) if key else None
        apart = first is not None and set(first.units).isdisjoint(finding.units)
        return first if first is not None and apart and _may_be_one_program(first, finding) else None

    def _earlier(self, key: tuple[object, ...], finding: Finding) -> Finding | None:
        """Return the first finding with this key; None if it is this one."""
        first = self._first.setdefault(key, finding)
        return first if first is not finding else None


def _of_markers(findings: Sequence[Finding]) -> dict[Finding, Finding]:
    """Return for each finding on a right that a marker in code gives the one that stands for all of the marker, if that is another one.

    That is the one of widest reach, and of these the first: `make` writes one right into roles for the cluster and for a namespace.
    """
    known = {finding.origins[0] for finding in findings if len(finding.origins) == 1}
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        # A chart can be of each of the programs that have such a marker.
        markers = known.intersection(finding.origins) or {*finding.origins[:1]}
        for marker in markers if len(markers) == 1 else ():
            groups.setdefault((finding.rule_id, finding.releases, marker), []).append(finding)
    first = {
        key: min(group, key=lambda f: (f.severity.rank, f.subject.kind not in _OF_CLUSTER)) for key, group in groups.items()
    }
    return {finding: first[key] for key, group in groups.items() for finding in group if finding is not first[key]}


def _mains(findings: Sequence[Finding]) -> dict[tuple[str, Subject], Finding]:
    """Return for each rule and object the finding that those of other rules yield to: one with a cause, and a live one if possible."""
    mains: dict[tuple[str, Subject], Finding] = {}
    for finding in findings:
        key = finding.rule_id, _subject(finding)
        mains[key] = min(mains.get(key, finding), finding, key=lambda one: (not one.cause, one.suppression is not None))
    return mains


def _covered(finding: Finding, mains: Mapping[tuple[str, Subject], Finding], pods: Sequence[Finding]) -> Finding:
    """Return a finding with the suppression of the one that it would be a line of, if a person suppressed that.

    `pods` are the findings on pods that have an SCC because of a binding. The finding on the binding goes with all of them.
    """
    rules = (rule for rule in YIELDS.get(finding.rule_id, ()) if (finding.rule_id, rule) not in _REACHES_FURTHER)
    known = [main.suppression for rule in rules if (main := mains.get((rule, _subject(finding)))) is not None]
    if finding.rule_id == BINDING:
        of_pods = [pod.suppression for pod in pods if pod.cause == finding.cause and set(finding.units) <= set(pod.units)]
        known += of_pods if all(one is not None and one.by in _BY_PERSONS for one in of_pods) else ()
    accepted = next((one for one in known if one is not None and one.by in _BY_PERSONS), None)
    return replace(finding, suppression=accepted) if accepted is not None and finding.suppression is None else finding


def _winners(finding: Finding, mains: Mapping[tuple[str, Subject], Finding], roles: Sequence[Finding]) -> Iterator[Finding]:
    if finding.rule_id == BINDING:
        steps = {step.span for step in finding.related}
        for role in roles:
            same = role.span in steps if role.rule_id == ROLE else finding.cause and role.cause == finding.cause
            if same and set(finding.units) <= set(role.units) and role.severity.rank <= finding.severity.rank:
                yield role
    for rule in YIELDS.get(finding.rule_id, ()):
        winner = mains.get((rule, _subject(finding)))
        if winner is not None and winner.suppression is None and winner.severity.rank <= finding.severity.rank:
            yield winner


def _root(finding: Finding, winners: Mapping[Finding, Finding]) -> Finding:
    while finding in winners:
        finding = winners[finding]
    return finding


def _shown(
    finding: Finding,
    winners: Mapping[Finding, Finding],
    others: Mapping[Finding, list[Finding]],
    containers: Mapping[Finding, list[str]],
) -> Finding:
    """Return a finding with what yields to it, or suppressed by its winner. `containers` are the other ones that it is about."""
    if finding in winners:
        return hidden_by(_root(finding, winners), finding)
    if finding not in others:
        return finding
    message = finding.message
    if named := containers.get(finding):
        # Some formats show the message alone.
        message += f"; {SAME_FOR} container{'' if len(named) == 1 else 's'} {and_more(named, 3)}"
    return replace(finding, message=message, others=tuple(widest_first(others[finding])))


def hidden_by(winner: Finding, finding: Finding) -> Finding:
    """Return a finding that is shown as a line of its winner alone."""
    file = f" of {winner.span.file}" if winner.span.file != finding.span.file else ""
    reason = f"{winner.rule_id} in line {winner.span.line}{file} has the same cause"
    return replace(finding, suppression=Suppression("finding", reason, winner.span))


def _subject(finding: Finding) -> Subject:
    subject = finding.subject
    return finding.span.file, subject.kind, subject.namespace, subject.name, subject.part


def _rights(finding: Finding) -> tuple[object, ...]:
    """What a finding about an account has in common with one about an account of the same name that has the same rights."""
    accounts = frozenset(subject.rpartition("/")[2].rpartition(" ")[2] for subject in finding.subjects)
    common = accounts or (finding.cause if finding.rule_id in _OF_ROLES else "") or finding
    # OLM binds more of the same roles cluster-wide, so that a ClusterServiceVersion may give more ways than its source.
    # The field is another one in a ClusterServiceVersion.
    opens = finding.cause if finding.rule_id == "RBA407" else finding.opens - {unplaced(finding)}
    return finding.rule_id, finding.severity, finding.releases, opens, common


def _delivered(finding: Finding) -> tuple[object, ...]:
    """What a finding on a right of service accounts has in common with that on another form of the program; empty if it is no such one."""
    if finding.rule_id not in _OF_PROGRAMS:
        return ()
    # The rules about roles name the accounts as the cause.
    subjects = finding.subjects or tuple(f"{_ACCOUNT} {name}" for name in finding.cause.split(", ") if " " not in name)
    names = frozenset(subject.removeprefix(_ACCOUNT).strip().rpartition("/")[2] for subject in subjects)
    if not names or not names.isdisjoint(_IN_EVERY_NAMESPACE) or not all(subject.startswith(_ACCOUNT) for subject in subjects):
        return ()
    return (
        _OF_PROGRAMS,
        finding.rule_id,
        finding.severity,
        finding.releases,
        finding.opens,
        finding.subject.kind,
        names,
    )


def _may_be_one_program(first: Finding, other: Finding) -> bool:
    """Whether accounts of one name can be of one program: in one namespace, or by objects whose names differ in a prefix alone."""
    name, other_name = first.subject.name, other.subject.name
    homes, other_homes = _namespaces(first), _namespaces(other)
    apart = bool(homes) and bool(other_homes) and homes.isdisjoint(other_homes)
    return not apart or name.endswith(other_name) or other_name.endswith(name)


def _namespaces(finding: Finding) -> frozenset[str]:
    """The namespaces of the accounts that a finding is about, as far as they are known."""
    return frozenset(subject.removeprefix(_ACCOUNT).strip().partition("/")[0] for subject in finding.subjects if "/" in subject)


def _said(finding: Finding) -> tuple[object, ...]:
    """What a finding says, of an object in any file."""
    subject = finding.subject
    about = subject.kind, subject.name, subject.part, subject.container
    return finding.rule_id, finding.severity, finding.message, finding.releases, about


def _same(finding: Finding) -> Iterator[tuple[object, ...]]:
    """What a finding has in common with one that says the same of a copy of the object, or of the object in another unit."""
    said = *_said(finding), finding.subject.namespace
    yield *said, finding.span
    if finding.subject.name:
        # Files of one folder that define the same object are alternatives, and the same is to be done.
        yield *said, finding.path, os.path.dirname(finding.span.file), finding.help
    yield from ((*said, finding.path, content) for content in finding.contents)
    if finding.help:
        # One line of a template wrote several fields of the object, and the same is to be done.
        yield finding.rule_id, finding.severity, _subject(finding), finding.span, finding.help, finding.releases
    if others := {opening.of for opening in finding.openings if opening.of}:
        # What is said of a namespace is said once, whatever its workloads are.
        yield finding.rule_id, finding.severity, finding.releases, frozenset(others)
    if os.path.basename(finding.span.file) == CHART_FILE:
        # The objects of a packed dependency are one decision: whether and how the chart depends on it.
        yield finding.rule_id, finding.severity, finding.span, finding.releases
    if finding.rule_id == UNKNOWN_FIELD:
        # Whoever writes one field into a mapping that does not have it writes the others there as well, and it into other items of a list.
        yield finding.rule_id, finding.severity, _subject(finding), finding.path[:-1], finding.releases
        yield finding.rule_id, finding.severity, _subject(finding), in_any_item(finding.path), finding.releases, finding.help
    if finding.path[-1:] == ("apiVersion",):
        # All objects of a folder or unit that need another version are corrected in one go.
        old = finding.rule_id, finding.severity, finding.releases, finding.help
        yield *old, os.path.dirname(finding.span.file)
        yield *old, finding.units


def _cause(finding: Finding) -> tuple[object, ...]:
    """What findings with the same cause have in common."""
    return finding.rule_id, finding.severity, _subject(finding), finding.help, finding.cause, finding.releases, finding.units
