"""`scclint triage` on results of four scanners for the same file.

checkov.sarif is the output of checkov 3 for web.yaml, without the descriptions of its rules. The others have the form of the output
of the scanners: kube-linter's from `pkg/command/lint/sarif_format.go`, Trivy's and kubescape's written by hand.
"""

import json
import shutil
from pathlib import Path

import pytest

from scclint.apps.triage.triage import _data, condition_of
from tests.cli.conftest import Cli, cli, here
from tests.deploy.tools import needs_helm, needs_kustomize

__all__ = ["cli", "here"]

FIXTURES = Path(__file__).parent
WEB, LEGACY, AGENT = 10, 23, 36


@pytest.fixture
def files(here: Path) -> None:
    for file in FIXTURES.iterdir():
        if file.suffix in (".sarif", ".yaml"):
            shutil.copy(file, here)


def fates(cli: Cli, name: str) -> dict[tuple[str, int], str]:
    """The fate of each result that is about admission, by rule and line."""
    lines = cli("triage", "--isolated", f"{name}.sarif", "web.yaml").out.splitlines()
    cells = [line.split(maxsplit=3) for line in lines[1:] if line and not line.startswith(" ")][:-1]
    return {(rule, int(place.rpartition(":")[2])): fate for _, rule, place, fate in cells}


def test_checkov(files: None, cli: Cli) -> None:
    shown = fates(cli, "checkov")
    by_line = {line: {rule: fate for (rule, at), fate in shown.items() if at == line} for line in (1, 13, 27)}
    assert {rule for rule, fate in by_line[1].items() if fate == "filled in"} == {
        *("CKV_K8S_20", "CKV_K8S_23", "CKV_K8S_28", "CKV_K8S_29", "CKV_K8S_30", "CKV_K8S_31", "CKV_K8S_37", "CKV_K8S_40")
    }
    assert by_line[1]["CKV_K8S_22"] == "left"
    assert {rule for rule, fate in by_line[13].items() if fate == "forbidden"} == {"CKV_K8S_16", "CKV_K8S_19"}
    assert set(by_line[27].values()) == {"left"}


def test_trivy(files: None, cli: Cli) -> None:
    assert fates(cli, "trivy") == {
        ("KSV-0001", WEB): "filled in",
        ("KSV012", WEB): "filled in",
        ("AVD-KSV-0014", WEB): "left",
        ("KSV-0017", LEGACY): "forbidden",
        ("KSV-0017", AGENT): "left",
        ("KSV-0021", WEB): "left",
    }


def test_kubescape(files: None, cli: Cli) -> None:
    assert fates(cli, "kubescape") == {
        ("C-0016", 11): "filled in",
        ("C-0057", 25): "forbidden",
        ("C-0041", 21): "forbidden",
        ("C-0211", 11): "filled in",
    }


def test_kube_linter_names_the_object_and_no_line(files: None, cli: Cli) -> None:
    assert fates(cli, "kube-linter") == {
        ("run-as-non-root", 1): "filled in",
        ("privileged-container", 1): "left",
        ("host-network", 1): "forbidden",
        ("no-read-only-root-fs", 1): "left",
    }


def test_sarif_has_suppressions_with_the_scc_and_the_grant(files: None, cli: Cli) -> None:
    log = json.loads(cli("triage", "--isolated", "--format", "sarif", "trivy.sarif", "kubescape.sarif", "web.yaml").out)
    assert [run["tool"]["driver"]["name"] for run in log["runs"]] == ["Trivy", "kubescape"]
    results = [result for run in log["runs"] for result in run["results"]]
    assert all("suppressions" in result for result in results)
    (suppression,) = results[0]["suppressions"]
    assert suppression["kind"] == "external" and suppression["status"] == "accepted"
    assert suppression["justification"] == (
        "Deployment shop/web: SCC restricted-v2 sets privilege escalation. "
        "It is usable by the creator, through ClusterRoleBinding system:openshift:scc:restricted-v2."
    )
    assert results[2]["suppressions"] == []


def test_markdown(files: None, cli: Cli) -> None:
    lines = cli("triage", "--isolated", "--format", "markdown", "kubescape.sarif", "web.yaml").out.splitlines()
    assert lines[0] == "## scclint: 5 results: 2 filled in by admission, 2 forbidden by it, 1 about something else"
    assert lines[4].startswith(
        "| <code>C-0016</code> | <code>web.yaml:11</code> | 🟢 filled in | Deployment shop/web: SCC restricted-v2"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [("[]", "not SARIF, because it has no runs"), ("{", "not JSON"), ('{"runs": 1}', "not SARIF, because it has no runs")],
)
def test_another_file_is_refused(files: None, here: Path, cli: Cli, text: str, message: str) -> None:
    Path("other.json").write_text(text)
    run = cli("triage", "--isolated", "other.json", "web.yaml")
    assert run.status == 2 and message in run.err


def test_results_of_any_shape_are_read(files: None, here: Path, cli: Cli) -> None:
    runs = [None, {}, {"results": [None, {}, {"ruleId": 1, "locations": [1]}, {"ruleId": "C-0016", "locations": "web.yaml"}]}]
    Path("odd.sarif").write_text(json.dumps({"runs": runs}))
    run = cli("triage", "--isolated", "--format", "sarif", "odd.sarif", "web.yaml")
    assert run.status == 0 and json.loads(run.out)["runs"][0] is None


@pytest.mark.parametrize(("tool", "least"), [("trivy", 20), ("checkov", 16), ("kube-linter", 8), ("kubescape", 10)])
def test_each_rule_has_a_condition(tool: str, least: int) -> None:
    rules = _data()["rules"][tool]
    assert len(rules) >= least and all(condition_of(tool, rule) is not None for rule in rules)
    assert condition_of(tool, "no-such-rule") is None and condition_of("another scanner", next(iter(rules))) is None


SPEAKER = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: speaker, namespace: lab}
spec:
  selector: {matchLabels: {app: speaker}}
  template:
    metadata: {labels: {app: speaker}}
    spec:
      initContainers:
        - {name: copy, image: r.example/copy, securityContext: {runAsUser: 100}}
      containers:
        - {name: speaker, image: r.example/speaker, securityContext: {capabilities: {add: [NET_RAW, SYS_ADMIN]}}}
"""


def log(tool: str, *results: tuple[str, str, str]) -> str:
    """A SARIF log with results of a rule in a file, which quotes an object."""
    places = [
        {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 9, "snippet": {"text": quoted}}}}
        for _, uri, quoted in results
    ]
    found = [{"ruleId": rule, "locations": [place]} for (rule, _, _), place in zip(results, places, strict=True)]
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": tool}}, "results": found}]})


def reasons(cli: Cli) -> list[str]:
    triaged = json.loads(cli("triage", "--isolated", "--format", "sarif", "log.sarif", ".").out)
    return ["".join(part["justification"] for part in result["suppressions"]) for result in triaged["runs"][0]["results"]]


def test_only_what_the_rule_reports_is_forbidden(here: Path, cli: Cli) -> None:
    """User 100 is no root user, and an SCC that refuses SYS_ADMIN would still drop the others."""
    Path("speaker.yaml").write_text(SPEAKER)
    rules = ("CKV_K8S_23", "CKV_K8S_39", "CKV_K8S_37", "CKV_K8S_40", "CKV_K8S_29")
    Path("log.sarif").write_text(log("Checkov", *((rule, "speaker.yaml", SPEAKER) for rule in rules)))
    non_root, sys_admin, drops, high_user, context = reasons(cli)
    assert (non_root, drops, context) == ("", "", "")
    assert "rejects the capability SYS_ADMIN" in sys_admin and '"NET_RAW"' not in sys_admin
    assert "runAsUser: Invalid value: 100" in high_user


def test_checkov_asks_for_a_security_context_of_the_pod(here: Path, cli: Cli) -> None:
    quoted = SPEAKER.replace("{capabilities: {add: [NET_RAW, SYS_ADMIN]}}", "{privileged: false}").replace("100", "null")
    Path("speaker.yaml").write_text(quoted)
    Path("log.sarif").write_text(log("Checkov", ("CKV_K8S_29", "speaker.yaml", quoted)))
    assert reasons(cli)[0].startswith("DaemonSet lab/speaker: SCC restricted-v2 sets the security context of the pod.")


@needs_kustomize
def test_checkov_names_the_kustomization_that_it_renders(here: Path, cli: Cli) -> None:
    Path("base").mkdir()
    Path("overlay").mkdir()
    Path("base/web.yaml").write_text((FIXTURES / "web.yaml").read_text())
    Path("base/kustomization.yaml").write_text("resources: [web.yaml]\n")
    Path("overlay/kustomization.yaml").write_text("resources: [../base]\nnamespace: lab\n")
    quoted = "kind: Deployment\nmetadata: {name: web}\n"
    absent = quoted.replace("web", "other")
    names = ("overlay", "base", "elsewhere")
    results = [("CKV_K8S_31", f"{name}/kustomization.yaml", quoted) for name in names]
    Path("log.sarif").write_text(log("Checkov", *results, ("CKV_K8S_31", "overlay/kustomization.yaml", absent)))
    assert [bool(reason) for reason in reasons(cli)] == [True, True, False, False]


@needs_kustomize
def test_what_is_built_from_a_patch_or_an_inner_kustomization_is_found_by_name(here: Path, cli: Cli) -> None:
    for name, text in (
        ("base", "resources: [web.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("overlay", "resources: [../base]\n"),
    ):
        Path(name).mkdir()
        Path(name, "kustomization.yaml").write_text(text)
    Path("base/web.yaml").write_text((FIXTURES / "web.yaml").read_text())
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 2}\n"
    Path("base/patch.yaml").write_text(patch)
    quoted = [("patch.yaml", patch), ("kustomization.yaml", patch), ("patch.yaml", patch.replace("web", "other"))]
    Path("log.sarif").write_text(log("Checkov", *(("CKV_K8S_31", f"base/{name}", text) for name, text in quoted)))
    assert [bool(reason) for reason in reasons(cli)] == [True, True, False]


@needs_helm
@pytest.mark.parametrize("name", ["web", "shop"])
def test_checkov_renders_charts_in_a_temporary_folder(name: str, here: Path, cli: Cli) -> None:
    """The folder has the name of the chart, and the release another name."""
    Path("charts/shop/templates").mkdir(parents=True)
    Path("charts/shop/Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
    template = "apiVersion: v1\nkind: Pod\nmetadata: {{name: '{{{{ .Release.Name }}}}-{0}', namespace: lab}}\n" + (
        "spec:\n  serviceAccountName: {0}\n  containers: [{{name: {0}, image: r.example/{0}}}]\n"
    )
    Path("charts/shop/templates/pods.yaml").write_text("---\n".join(map(template.format, ("one", "two"))))
    folder = "charts/shop" if name == "shop" else f"charts/shop/{name}"
    quoted = "kind: Pod\nmetadata: {name: release-name-two}\n"
    Path("log.sarif").write_text(log("Checkov", ("CKV_K8S_22", f"tmpab_12xyz/{folder}/templates/pods.yaml", quoted)))
    lines = cli("triage", "--isolated", "log.sarif", ".").out.splitlines()
    assert "two: SCC" in lines[2]


def test_results_that_are_the_same_are_one_row(files: None, here: Path, cli: Cli) -> None:
    log = json.loads(Path("kube-linter.sarif").read_text())
    once = cli("triage", "--isolated", "kube-linter.sarif", "web.yaml").out.splitlines()
    log["runs"][0]["results"] *= 3
    Path("thrice.sarif").write_text(json.dumps(log))
    thrice = cli("triage", "--isolated", "thrice.sarif", "web.yaml").out.splitlines()
    assert len(thrice) == len(once)
    assert all(line.endswith(" (3 results)") for line in thrice[1:-2] if not line.startswith(" "))
