import os
import re
import subprocess
import sys

import scclint
from scclint.finding import Crash, Severity, Subject
from scclint.record import replace
from scclint.report import Options, render
from scclint.report.full import MOST_LINES
from scclint.report.text import diagnostics
from scclint.run.report import Report

FULL = """\
deploy/web.yaml:15:11: error[SCC101] no-scc-admits
15 |           runAsUser: 0
   |           ^^^^^^^^^^^^
   = Deployment shop/web: no SCC that it may use admits the pod: runAsUser=0 is
     outside 1000660000..1000669999, and anyuid refuses
     seccompProfile.type=RuntimeDefault
   = note: holds for 4.20, 4.21
   = note: anyuid [of the release] allows no profile
   = deploy/web.yaml:11:9: note: the profile [asked] for
   = help: Leave runAsUser out.

pod.yaml:4:55: warning[SEC203] privileged-ignores-seccomp
4 |   containers: [{name: a}, {name: 🔥, securityContext: {privileged: true}}]
  |                                                        ^^^^^^^^^^^^^^^^
  = Pod b: container 🔥 is privileged

1 error, 1 warning (1 suppressed)
OpenShift 4.22; 4 files, 6 documents: 3 linted (2 workloads), 1 of other kinds, 1 not judged, 1 unparsable.
"""
VERDICT, JUDGED = FULL.splitlines()[-2:]


def test_full(sample: Report) -> None:
    assert render(sample, "full") == FULL


def test_colour_adds_nothing_but_colour(sample: Report) -> None:
    colored = render(sample, "full", Options(color=True))
    assert "\x1b[1;31merror[SCC101]\x1b[0m no-scc-admits" in colored
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == FULL


def test_suppressed_on_request(sample: Report) -> None:
    shown = render(sample, "full", Options(show_suppressed=True))
    assert (
        "rbac.yaml:1:1: info[SCC301] scc-without-seccomp-profiles (suppressed by comment: until the audit)\n"
        "1 | kind: RoleBinding\n  | ^^^^^^^^^^^^^^^^^\n  = SecurityContextConstraints web: no seccompProfiles\n"
    ) in shown


def test_hidden_severities_are_counted(sample: Report) -> None:
    shown = render(sample, "full", Options(hide=frozenset({Severity.WARNING})))
    assert "SEC203" not in shown
    assert shown.splitlines()[-2] == "1 error (1 suppressed, 1 warning not shown)"


def test_statistics(sample: Report) -> None:
    table = "1  SCC101  error    no-scc-admits\n1  SEC203  warning  privileged-ignores-seccomp\n"
    assert render(sample, "full", Options(statistics=True)) == f"{table}{VERDICT}\n{JUDGED}\n"
    assert render(sample, "concise", Options(statistics=True)) == f"{table}{VERDICT}. {JUDGED}\n"


def test_concise(sample: Report) -> None:
    assert render(sample, "concise", Options(show_suppressed=True)).splitlines()[:3] == [
        "deploy/web.yaml:15:11: SCC101 Deployment shop/web: no SCC that it may use admits the pod: runAsUser=0 is outside "
        "1000660000..1000669999, and anyuid refuses seccompProfile.type=RuntimeDefault (4.20, 4.21)",
        "pod.yaml:4:55: SEC203 Pod b: container 🔥 is privileged",
        "rbac.yaml:1:1: SCC301 SecurityContextConstraints web: no seccompProfiles (suppressed)",
    ]
    assert render(sample, "concise").splitlines()[-1] == f"{VERDICT}. {JUDGED}"


def test_a_message_of_several_lines_hangs_under_the_first(sample: Report) -> None:
    report = replace(sample, findings=(replace(sample.findings[1], message="first\n::error::second\nthird"),))
    assert "  = first\n    \\::error::second\n    third\n" in render(report, "full")
    assert "SEC203 first \\::error::second third\n" in render(report, "concise")


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
            f"import sys; sys.path[:0] = {[os.path.dirname(os.path.dirname(scclint.__file__))]!r}; {code}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Nothing judged. 0 files, 0 documents: 0 linted (0 workloads).\n[]\n"


def test_a_finding_takes_ten_lines_besides_long_help_and_one_note(sample: Report) -> None:
    first = replace(
        sample.findings[0], message="It is long. " * 90, help="Do " * 80 + "end.", notes=("Because of that. " * 9,) * 5
    )
    block, *_ = render(replace(sample, findings=(first,)), "full", Options(width=80)).split("\n\n")
    lines = block.splitlines()
    helped = [number for number, line in enumerate(lines) if "Do" in line]
    assert (" …" in block, block.count("Do"), block.endswith(" end.")) == (True, 80, True)
    assert len(lines) - len(helped) <= MOST_LINES + 4
    assert "note: " in block
    short, *_ = render(
        replace(sample, findings=(replace(first, message="Short.", help="Do it."),)), "full", Options(width=80)
    ).split("\n\n")
    assert len(short.splitlines()) <= MOST_LINES


def test_a_long_output_ends_with_counts_and_what_to_run_next(sample: Report) -> None:
    first = sample.live[0]
    spans = [first.span._replace(file=f"{folder}/{number}.yaml") for folder in ("examples", "deploy") for number in range(30)]
    many = replace(sample, findings=tuple(replace(first, span=span, path=()) for span in (*spans, first.span)))
    ending = render(many, "full", Options(width=100)).split("\n\n")[-5:]
    assert f"61  {first.rule_id}" in ending[-4]
    assert ending[-3].splitlines()[:2] == ["31  deploy", "30  examples"]
    assert "--exclude GLOB" in ending[-2]
    assert "--exclude GLOB" not in render(replace(many, findings=many.findings[:50]), "full", Options(width=100))
