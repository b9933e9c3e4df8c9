"""Suppressions: how they are written, what they cover, and what is said of those that are of no use."""

from collections.abc import Iterator, Sequence
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.config.selection import covers
from scclint.finding import END, Finding, Ignore, Severity, Subject, Suppression
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.kinds import SUBJECT_KINDS
from scclint.record import replace
from scclint.registry import builtin
from scclint.rule import AnyRule
from scclint.run.problem_text import ProblemText
from scclint.source import Span
from scclint.suppress import apply as suppressions
from scclint.suppress.syntax import annotation_ignores, comment_ignores, parse_annotation, parse_comment

TODAY = date(2026, 7, 1)
RULES = builtin().rules
SUP = {rule.id: rule for rule in RULES if rule.id.startswith("SUP")}
AT = Span("a.yaml", 7, 5, 8, END)


def finding(rule_id: str, line: int, column: int = 1, *, file: str = "a.yaml", end_line: int = 0, **subject: str) -> Finding:
    [rule] = [r for r in RULES if r.id == rule_id]
    span = Span(file, line, column, end_line or line, column + 5)
    return Finding(rule.id, rule.name, rule.kind, rule.severity, "message", span, Subject(**subject))


def apply(findings: Sequence[Finding], *ignores: Ignore | None, **options: Any) -> tuple[list[Finding], list[Ignore]]:
    given: Any = {"root": ".", "ran": lambda rule, file: True} | options
    return suppressions.apply(findings, [i for i in ignores if i is not None], RULES, TODAY, **given)


def of_object(found: Finding, ignore: Ignore) -> Finding:
    """The finding, of the object that an annotation speaks of."""
    assert ignore.about is not None
    return replace(found, subject=Subject("", *ignore.about, found.subject.container))


def said(ignore: Ignore) -> list[str]:
    """What the SUP rules say of an ignore, as `ID message`."""
    world: Any = None
    return [
        f"{rule.id} {ProblemText(problem, rule, ignore).message}"
        for rule in SUP.values()
        for problem in rule.check(ignore, world)
    ]


class TestComment:
    @pytest.mark.parametrize(
        ("text", "rules", "reason", "until"),
        [
            ("# scclint: ignore[SEC201] because", ("SEC201",), "because", None),
            ("#scclint:ignore[SEC201]because", ("SEC201",), "because", None),
            ("# scclint: ignore[SEC201]", ("SEC201",), "", None),
            ("# scclint: ignore[SEC201]: because", ("SEC201",), "because", None),
            ("# scclint: ignore [ SEC201 , no-scc-admits ]  a  b ", ("SEC201", "no-scc-admits"), "a b", None),
            ("# noqa # scclint: ignore[SEC2] x", ("SEC2",), "x", None),
            ("# scclint: ignore[SEC201] until=2027-01-31 because", ("SEC201",), "because", date(2027, 1, 31)),
            ("# scclint: ignore[SEC201] because until=2027-01-31", ("SEC201",), "because", date(2027, 1, 31)),
            ("# scclint: ignore[SEC201] notuntil=x", ("SEC201",), "notuntil=x", None),
        ],
    )
    def test_understood(self, text: str, rules: tuple[str, ...], reason: str, until: date | None) -> None:
        ignore = parse_comment(text, AT)
        assert ignore is not None
        assert (ignore.rules, ignore.reason, ignore.until, ignore.mistake) == (rules, reason, until, "")
        assert ignore.region == Span("a.yaml", 7, 1, 8, END)

    @pytest.mark.parametrize(
        "text", ["# about scclint: a linter", "#", "# scclint", "# SCCLINT: ignore[SEC201]", "# ignore[SEC201]"]
    )
    def test_not_ours(self, text: str) -> None:
        assert parse_comment(text, AT) is None

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("# scclint: ingore[SEC201] x", "'ingore' is none of ignore and ignore-file"),
            ("# scclint:", "'' is none of ignore and ignore-file"),
            ("# scclint: ignore", "it names no rule; write `# scclint: ignore[SEC201] reason`"),
            ("# scclint: ignore SEC201", "it names no rule; write `# scclint: ignore[SEC201] reason`"),
            ("# scclint: ignore[ , ] x", "it names no rule; write `# scclint: ignore[SEC201] reason`"),
            ("# scclint: ignore[SEC201 x", "its list of rules is not closed; write `# scclint: ignore[SEC201] reason`"),
            ("# scclint: ignore[SEC201] until=2027-02-31 x", "until=2027-02-31 is not a date like 2027-01-31"),
            ("# scclint: ignore[SEC201] until= x", "until= is not a date like 2027-01-31"),
        ],
    )
    def test_misunderstood_covers_nothing(self, text: str, mistake: str) -> None:
        ignore = parse_comment(text, AT)
        marked, [judged] = apply([finding("SEC201", 7), finding("SEC201", 8)], ignore)
        assert [f.suppression for f in marked] == [None, None]
        assert said(judged) == [f"SUP901 this comment suppresses nothing: {mistake}"]

    def test_stands_where_it_begins(self) -> None:
        ignore = parse_comment("# noqa # scclint: ignore[SEC201] x ", AT)
        assert ignore is not None
        assert (ignore.span, ignore.region) == (Span("a.yaml", 7, 12, 7, 39), AT._replace(column=1))

    def test_whole_file(self) -> None:
        ignore = parse_comment("# scclint: ignore-file[SEC201] x", AT)
        assert ignore is not None
        assert ignore.region == Span("a.yaml", 1, 1, END, END)
        marked, _ = apply([finding("SEC201", 1), finding("SEC201", 10**6), finding("SEC202", 7)], ignore)
        assert [f.suppression is not None for f in marked] == [True, True, False]


STREAM = """\
kind: A
# scclint: ignore[SEC201] first
b: 3
c: 4  # scclint: ignore[SEC201] trailing
# scclint: ignore[SEC201] of a block
# scclint: ignore[SEC202] of the same
# that goes on
d: 8
e: "9 # scclint: ignore[SEC201] no comment"
---
# scclint: ignore[SEC203] second document
f: 12
"""


class TestLines:
    def covered(self, rule_id: str) -> list[int]:
        documents = load_text("a.yaml", STREAM, frozenset())
        ignores = [ignore for document in documents for ignore in comment_ignores(document)]
        marked, _ = apply([finding(rule_id, line) for line in range(1, 14)], *ignores)
        return [f.span.line for f in marked if f.suppression is not None]

    def test_its_line_and_the_one_below_its_block(self) -> None:
        assert self.covered("SEC201") == [2, 3, 4, 5, 6, 7, 8]
        assert self.covered("SEC202") == [6, 7, 8]
        assert self.covered("SEC203") == [11, 12]

    @pytest.mark.parametrize(("line", "end_line", "covered"), [(5, 6, False), (5, 7, True), (8, 9, True), (9, 9, False)])
    def test_any_line_of_the_region(self, line: int, end_line: int, covered: bool) -> None:
        [marked], _ = apply([finding("SEC201", line, end_line=end_line)], parse_comment("# scclint: ignore[SEC201] x", AT))
        assert (marked.suppression is not None) is covered

    @pytest.mark.parametrize(("column", "covered"), [(4, False), (5, True), (8, True), (9, False)])
    def test_span_without_extent_counts_as_one_character(self, column: int, covered: bool) -> None:
        ignore = Ignore("annotation", ("SEC201",), AT, region=Span("a.yaml", 7, 5, 7, 9))
        empty = replace(finding("SEC201", 7), span=Span("a.yaml", 7, column, 7, column))
        [marked], _ = apply([empty], ignore)
        assert (marked.suppression is not None) is covered

    def test_only_in_its_file(self) -> None:
        [marked], _ = apply([finding("SEC201", 7, file="b.yaml")], parse_comment("# scclint: ignore[SEC201] x", AT))
        assert marked.suppression is None


LIST = """\
{"kind": "List", "apiVersion": "v1", "items": [{"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "one", "annotations": {\
"scclint.dev/ignore": "SEC201: because"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}, {"kind": "Pod", \
"apiVersion": "v1", "metadata": {"name": "two"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}]}
"""

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    scclint.dev/ignore: |
      SEC201: for both
      container/side: unconfined, SEC203: of the sidecar; SCC101
spec:
  template:
    metadata:
      annotations:
        scclint.dev/ignore: "SCC102: of the template until=2027-01-31"
    spec:
      containers:
        - {name: web, image: i}
"""


def annotated(text: str) -> Iterator[Ignore]:
    for document in load_text("a.yaml", text, SUBJECT_KINDS):
        for obj in expand(document):
            yield from annotation_ignores(obj)


class TestAnnotation:
    def test_object_and_template(self) -> None:
        ignores = list(annotated(DEPLOYMENT))
        assert [(i.rules, i.container, i.reason, i.until) for i in ignores] == [
            (("SEC201",), "", "for both", None),
            (("unconfined", "SEC203"), "side", "of the sidecar", None),
            (("SCC101",), "", "", None),
            (("SCC102",), "", "of the template", date(2027, 1, 31)),
        ]
        assert {i.span.line for i in ignores} == {6, 13}
        assert {i.region for i in ignores} == {Span("a.yaml", 1, 1, 16, 32)}
        assert ignores[-1].path == ("spec", "template", "metadata", "annotations", "scclint.dev/ignore")

    def test_an_object_without_pods(self) -> None:
        role = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, annotations: {scclint.dev/ignore: 'PSA601: x'}}\n"
        assert [(i.rules, i.about) for i in annotated(role)] == [(("PSA601",), ("Namespace", "", "a"))]

    def test_narrowed_to_a_container(self) -> None:
        ignores = [*annotated(DEPLOYMENT)]
        findings = [of_object(finding("SEC202", 16, container=name), ignores[0]) for name in ("side", "web", "")]
        marked, _ = apply(findings, *ignores)
        assert [f.suppression is not None for f in marked] == [True, False, False]

    def test_what_other_objects_share_through_aliases_is_theirs(self) -> None:
        ignores = [*annotated(DEPLOYMENT)]
        ours = of_object(finding("SEC201", 16), ignores[0])
        marked, _ = apply([ours, replace(ours, subject=Subject("v1", "Pod", "", "other"))], *ignores)
        assert [f.suppression is not None for f in marked] == [True, False]

    def test_objects_on_one_line_are_kept_apart(self) -> None:
        [ignore] = annotated(LIST)
        first, second = LIST.index('"spec"') + 1, LIST.rindex('"spec"') + 1
        marked, _ = apply([of_object(finding("SEC201", 1, column), ignore) for column in (first, second)], ignore)
        assert [f.suppression for f in marked] == [Suppression("annotation", "because", ignore.span), None]

    @pytest.mark.parametrize(
        "value", ["because it is so", "SEC201 - why", "container/: SEC201: x", ":", "container/web SEC201", "SEC201;x y"]
    )
    def test_misunderstood(self, value: str) -> None:
        *_, ignore = parse_annotation(value, AT, (), AT)
        piece = value.partition(";")[2] or value
        assert said(ignore) == [
            f"SUP901 this annotation suppresses nothing: {piece!r} is not of the form `SEC201: reason` or "
            "`container/NAME: SEC201: reason`"
        ]

    def test_empty(self) -> None:
        assert list(parse_annotation(" ;\n; ", AT, (), AT)) == []


class TestConfig:
    def ignore(self, **about: Any) -> Ignore:
        return Ignore("config", ("SEC201",), Span(".scclint.yaml", 3, 5, 3, 9), reason="because", **about)

    @pytest.mark.parametrize(
        ("about", "covered"),
        [
            ({}, True),
            ({"kind": "DaemonSet"}, True),
            ({"kind": "*Set"}, True),
            ({"kind": "Deployment"}, False),
            ({"namespace": "kube-*"}, True),
            ({"namespace": "shop"}, False),
            ({"name": "node-?"}, True),
            ({"name": "node"}, False),
            ({"container": "c"}, True),
            ({"container": "d"}, False),
            ({"paths": ("legacy/**",)}, True),
            ({"paths": ("other/", "*.yaml")}, True),
            ({"paths": ("other/",)}, False),
            ({"kind": "DaemonSet", "name": "other"}, False),
            ({"until": TODAY}, True),
            ({"until": date(2026, 6, 30)}, False),
        ],
    )
    def test_everything_stated_must_fit(self, about: dict[str, Any], covered: bool) -> None:
        found = finding(
            "SEC201", 4, file="conf/legacy/a.yaml", kind="DaemonSet", namespace="kube-x", name="node-1", container="c"
        )
        [marked], _ = apply([found], self.ignore(**about), root="conf")
        expected = Suppression("config", "because", Span(".scclint.yaml", 3, 5, 3, 9)) if covered else None
        assert marked == replace(found, suppression=expected)


class TestJudgement:
    comment = parse_comment("# scclint: ignore[SEC201, SEC202] x", AT)

    def test_of_use(self) -> None:
        _, [judged] = apply([finding("SEC201", 7), finding("SEC202", 8), finding("SEC202", 8)], self.comment)
        assert (judged.uses, judged.unused, judged.expired) == (3, (), False)
        assert said(judged) == []

    def test_partly_unused(self) -> None:
        _, [judged] = apply([finding("SEC201", 7)], self.comment)
        assert said(judged) == ["SUP901 the suppression of SEC202 matches no finding"]

    def test_unused(self) -> None:
        _, [judged] = apply([], self.comment)
        assert said(judged) == ["SUP901 the suppression of SEC201, SEC202 matches no finding"]

    def test_not_unused_where_the_rule_did_not_run(self) -> None:
        _, [judged] = apply([], self.comment, ran=lambda rule_id, file: (rule_id, file) == ("SEC202", "a.yaml"))
        assert judged.unused == ("SEC202",)
        _, [judged] = apply([], self.comment, ran=lambda rule_id, file: False)
        assert said(judged) == []

    def test_two_that_cover_the_same_are_both_of_use(self) -> None:
        second = parse_comment("# scclint: ignore[unconfined-by-default] y", AT)
        [marked], judged = apply([finding("SEC201", 7)], parse_comment("# scclint: ignore[SEC201] x", AT), second)
        assert marked.suppression is not None and marked.suppression.reason == "x"
        assert [said(j) for j in judged] == [[], []]

    def test_unknown_rule(self) -> None:
        _, [judged] = apply([], parse_comment("# scclint: ignore[SEC2O7] x", AT))
        assert said(judged) == ["SUP901 this comment suppresses nothing: no rule is called 'SEC2O7'; did you mean 'SEC201'?"]

    def test_unknown_rule_among_known_ones(self) -> None:
        [marked], [judged] = apply([finding("SEC201", 7)], parse_comment("# scclint: ignore[SEC201, nonsense] x", AT))
        assert marked.suppression is not None
        assert said(judged) == [
            "SUP901 this comment suppresses only a part of what it lists: no rule is called 'nonsense'; `scclint rules` lists them"
        ]

    def test_without_reason(self) -> None:
        _, [judged] = apply([finding("SEC201", 7)], parse_comment("# scclint: ignore[SEC201]", AT))
        assert said(judged) == ["SUP902 the suppression of SEC201 has no reason"]

    def test_expired(self) -> None:
        comment = parse_comment("# scclint: ignore[SEC201] x until=2026-06-30", AT)
        [marked], [judged] = apply([finding("SEC201", 7)], comment)
        assert marked.suppression is None
        assert said(judged) == [
            "SUP903 the suppression of SEC201 expired: until=2026-06-30, so the finding that it covered is reported again"
        ]
        _, [judged] = apply([finding("SEC201", 7), finding("SEC201", 8)], comment)
        assert said(judged)[0].endswith("so the 2 findings that it covered are reported again")
        _, [judged] = apply([], comment)
        assert said(judged) == ["SUP903 the suppression of SEC201 expired: until=2026-06-30"]

    def test_expired_entry_of_the_configuration_is_told_where_it_matters(self) -> None:
        ignore = Ignore("config", ("SEC201",), Span("c.yaml", 1, 1, 1, 2), reason="x", until=date(2026, 6, 30))
        _, [judged] = apply([], ignore, ran=lambda rule_id, file: False)
        assert said(judged) == []
        _, [judged] = apply([finding("SEC201", 1)], ignore, ran=lambda rule_id, file: False)
        assert [s[:6] for s in said(judged)] == ["SUP903"]

    def test_what_is_suppressed_already_stays_as_it_is(self) -> None:
        before = replace(finding("SEC201", 7), suppression=Suppression("config"))
        [marked], [judged] = apply([before], parse_comment("# scclint: ignore[SEC201] x", AT))
        assert (marked, judged.uses) == (before, 1)


IGNORES = st.builds(
    lambda rules, line, form: parse_comment(f"# scclint: {form}[{','.join(rules)}] x", Span("a.yaml", line, 1, line + 1, END)),
    st.lists(st.sampled_from(["SEC2", "SEC201", "no-scc-admits", "seccomp", "nonsense"]), max_size=2),
    st.integers(1, 9),
    st.sampled_from(["ignore", "ignore-file", "other"]),
)


@given(st.lists(st.builds(finding, st.sampled_from(["SEC201", "SCC101"]), st.integers(1, 9))), st.lists(IGNORES))
def test_nothing_is_dropped_and_each_use_counted(findings: list[Finding], ignores: list[Ignore | None]) -> None:
    marked, judged = apply(findings, *ignores)
    assert [replace(f, suppression=None) for f in marked] == findings
    assert len(judged) == len(ignores)
    assert any(f.suppression for f in marked) == any(j.uses for j in judged)
    assert all(f.suppression is None or f.suppression.by == "comment" for f in marked)


SPANS = st.builds(
    lambda line, column, lines, end: Span("a.yaml", line, column, line + lines, end if lines else column + end),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(0, 6),
)
SUBJECTS = st.builds(Subject, name=st.sampled_from("ab"), container=st.sampled_from(["", "app", "web"]))
FINDINGS = st.builds(
    lambda rule, span, subject: replace(finding(rule, 1), span=span, subject=subject),
    st.sampled_from(["SEC201", "SCC101"]),
    st.one_of(SPANS, SPANS.map(lambda span: span._replace(file="b/c.yaml")), st.just(Span("a.yaml", 0, 0, 0, 0))),
    SUBJECTS,
)
ABOUT = st.fixed_dictionaries(
    {
        "rules": st.sampled_from([("SEC201",), ("SEC2", "SCC101"), ("seccomp", "nonsense")]),
        "until": st.sampled_from([None, date(2026, 1, 1)]),
        "container": st.sampled_from(["", "a*", "web"]),
    }
)
WHOLE = Span("a.yaml", 1, 1, END, END)
LINES = st.builds(lambda line, lines: Span("a.yaml", line, 1, line + lines, END), st.integers(1, 6), st.integers(0, 3))
COVERS = st.one_of(
    st.builds(
        lambda about, region: Ignore("comment", span=AT, region=region, **about), ABOUT, st.one_of(LINES, st.just(WHOLE))
    ),
    st.builds(lambda about, region: Ignore("annotation", span=AT, region=region, **about), ABOUT, SPANS),
    st.builds(lambda about, paths: Ignore("config", span=AT, paths=paths, **about), ABOUT, st.sampled_from([(), ("b",)])),
)


def naive(finding: Finding, ignore: Ignore) -> tuple[str, ...]:
    """The selectors by which an ignore covers a finding."""
    [rule] = [r for r in RULES if r.id == finding.rule_id]
    region, span = ignore.region, finding.span
    if region is not None:
        end = max((span.end_line, span.end_column), (span.line, span.column + 1))
        apart = (span.line, span.column) >= (region.end_line, region.end_column) or end <= (region.line, region.column)
        if region.file != span.file or apart:
            return ()
    if ignore.paths and not span.file.startswith("b/"):
        return ()
    if ignore.container and not fnmatchcase(finding.subject.container, ignore.container):
        return ()
    return tuple(selector for selector in ignore.rules if covers((selector,), rule))


@given(st.lists(FINDINGS), st.lists(COVERS))
def test_the_same_is_covered_as_when_each_is_held_against_each(findings: list[Finding], ignores: list[Ignore]) -> None:
    marked, judged = apply(findings, *ignores)
    for before, after in zip(findings, marked, strict=True):
        by_place = sorted(ignores, key=lambda i: i.region is None)
        live = (i for i in by_place if i.until is None and naive(before, i))
        first = next(live, None)
        assert after.suppression == (Suppression(first.by, first.reason, first.span) if first else None)
    for ignore, outcome in zip(ignores, judged, strict=True):
        used = [selectors for f in findings if (selectors := naive(f, ignore))]
        assert outcome.uses == len(used)
        known = [s for s in ignore.rules if s != "nonsense"]
        assert outcome.unused == tuple(s for s in known if not any(s in selectors for selectors in used))


@given(st.text(alphabet="#: scclint:ignore[],SEC201until=\n;container/", max_size=60))
def test_any_text_is_read(text: str) -> None:
    parse_comment("# scclint: " + text, AT)
    for ignore in parse_annotation(text, AT, (), AT):
        assert bool(ignore.rules) != bool(ignore.mistake)


def test_severities() -> None:
    assert {rule.id: rule.severity for rule in SUP.values()} == {
        "SUP901": Severity.WARNING,
        "SUP902": None,
        "SUP903": Severity.ERROR,
    }
    assert all(isinstance(rule.on, type) and rule.on is Ignore for rule in SUP.values())


def test_rules_are_found_by_all_that_names_them() -> None:
    rule: AnyRule = next(r for r in RULES if r.id == "SEC201")
    for word in (rule.id, rule.name, "SEC2", *rule.tags):
        [marked], _ = apply([finding("SEC201", 7)], parse_comment(f"# scclint: ignore[{word}] x", AT))
        assert marked.suppression is not None, word
