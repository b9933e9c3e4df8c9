"""Findings that rest on the ranges of a namespace that the input does not give: warnings, which say so in every format."""

from pathlib import Path

import pytest

from scclint.linting import lint_text
from scclint.report import FORMATS
from tests.running import check_in

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {}}
    spec:
      serviceAccountName: web
      securityContext: POD
      containers: [{name: web, image: registry.example/web:1, securityContext: CONTAINER}]
"""
LIST = "apiVersion: v1\nkind: List\nitems:\n  - " + WEB.rstrip().replace("\n", "\n    ") + "\n"
TEMPLATE = LIST.replace("v1\nkind: List\nitems", "template.openshift.io/v1\nkind: Template\nmetadata: {name: t}\nobjects", 1)
NAMESPACE = """---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {openshift.io/sa.scc.uid-range: 1000650000/10000, openshift.io/sa.scc.mcs: "s0:c26,c5"}
"""
GRANT = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:nonroot"}
subjects: [{kind: ServiceAccount, name: web}]
"""
RANGE = "(assumed: the namespace has the ID range 1000000000/10000)"


def manifest(pod: str = "{}", container: str = "{}", form: str = WEB) -> str:
    return form.replace("POD", pod).replace("CONTAINER", container)


def kinds(text: str) -> dict[str, tuple[str, bool]]:
    """The severity or kind of the fact of each rule, and whether it says what it assumes."""
    return {f.rule_id: (f.heading, "(assumed: " in f.message) for f in lint_text(text, "web.yaml").findings}


@pytest.mark.parametrize("form", [WEB, LIST, TEMPLATE], ids=["manifest", "List", "Template"])
@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ("{runAsUser: 1000700000}", "{}"),
        ("{runAsUser: 1999999999}", "{}"),
        ("{}", "{runAsUser: 1000700123}"),
        ("{fsGroup: 1000700000}", "{}"),
        ("{runAsUser: 1000700000, fsGroup: 1000700000}", "{runAsUser: 1000700001}"),
    ],
)
def test_an_id_that_the_namespace_may_have(pod: str, container: str, form: str) -> None:
    report = lint_text(manifest(pod, container, form), "web.yaml")
    (finding,) = [f for f in report.live if f.rule_id == "SCC101"]
    assert finding.kind == "gap"
    assert finding.message.endswith(RANGE), finding.message
    assert "add the Namespace with its annotations to the input" in finding.help


@pytest.mark.parametrize("level", ["s0:c26,c5", "s0:c26,c1023"])
def test_a_level_that_the_namespace_may_have(level: str) -> None:
    (finding,) = [
        f for f in lint_text(manifest(f"{{seLinuxOptions: {{level: '{level}'}}}}"), "web.yaml").live if f.rule_id == "SCC101"
    ]
    assert finding.kind == "gap"
    assert finding.message.endswith("(assumed: the namespace has the SELinux level s0:c1,c0)")


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ("{runAsUser: 0}", "{}"),
        ("{runAsUser: 1000}", "{}"),
        ("{runAsUser: 33099}", "{}"),
        ("{runAsUser: 2000000000}", "{}"),
        ("{runAsUser: 1000700000}", "{runAsUser: 1000710000}"),
        ("{runAsUser: 1000700000}", "{privileged: true}"),
        ("{runAsUser: 1000700000, fsGroup: 1000}", "{}"),
        ("{fsGroup: 1000700001}", "{}"),
        ("{seLinuxOptions: {level: s0}}", "{}"),
        ("{seLinuxOptions: {level: 's0:c26,c1024'}}", "{}"),
    ],
)
def test_what_no_range_lets_pass_is_an_error(pod: str, container: str) -> None:
    assert kinds(manifest(pod, container))["SCC101"] == ("error", False)


def test_ranges_that_the_input_gives_are_not_assumed() -> None:
    assert kinds(manifest("{runAsUser: 1000700000}") + NAMESPACE)["SCC101"] == ("error", False)
    assert "SCC101" not in kinds(manifest("{runAsUser: 1000650000}") + NAMESPACE)


def test_the_scc_that_admits_the_pod_instead_rests_on_the_range_as_well() -> None:
    found = kinds(manifest("{runAsUser: 1000700000}") + GRANT)
    assert found["SEC201"] == ("gap", True)
    assert found["SCC107"] == ("advice", False)
    assert kinds(manifest("{runAsUser: 1001}") + GRANT)["SEC201"] == ("error", False)
    unconfined = kinds(manifest("{runAsUser: 1000700000, seccompProfile: {type: Unconfined}}"))
    assert unconfined["SCC101"] == ("error", False), "the profile is rejected in any range"


def test_a_required_scc_that_rejects_the_id() -> None:
    text = manifest("{runAsUser: 1000700000}").replace(
        "annotations: {}", "annotations: {openshift.io/required-scc: restricted-v2}"
    )
    assert kinds(text)["SCC105"] == ("gap", True)


def test_every_format_names_the_assumption(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(manifest("{runAsUser: 1000700000}"))
    status, texts = check_in(FORMATS, tmp_path, "--isolated", str(tmp_path / "web.yaml"))
    assert status == 0
    for name, text in texts.items():
        assert "the namespace has the ID range 1000000000/10000" in " ".join(text.split()), name
