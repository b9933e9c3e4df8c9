"""Stage check: every selected rule sees every subject it asks for, in the world of every release."""

import json
import re
from binascii import crc32
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from scclint.cluster import Cluster
from scclint.config import Selection
from scclint.finding import (
    Crash,
    Finding,
    Ignore,
    Kind,
    Problem,
    Related,
    Remedy,
    Severity,
    Subject,
    help_text,
    shortened,
)
from scclint.limits import GLANCE, MAX_OBJECT_NAME, MAX_TEXT
from scclint.objects.documents.document import Document
from scclint.objects.types import ApiObject, Workload
from scclint.outcome.world import World
from scclint.platform.releases import NEWEST_KUBERNETES
from scclint.platform.terms import generated_name
from scclint.record import Memo, record, replace
from scclint.rule import AnyRule, Checked
from scclint.run.options import Progress, silent
from scclint.yaml.untyped import as_mapping

_IN_CLUSTER = frozenset(("admission", "pod-security", "rbac"))
"""The tags of rules about what an object does in the cluster. Other rules look at the object alone, which may be rejected."""

_OF_PODS = frozenset(("admission", "pod-security", "seccomp"))
"""The tags of rules whose findings may depend on the SCC that admits a pod."""

_ADD_NAMESPACE = "If the namespace has other ranges, add the Namespace with its annotations to the input."
_ADD_ROLE = "If the role allows the use of an SCC, add it to the input (--cluster-state)."

Found = dict[Finding, set[str]]
"""What rules found: for each finding the releases that it holds for."""


def nothing_more(release: str, subject: Checked) -> None:
    """Do nothing after the rules."""


def apply_rules(
    worlds: Mapping[str, World],
    subjects: Sequence[Checked],
    rules: Sequence[AnyRule],
    select: Callable[[str], Selection],
    progress: Progress = silent,
    then: Callable[[str, Checked], None] = nothing_more,
) -> tuple[list[Finding], list[Crash]]:
    """What the rules say of `subjects` (model objects, documents, ignores), merged over the worlds.

    `select` gives the rules that hold for a file. A finding that several releases share is one finding that names them.
    A rule that raises is a Crash; the others go on. `then` is called when the rules have seen a subject on a release.
    """
    return joined([look(worlds, subjects, rules, select, progress, then)], worlds)


def look(
    worlds: Mapping[str, World],
    subjects: Sequence[Checked],
    rules: Sequence[AnyRule],
    select: Callable[[str], Selection],
    progress: Progress = silent,
    then: Callable[[str, Checked], None] = nothing_more,
) -> tuple[Found, list[Crash]]:
    """Return what the rules say of some of the subjects, which `joined` joins with what they say of the others: see `apply_rules`."""
    concerned = {kind: [r for r in rules if issubclass(kind, r.on)] for kind in {type(s) for s in subjects}}
    found: Found = {}
    crashes: dict[Crash, None] = {}
    contents = Memo()
    total = len(subjects)
    for done, subject in enumerate(subjects, 1):
        progress("judged", done, total)
        selected = select(subject.file)
        chosen = [rule for rule in concerned[type(subject)] if rule.id in selected]
        for release, world in worlds.items():
            for rule in chosen:
                if "scc" in rule.tags and world.cluster.platform == "kubernetes":
                    # Plain Kubernetes has no SCCs, whatever objects lie about.
                    continue
                if isinstance(subject, ApiObject) and not _IN_CLUSTER.isdisjoint(rule.tags) and world.rejects(subject):
                    continue
                try:
                    problems = [*rule.check(world.merged(subject), world)]
                    for problem, assumed in zip(problems, _assumptions(problems, rule, subject, world), strict=True):
                        finding = stamp(problem, rule, selected[rule.id], subject, contents, assumed)
                        found.setdefault(finding, set()).add(release)
                except Exception as error:  # a rule's bug must not take the other findings with it
                    crashes[Crash(rule.id, subject_of(subject), f"{type(error).__name__}: {error}")] = None
            then(release, subject)
    return found, list(crashes)


def joined(parts: Iterable[tuple[Found, Sequence[Crash]]], worlds: Mapping[str, World]) -> tuple[list[Finding], list[Crash]]:
    """Return the findings and crashes of all parts of the subjects, which come in the order of the subjects."""
    (found, crashed), *others = parts
    crashes = dict.fromkeys(crashed)
    for of_part, broken in others:
        crashes.update(dict.fromkeys(broken))
        for finding, of_release in of_part.items():
            found.setdefault(finding, set()).update(of_release)
    several = len(worlds) > 1
    findings = (
        replace(finding, releases=tuple(release for release in worlds if release in of_release) if several else ())
        for finding, of_release in found.items()
    )
    return sorted(findings, key=order), list(crashes)


def field_of(problem: Problem, message: str, subject: Checked) -> str:
    """Return what tells a problem apart from others on its object: the field, without the places of list items.

    It leads from the object, which may be an item of a List. Of a document that is no object it is the message, without the numbers of lines
    and columns.
    """
    if not isinstance(subject, ApiObject):
        return re.sub(r"\b(line|column) \d+", r"\1", message)
    path, above = problem.at.path, subject.item.path
    within = path[len(above) :] if path[: len(above)] == above else path
    return ".".join(part for part in within if isinstance(part, str))


@record
class Assumption:
    """What a problem rests on and the input does not give, as a clause, and what to do about it; empty if it rests on nothing of the kind."""

    words: str = ""
    help: str = ""


CERTAIN = Assumption()


def _assumptions(problems: Sequence[Problem], rule: AnyRule, subject: Checked, world: World) -> list[Assumption]:
    """Return for each problem what it rests on."""
    if not problems or not isinstance(subject, Workload) or _OF_PODS.isdisjoint(rule.tags):
        return [CERTAIN] * len(problems)
    from scclint.outcome.absent_roles import open_on

    absent = open_on(subject, world)
    otherwise = Assumption(f"rejected unless {absent}", _ADD_ROLE) if absent else CERTAIN
    other = world.with_own_ranges(subject)
    if other is None:
        return [otherwise] * len(problems)
    from scclint.outcome.own_ranges import assumption

    stay = {(problem.at.path, _container(problem)) for problem in rule.check(other.merged(subject), other)}
    ranges = Assumption(f"assumed: {assumption(world.outcome(subject))}", _ADD_NAMESPACE)
    return [otherwise if (problem.at.path, _container(problem)) in stay else ranges for problem in problems]


def _container(problem: Problem) -> str:
    """The name of the container that a problem is about; empty if it is about none or several."""
    return str(problem.facts.get("container", ""))


def check_ignores(
    ignores: Sequence[Ignore], rules: Sequence[AnyRule], select: Callable[[str], Selection]
) -> tuple[list[Finding], list[Crash]]:
    """What the rules about suppressions say of some. They ask for no world, as a suppression is the same on every release."""
    return apply_rules({"": World((), Cluster.kubernetes(NEWEST_KUBERNETES))}, ignores, rules, select)


def stamp(
    problem: Problem,
    rule: AnyRule,
    severity: Severity | None,
    subject: Checked,
    contents: Memo,
    assumed: Assumption = CERTAIN,
) -> Finding:
    """The finding that a problem becomes: with the rule's identity, its subject, and the severity or reach in force.

    `severity` is what the user gives the rule in this file; without one that of the problem counts, then that of the rule. A problem that
    depends on what is `assumed` is a gap. `contents` keeps the checksum of each subject.
    """
    from scclint.run.problem_text import ProblemText

    text = ProblemText(problem, rule, subject)
    message, notes = text.message, text.notes
    if problem.refusal is not None:
        notes = (problem.refusal.text, *notes)
    sources: tuple[Related, ...] = ()
    if isinstance(subject, ApiObject):
        message, more = _at_a_glance(message)
        notes = (*more, *notes)
        if subject.provenance.substitutions or subject.provenance.origin is not None:
            from scclint.deploy.origins.objects import made_from

            sources, caveats = made_from(subject, problem.at)
            notes = (*notes, *caveats)
    kind, turns_on = _kind(problem, rule, assumed)
    weight = severity or rule.severities.get(problem.code, rule.severity)
    if turns_on:
        # In the message, which every format has.
        message = f"{message} ({turns_on})"
    if isinstance(subject, Workload) and subject.provenance.placed_by == "account" and "manifest" not in rule.tags:
        where, account, placeholder = subject.provenance.home, subject.pod.service_account, subject.provenance.placeholder
        unsaid = f"namespace {placeholder} is a placeholder" if placeholder else "the manifest sets no namespace"
        notes = (*notes, f"{unsaid}; {where} is the only one in the input with service account {account}")
    remedies, help = _advice(problem, text.help, subject)
    if assumed.help:
        help = f"{help} {assumed.help}".lstrip()
    word = problem.word
    what = word.what if word is not None else problem.what
    container = word.part if word is not None else _container(problem)
    reach = (word.reach if word is not None else "") or rule.reach
    return Finding(
        rule_id=rule.id,
        rule_name=rule.name,
        kind=kind,
        severity=weight if kind == "problem" else None,
        message=shortened(message),
        span=problem.at.span,
        subject=subject_of(subject, container),
        path=subject.written(problem.at.path) if isinstance(subject, ApiObject) else problem.at.path,
        related=_shortened(dict.fromkeys((*text.related, *sources))),
        help=shortened(help),
        flow=_shortened(problem.flow),
        notes=notes,
        subjects=tuple(sorted(set(map(str, problem.facts.get("subjects", ()))))),
        contents=(contents((_content, id(subject)), partial(_content, subject)),) if isinstance(subject, ApiObject) else (),
        cause=problem.cause,
        remedies=remedies,
        decision=problem.decision,
        refusal=problem.refusal,
        reach=reach if kind == "access" else None,
        what=shortened(what or field_of(problem, message, subject), MAX_OBJECT_NAME),
        who=word.who if word is not None else "",
        through=word.through if word is not None else "",
        turns_on=turns_on,
    )


def _kind(problem: Problem, rule: AnyRule, assumed: Assumption) -> tuple[Kind, str]:
    """Return the kind of a fact, and what it depends on if that makes it a gap."""
    turns_on = problem.turns_on or assumed.words
    # The manifests ask for access, and hand it out, whatever else the cluster has. Advice says nothing that a verdict decides.
    return ("gap", turns_on) if turns_on and rule.kind == "problem" else (rule.kind, "")


def _content(obj: ApiObject) -> str:
    """A checksum of an object without its metadata and version."""
    content = {key: value for key, value in obj.manifest.items() if key not in ("apiVersion", "metadata", "status")}
    text = json.dumps(content, sort_keys=True, default=repr)
    return f"{len(text)}-{crc32(text.encode()):08x}"


def _at_a_glance(message: str) -> tuple[str, tuple[str, ...]]:
    """The first clause of a message that is too long to be read at a glance, and the others as notes."""
    if len(message) <= GLANCE:
        return message, ()
    first, *others = message.split("; ")
    return first, tuple(others)


def _advice(problem: Problem, more: str, subject: Checked) -> tuple[tuple[Remedy, ...], str]:
    """The remedies of a problem, its edits among them, and what they say in words, with `more` to say about it."""
    help = " ".join(filter(None, (help_text(problem.remedies), more)))
    document = subject if isinstance(subject, Document) else None
    if isinstance(subject, ApiObject):
        document = subject.document
    if not problem.edits or document is None or document.root is None:
        return problem.remedies, help
    from scclint.advice.draft import edit_of

    written = subject.written if isinstance(subject, ApiObject) else tuple
    edit = edit_of(document.root, [replace(operation, path=written(operation.path)) for operation in problem.edits])
    return (edit, *problem.remedies), help or help_text((edit,))


def _shortened(places: Iterable[Related]) -> tuple[Related, ...]:
    return tuple(p if len(p.message) <= MAX_TEXT else Related(shortened(p.message), p.span) for p in places)


def subject_of(subject: Checked, container: str = "") -> Subject:
    """Return what a fact is about. An object whose name the API server generates goes by the prefix."""
    if isinstance(subject, ApiObject):
        part = subject.part if isinstance(subject, Workload) else ""
        name = generated_name(as_mapping(subject.manifest.get("metadata"))) if subject.is_generated else subject.name
        named = (subject.api_version, subject.kind, subject.namespace, name, container, part)
        return Subject(*(shortened(text, MAX_OBJECT_NAME) for text in named))
    return Subject()


def order(finding: Finding) -> tuple[Any, ...]:
    """Return the key by which findings are sorted: place, rule, message."""
    return (*finding.span[:3], finding.rule_id, finding.message)
