"""A report that has one of everything, and validators for SARIF."""

import json
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from scclint.finding import Finding, Notice, Problem, Related, Severity, Subject, Suppression, Tally
from scclint.objects.types import ApiObject
from scclint.record import replace
from scclint.rule import Rule
from scclint.run.report import Report
from scclint.source import Span

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      serviceAccountName: web
      securityContext:
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: nginx
        securityContext:
          runAsUser: 0
"""
GRANT = "kind: RoleBinding\nmetadata:\n  name: web-anyuid\n"
POD = "kind: Pod\nmetadata: {name: b}\nspec:\n  containers: [{name: a}, {name: 🔥, securityContext: {privileged: true}}]\n"


def no_problems(subject: object, world: object) -> Iterable[Problem]:
    return ()


RULES = (
    Rule(
        "SCC101",
        "no-scc-admits",
        "No SCC admits the pod",
        "problem",
        Severity.ERROR,
        None,
        ApiObject,
        no_problems,
        "# no-scc-admits\n\nEvery SCC that the pod\nmay use refuses it.\n\nSo it never starts.",
        "0.1.0",
        ("scc",),
        8.0,
        (250,),
        ("https://docs.redhat.com/",),
    ),
    Rule(
        "SCC301",
        "scc-without-seccomp-profiles",
        "No profiles",
        "problem",
        Severity.WARNING,
        None,
        ApiObject,
        no_problems,
        "",
        "0.1.0",
    ),
)


def span(file: str, line: int, column: int, end: int) -> Span:
    return Span(file, line, column, line, end)


@pytest.fixture
def sample() -> Report:
    return Report(
        findings=(
            Finding(
                "SCC101",
                "no-scc-admits",
                "problem",
                Severity.ERROR,
                "Deployment shop/web: no SCC that it may use admits the pod: runAsUser=0 is outside "
                "1000660000..1000669999, and anyuid refuses seccompProfile.type=RuntimeDefault",
                span("deploy/web.yaml", 15, 11, 23),
                Subject("apps/v1", "Deployment", "shop", "web", "nginx"),
                ("spec", "template", "spec", "containers", 0, "securityContext", "runAsUser"),
                related=(
                    Related("anyuid [of the release] allows no profile", span("", 0, 0, 0)),
                    Related("the profile [asked] for", span("deploy/web.yaml", 11, 9, 47)),
                ),
                flow=(
                    Related("service account shop/web", span("deploy/web.yaml", 9, 7, 30)),
                    Related("RoleBinding shop/web-anyuid", span("rbac.yaml", 3, 3, 19)),
                ),
                help="Leave runAsUser out.",
                releases=("4.20", "4.21"),
            ),
            Finding(
                "SEC201",
                "unconfined-by-default",
                "problem",
                Severity.WARNING,
                "Pod b: container 🔥 is privileged",
                span("pod.yaml", 4, 55, 71),
                Subject("v1", "Pod", "", "b", "🔥"),
                ("spec", "containers", 1, "securityContext", "privileged"),
            ),
            Finding(
                "SCC301",
                "scc-without-seccomp-profiles",
                "problem",
                Severity.WARNING,
                "SecurityContextConstraints web: no seccompProfiles",
                span("rbac.yaml", 1, 1, 18),
                suppression=Suppression("comment", "until the audit", span("rbac.yaml", 2, 1, 10)),
            ),
        ),
        notices=(
            Notice("warning", "a Helm template source is passed over", "charts/x.yaml", 3),
            Notice("note", "no cluster state"),
        ),
        tally=Tally(files=4, documents=6, linted=3, other=1, unsupported=1, unparsable=1, workloads=2),
        platform="OpenShift 4.22",
        texts={"deploy/web.yaml": WEB, "rbac.yaml": GRANT, "pod.yaml": POD},
        rules=RULES,
    )


@pytest.fixture
def kinds(sample: Report) -> Report:
    """A report with a fact of each kind other than problem."""
    agent = Subject("apps/v1", "DaemonSet", "shop", "agent", "agent")
    where, values = span("agent.yaml", 3, 1, 9), span("values.yaml", 7, 1, 9)
    access = Finding(
        "SCC102", "pod-access", "access", None, "DaemonSet shop/agent: container agent is privileged", where, agent
    )
    gap = Finding("GAP001", "not-judged", "gap", None, "asks for hostNetwork, and is not judged", values)
    advice = Finding("SCC107", "needless-grant", "advice", None, "DaemonSet shop/agent: needs less", where, agent)
    findings = (
        replace(access, reach="node", what="privileged", through="RoleBinding agent"),
        replace(gap, what="hostNetwork", turns_on="a template"),
        advice,
    )
    return replace(sample, findings=findings)


SarifFaults = Callable[[str, Path], list[tuple[str, str]]]

CONFIG = """<?xml version="1.0" encoding="utf-8"?>
<Properties>{}<Properties Key='SARIF2006.UrisShouldBeReachable.Options'><Property Key='RuleEnabled' Value='Disabled'/></Properties>\
</Properties>
""".format(
    "".join(
        f"<Properties Key='{rule}.Options'><Property Key='RuleEnabled' Value='Error'/></Properties>"
        for rule in (
            "GH1001.ProvideRequiredLocationProperties",
            "GH1002.InlineThreadFlowLocations",
            "GH1003.ProvideRequiredRegionProperties",
            "GH1005.LocationsMustBeRelativeUrisOrFilePaths",
            "GH1006.ProvideCheckoutPath",
            "GH1007.ProvideFullyFormattedMessageStrings",
        )
    )
)


@pytest.fixture
def sarif_faults() -> SarifFaults:
    """Both validators over a SARIF text: (rule, message) of every error, warning and note. The message begins with the level.

    SCCLINT_SARIF_MULTITOOL names the folder of the npm package @microsoft/sarif-multitool-linux, which has the
    schema as well. Neither validator does alone: the schema knows nothing of what GitHub wants, and the Multitool stays
    silent over values of the wrong type and exits with 0 whatever it finds.
    """
    folder = os.environ.get("SCCLINT_SARIF_MULTITOOL", "")
    if not folder:
        pytest.skip("SCCLINT_SARIF_MULTITOOL does not name the folder of @microsoft/sarif-multitool-linux")

    def faults(sarif: str, work: Path) -> list[tuple[str, str]]:
        return [*_schema_faults(sarif, folder), *_multitool_faults(sarif, folder, work)]

    return faults


def _schema_faults(sarif: str, folder: str) -> list[tuple[str, str]]:
    from jsonschema import Draft202012Validator

    schema = json.loads(Path(folder, "sarif-2.1.0.json").read_text(encoding="utf-8-sig"))
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [("schema", f"error: {error.json_path}: {error.message}") for error in validator.iter_errors(json.loads(sarif))]


def _multitool_faults(sarif: str, folder: str, work: Path) -> list[tuple[str, str]]:
    source, config, result = work / "in.sarif", work / "config.xml", work / "out.sarif"
    source.write_text(sarif, encoding="utf-8")
    config.write_text(CONFIG, encoding="utf-8")
    subprocess.run(
        [
            *(Path(folder, "Sarif.Multitool"), "validate", source, "--rule-kind", "Sarif;Ghas"),
            *("--config", config, "--output", result, "--log", "ForceOverwrite", "--level", "Error;Warning;Note"),
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    run: dict[str, Any] = json.loads(result.read_text(encoding="utf-8-sig"))["runs"][0]
    return [
        (
            fault["ruleId"],
            f"{fault.get('level', 'warning')}: {fault['message'].get('id')}: "
            f"{fault['message'].get('arguments') or fault['message'].get('text')}",
        )
        for fault in run["results"]
    ]
