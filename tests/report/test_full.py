import os
import re
import subprocess
import sys

import ruamel.yaml

import scclint
from scclint.finding import Crash, Finding, Fix, Refusal, Related, Remedy, Subject
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.text import diagnostics
from scclint.run.report import Report
from tests.report.conftest import span

FULL = """\
1 of 2 workloads rejected, 1 container unconfined

deploy/web.yaml:15:11: error[SCC101] Deployment shop/web: no SCC that it may use
  admits the pod
15 |           runAsUser: 0
   |           ^^^^^^^^^^^^
   = holds for 4.20, 4.21
   = runAsUser=0 is outside 1000660000..1000669999, and anyuid refuses
     seccompProfile.type=RuntimeDefault
   = anyuid [of the release] allows no profile
   = and 3 more notes: scclint explain 4d54cb1a
   = help: Leave runAsUser out.
   = https://scclint.github.io/scclint/rules/no-scc-admits/

pod.yaml:4:55: warning[SEC201] Pod b: container 🔥 is privileged
4 |   containers: [{name: a}, {name: 🔥, securityContext: {privileged: true}}]
  |                                                        ^^^^^^^^^^^^^^^^

1 error, 1 warning (1 suppressed)
OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable.
"""
VERDICT, JUDGED = FULL.splitlines()[-2:]


def test_full(sample: Report) -> None:
    assert render(sample, "full") == FULL


def test_colour_adds_nothing_but_colour(sample: Report) -> None:
    colored = render(sample, "full", Options(color=True))
    assert "\x1b[1;31merror[SCC101]\x1b[0m Deployment shop/web" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == FULL


def test_suppressed_on_request(sample: Report) -> None:
    shown = render(sample, "full", Options(show_suppressed=True))
    assert (
        "rbac.yaml:1:1: warning[SCC301] SecurityContextConstraints web: no\n"
        "  seccompProfiles (suppressed by comment: until the audit)\n"
        "1 | kind: RoleBinding\n  | ^^^^^^^^^^^^^^^^^\n"
    ) in shown


def test_concise(sample: Report) -> None:
    assert render(sample, "concise", Options(show_suppressed=True)).splitlines()[:3] == [
        "deploy/web.yaml:15:11: SCC101 Deployment shop/web: no SCC that it may use admits the pod: runAsUser=0 is outside "
        "1000660000..1000669999, and anyuid refuses seccompProfile.type=RuntimeDefault (4.20, 4.21)",
        "pod.yaml:4:55: SEC201 Pod b: container 🔥 is privileged",
        "rbac.yaml:1:1: SCC301 SecurityContextConstraints web: no seccompProfiles (suppressed)",
    ]
    assert render(sample, "concise").splitlines()[-1] == f"{VERDICT}. {JUDGED}"


def test_a_message_of_several_lines_hangs_under_the_first(sample: Report) -> None:
    report = replace(sample, findings=(replace(sample.findings[1], message="first\n::error::second\nthird"),))
    assert "warning[SEC201] first\n  \\::error::second\n  third\n" in render(report, "full")
    assert "SEC201 first \\::error::second third\n" in render(report, "concise")


def test_a_crash_is_never_clean() -> None:
    report = Report(crashes=(Crash("SCC101", Subject("v1", "Pod", "shop", "b"), "KeyError: '\x1b'"),))
    assert render(report, "full").startswith("Nothing judged, 1 internal error. ")
    assert diagnostics(report) == [
        "internal error: rule SCC101 failed on Pod shop/b: KeyError: '\\x1b'; this is a bug of scclint"
    ]


def test_diagnostics(sample: Report) -> None:
    assert diagnostics(sample) == [
        "charts/x.yaml:3: warning: a Helm template source is passed over",
        "note: no cluster state",
    ]


FOLDERS = [os.path.dirname(scclint.__path__[0]), os.path.dirname(os.path.dirname(ruamel.yaml.__path__[0]))]
"""The folders that scclint and its YAML reader are imported from."""


def test_a_clean_run_imports_nothing_it_does_not_need() -> None:
    code = (
        "import sys; from scclint.run.report import Report; from scclint.report import render;"
        "print(render(Report(), 'full'), end='');"
        "print([m for m in ('jinja2', 'json', 'subprocess', 'hashlib', 'unicodedata', 'pathlib') if m in sys.modules])"
    )
    # -S: site-packages may import anything through .pth files.
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path[:0] = {FOLDERS!r}; {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Nothing judged. 0 files, 0 documents: 0 linted (0 workloads).\n[]\n"


def test_a_cause_with_one_place_is_short(sample: Report) -> None:
    ranges = "must be in the ranges: [1000660000, 1000669999]"
    web = replace(
        sample.findings[0],
        message="Deployment shop/web: no SCC admits its pods; the closest match, restricted-v2, rejects runAsUser: 0",
        refusal=Refusal("restricted-v2: .containers[0].runAsUser: (the whole error)", f"restricted-v2: {ranges}"),
        notes=("restricted-v2: .containers[0].runAsUser: (the whole error)", "more"),
        related=(),
        flow=(),
        releases=(),
        help="Remove runAsUser: 0 (SCC restricted-v2 then admits the pods).",
        remedies=(Remedy("remove runAsUser: 0", ("SCC restricted-v2 then admits the pods",)),),
    )
    assert render(replace(sample, findings=(web,)), "full").split("\n\n")[0].splitlines() == [
        "deploy/web.yaml:15:11: error[SCC101] Deployment shop/web: no SCC admits its pods",
        "15 |           runAsUser: 0",
        "   |           ^^^^^^^^^^^^ restricted-v2: must be in the ranges: [1000660000,",
        "     1000669999]",
        "   = more",
        "   = help: Remove runAsUser: 0. SCC restricted-v2 then admits the pods.",
        "   = https://scclint.github.io/scclint/rules/no-scc-admits/",
    ]


def test_refused_fields_are_labelled_one_by_one(sample: Report) -> None:
    web = replace(
        sample.findings[0],
        refusal=Refusal("the whole error", "restricted-v2: must be in the ranges: [1, 2]"),
        notes=("the whole error",),
        related=(Related("another error", span("deploy/web.yaml", 11, 9, 47), "x is not allowed"),),
        flow=(),
    )
    shown = render(replace(sample, findings=(web,)), "full")
    assert shown.index("seccompProfile: {type") < shown.index("runAsUser: 0\n")
    assert "^ restricted-v2: x is not\n     allowed\n" in shown
    assert "^ must be in the ranges: [1, 2]" in shown
    assert "the whole error" not in shown


def test_the_same_sentence_is_one_entry_with_places(sample: Report) -> None:
    def named(name: str, number: int) -> Finding:
        pod = sample.findings[1]
        return replace(
            pod,
            message=f"Pod {name}: container {name} is privileged",
            span=span(f"{name}.yaml", number, 1, 2),
            subject=Subject("v1", "Pod", "", name, name),
        )

    many = replace(sample, findings=tuple(named(f"p{number}", number) for number in range(1, 8)))
    shown = render(many, "full")
    assert shown.count("warning[SEC201]") == 1
    assert "the same in 6 other places:\n      p2.yaml:2:1: Pod p2, container p2\n" in shown
    assert "      and 2 more (--verbose)\n" in shown
    assert "p7.yaml" not in shown
    assert render(many, "full", Options(verbose=True)).count("warning[SEC201]") == 7
    two = render(replace(many, findings=many.findings[:2]), "full")
    assert two.count("warning[SEC201]") == 1
    assert "the same in 1 other place:\n      p2.yaml:2:1: Pod p2, container p2\n" in two


def test_the_widest_reach_comes_first_and_is_counted(sample: Report) -> None:
    web, pod = sample.findings[:2]
    refused = replace(pod, rule_id="PSA501", subject=Subject("v1", "Pod", "", "wide"), message="Pod wide: is rejected")
    shown = render(replace(sample, findings=(pod, refused, web)), "full")
    assert shown.splitlines()[0] == "2 of 2 workloads rejected, 1 container unconfined"
    assert re.findall(r"\[([A-Z]+\d+)\]", shown) == ["SCC101", "PSA501", "SEC201"]


def test_verbose_shows_every_reason(sample: Report) -> None:
    web = replace(sample.findings[0], notes=("first", "second", "third"))
    assert "second" not in render(replace(sample, findings=(web,)), "full")
    shown = render(replace(sample, findings=(web,)), "full", Options(verbose=True))
    assert "second" in shown
    assert "third" in shown
    assert "(--verbose)" not in shown


def test_fixes_that_differ_in_numbers_and_places_are_one_entry(sample: Report) -> None:
    def rejected(name: str, line: int, user: int) -> Finding:
        title = (
            f"Set `{name}: {{runAsUser: null}}` in your own values, or remove runAsUser: {user} in {name}.yaml, line {line}."
        )
        return replace(
            sample.findings[0],
            message=f"Deployment {name}: no SCC admits its pods; restricted-v2 rejects runAsUser: {user}",
            span=span(f"{name}.yaml", line, 1, 2),
            subject=Subject("apps/v1", "Deployment", "", name),
            notes=(),
            fix=Fix(title, "The pods are admitted.", "unsafe", ()),
        )

    several = tuple(rejected(f"web-{number}", number, 1000 + number) for number in range(1, 6))
    shown = render(replace(sample, findings=several), "full")
    assert shown.count("no SCC admits its pods") == 1
    fix = " ".join(shown.partition("= unsafe fix: ")[2].partition("\n  = ")[0].split())
    assert fix == "Set `web-…: {runAsUser: null}` in your own values, or remove runAsUser: … here. The pods are admitted."


def test_different_fields_are_different_sentences(sample: Report) -> None:
    def refused(name: str, field: str) -> Finding:
        return replace(
            sample.findings[0], message=f"Pod {name}: the API server rejects it: {field}: Required value", help=f"Set {field}."
        )

    several = (refused("a", "metadata.name"), refused("b", "spec.nodeName"))
    assert render(replace(sample, findings=several), "full").count("the API server rejects it") == 2
