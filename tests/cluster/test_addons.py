"""Add-ons: their SCCs and grants, the verdicts that they change, and the objects that show them."""

import contextlib
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

import scclint
from scclint.admission import order
from scclint.admission.constraints import from_object
from scclint.admission.decoding import decode_object
from scclint.cli import main
from scclint.cluster import Cluster, User
from scclint.cluster.addons import addon, addons, unknown_addon
from scclint.cluster.installed import scc_of
from scclint.config.model import Config
from scclint.errors import ConfigError, UsageError
from scclint.platform.releases import DEFAULT, RELEASES, release_of
from scclint.run.notices import notices
from scclint.run.report import JudgementGap
from tests.conftest import shared
from tests.running import report_on, write_files

ADMIN = User("kube:admin", ("system:authenticated", "system:authenticated:oauth", "system:cluster-admins"))
DESCRIBED = Path(__file__).parents[2] / "docs" / "describe-your-cluster.md"
NAMED_BY_A_CUSTOM_RESOURCE = "TPL"


def pod(namespace: str = "shop", account: str = "default", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "app", "image": "x", "securityContext": spec.pop("context", {})}]
    spec = {"serviceAccountName": account, "containers": containers, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": namespace}, "spec": spec}


def landing(pod: dict[str, Any], *names: str, user: User | None = ADMIN, release: str = DEFAULT) -> str | None:
    cluster = Cluster.openshift(release, addons=names, cluster_admins=True)
    return cluster.admit(pod, namespace=pod["metadata"]["namespace"], user=user).scc


@pytest.mark.parametrize("name", addons())
@pytest.mark.parametrize("release", RELEASES)
def test_every_addon_can_be_installed(release: str, name: str) -> None:
    cluster = Cluster.openshift(release, addons=[name])
    assert set(addon(name).scc_names) <= cluster.own_sccs
    assert set(addon(name).scc_names) <= cluster.component_sccs
    assert addon(name).title and not addon(name).title.endswith(".")


def test_the_points_of_their_sccs() -> None:
    """The order that admission tries SCCs in depends on these; recorded as the plugin counts them."""
    recorded = json.loads((shared() / "facts" / "platform-sccs.json").read_text(encoding="utf-8"))["addons"]
    facts = {name: scc for product in recorded.values() for name, scc in product.items()}
    ours = {scc["name"]: scc for one in addons().values() for scc in one.sccs}
    assert facts.keys() - ours.keys() == {NAMED_BY_A_CUSTOM_RESOURCE}
    assert ours.keys() <= facts.keys()
    minor = release_of(DEFAULT).kubernetes
    for name, entry in ours.items():
        read = from_object(decode_object(scc_of(entry), minor).valid(), minor)
        assert order.points(read) == facts[name]["derived"]["points"], name
        assert read.priority == (facts[name]["priority"] or 0), name


@pytest.mark.parametrize(
    ("context", "names", "expected"),
    [
        ({}, (), "anyuid"),
        ({}, ("openshift-ai",), "openshift-ai-llminferenceservice-multi-node-scc"),
        ({"runAsUser": 0}, ("openshift-ai",), "anyuid"),
        ({"capabilities": {"add": ["SETFCAP"]}}, (), "privileged"),
        ({"capabilities": {"add": ["SETFCAP"]}}, ("pipelines",), "pipelines-scc"),
        ({}, ("pipelines",), "anyuid"),
        ({"privileged": True}, (), "insights-runtime-extractor-scc"),
        ({"privileged": True}, ("nvidia-gpu",), "nvidia-kata-sandbox-device-plugin"),
    ],
)
def test_an_administrators_bare_pod(context: dict[str, Any], names: tuple[str, ...], expected: str) -> None:
    assert landing(pod(context=context), *names) == expected


def test_the_scc_of_nvidias_chart_is_open_to_everyone() -> None:
    escalating = pod(context={"allowPrivilegeEscalation": True})
    assert landing(escalating, user=None) is None
    assert landing(escalating, "nvidia-gpu", user=None) is None
    verdict = Cluster.openshift(DEFAULT, addons=["nvidia-gpu-helm"]).admit(escalating, namespace="shop")
    assert verdict.scc == "restricted-readonly"
    context = verdict.pod["spec"]["containers"][0]["securityContext"]
    assert context["readOnlyRootFilesystem"] is True
    assert context["capabilities"]["drop"] == ["KILL", "MKNOD", "SETGID", "SETUID"]
    profiled = pod(context={"allowPrivilegeEscalation": True, "seccompProfile": {"type": "RuntimeDefault"}})
    assert landing(profiled, "nvidia-gpu-helm", user=None) is None
    assert landing(pod(), "nvidia-gpu-helm", user=None) == "restricted-v2"


@pytest.mark.parametrize(
    ("name", "namespace", "account", "spec", "expected"),
    [
        ("odf", "openshift-storage", "rook-ceph-osd", {"context": {"privileged": True}}, "rook-ceph"),
        ("nvidia-gpu", "nvidia-gpu-operator", "nvidia-driver", {"context": {"privileged": True}}, "nvidia-driver"),
        ("virtualization", "openshift-cnv", "kubevirt-handler", {"context": {"privileged": True}}, "kubevirt-handler"),
        ("lvm-storage", "openshift-lvm-storage", "vg-manager", {"context": {"privileged": True}}, "lvms-vgmanager"),
        (
            "trident",
            "trident",
            "trident-controller",
            {"volumes": [{"name": "h", "hostPath": {"path": "/"}}]},
            "trident-controller",
        ),
    ],
)
def test_their_own_accounts(name: str, namespace: str, account: str, spec: dict[str, Any], expected: str) -> None:
    own = pod(namespace, account, automountServiceAccountToken=False, **spec)
    assert landing(own, name, user=None) == expected
    assert landing(own, user=None) is None


def test_dedicated_admins_of_rosa() -> None:
    user = User("alice", ("system:authenticated", "dedicated-admins"))
    sniffing = pod(context={"capabilities": {"add": ["NET_RAW"]}})
    assert landing(sniffing, user=user) is None
    assert landing(sniffing, "rosa", user=user) == "pcap-dedicated-admins"


def test_an_unknown_addon() -> None:
    assert unknown_addon("odf") == ""
    assert unknown_addon("openshift-al") == "'openshift-al' is not an add-on scclint knows. Did you mean openshift-ai?"
    assert unknown_addon("nvidia").endswith("Did you mean nvidia-gpu?")
    assert unknown_addon("OpenShift Virtualisation").endswith("Did you mean virtualization?")
    assert unknown_addon("zzz").endswith("Use one of " + ", ".join(addons()) + ".")
    with pytest.raises(UsageError, match="Did you mean odf"):
        Cluster.openshift(DEFAULT, addons=["ODFF"])


# In a run.

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: registry.example/web:1, securityContext: {allowPrivilegeEscalation: true}}
"""
AS_PIPELINE = WEB.replace("      containers:", "      serviceAccountName: pipeline\n      containers:").replace(
    "allowPrivilegeEscalation: true", "capabilities: {add: [SETFCAP]}"
)


def codes(text: str, *names: str, **settings: Any) -> list[str]:
    return [finding.rule_id for finding in scclint.lint_text(text, "x.yaml", Config(addons=names, **settings)).findings]


def test_an_addon_changes_findings() -> None:
    assert codes(WEB) == ["SCC101", "SCC102"]
    assert "SCC101" not in codes(WEB, "nvidia-gpu-helm")
    assert codes(WEB, "nvidia-gpu-helm", platform="kubernetes") == codes(WEB, platform="kubernetes")


def test_openshift_pipelines_grants_its_scc_in_each_namespace_of_the_input() -> None:
    assert codes(AS_PIPELINE) == ["SCC101", "SCC102"]
    assert "SCC101" not in codes(AS_PIPELINE, "pipelines")
    assert "SCC101" in codes(AS_PIPELINE.replace("namespace: shop", "namespace: openshift-shop"), "pipelines")


def test_an_scc_of_the_input_counts_instead_of_the_addons() -> None:
    own = {**scc_of(addon("nvidia-gpu-helm").sccs[0]), "groups": []}
    assert codes(f"{WEB}---\n{json.dumps(own)}\n", "nvidia-gpu-helm").count("SCC101") == 1


def test_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("web.yaml").write_text(WEB, encoding="utf-8")
    Path(".scclint.yaml").write_text("cluster: {addons: [nvidia-gpu-helm]}\n", encoding="utf-8")
    assert scclint.load_config(".scclint.yaml").addons == ("nvidia-gpu-helm",)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        assert main(["check", "web.yaml"]) == 1
        assert main(["check", "--addon", "openshift-ai", "web.yaml"]) == 1
        assert main(["check", "--addon", "openshift-al", "web.yaml"]) == 2
    assert "error[SEC201]" in out.getvalue() and "error[SCC101]" in out.getvalue()
    assert "scclint: 'openshift-al' is not an add-on scclint knows. Did you mean openshift-ai?" in out.getvalue()
    Path(".scclint.yaml").write_text("cluster:\n  addons:\n    - odf\n    - odff\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"(?s)\.scclint\.yaml:4:.*'odff' is not an add-on.*Did you mean odf\?"):
        scclint.load_config(".scclint.yaml")


SUBSCRIPTION = """\
apiVersion: operators.coreos.com/v1alpha1
kind: Subscription
metadata: {name: mine, namespace: operators}
spec:
  name: PACKAGE
  channel: stable
"""
CSV = "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: {name: PACKAGE.v4.18.1}\nspec: {}\n"


def shown(*texts: str, **settings: Any) -> list[str]:
    report = scclint.lint_text("---\n".join(texts), "x.yaml", Config(**settings))
    return [notice.message for notice in report.notices if "--addon" in notice.message]


@pytest.mark.parametrize(
    ("text", "name", "by"),
    [
        (SUBSCRIPTION.replace("PACKAGE", "rhods-operator"), "openshift-ai", "x.yaml:1: Subscription of rhods-operator"),
        (
            '{"apiVersion": "operators.coreos.com/v1alpha1", "kind": "Subscription", "spec": {"name": "odf-operator"}}\n',
            "odf",
            "x.yaml:1: Subscription of odf-operator",
        ),
        (CSV.replace("PACKAGE", "lvms-operator"), "lvm-storage", "x.yaml:1: ClusterServiceVersion of lvms-operator"),
        (
            "apiVersion: nvidia.com/v1\nkind: ClusterPolicy\nmetadata: {name: gpu}\n",
            "nvidia-gpu",
            "x.yaml:1: ClusterPolicy of nvidia.com",
        ),
        (
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: openshift-cnv}\n",
            "virtualization",
            "x.yaml:1: Namespace openshift-cnv",
        ),
    ],
)
def test_an_object_shows_an_addon(text: str, name: str, by: str) -> None:
    expected = f"{by} shows that an add-on is installed; `--addon {name}` judges with its SCCs and grants"
    assert [line.replace(":3:", ":1:") for line in shown(text)] == [expected]
    assert shown(text, addons=(name,)) == []
    assert shown(text, platform="kubernetes") == []
    sccs = [json.dumps(scc_of(scc)) + "\n" for scc in addon(name).sccs]
    assert shown(text, *sccs) == []


CLUSTER = "apiVersion: ceph.rook.io/v1\nkind: CephCluster\nmetadata: {name: rook}\n"
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: cephclusters.GROUP}
spec:
  group: GROUP
"""


def test_an_api_that_the_input_defines_shows_no_addon() -> None:
    definition = DEFINITION.replace("GROUP", "ceph.rook.io")
    assert shown(CLUSTER, definition) == []
    assert len(shown(CLUSTER, DEFINITION.replace("GROUP", "rook.io"))) == 1
    assert shown(CLUSTER, definition, SUBSCRIPTION.replace("PACKAGE", "odf-operator"))[0].startswith("x.yaml:")
    (notice,) = notices([JudgementGap("API", "odf", "a.yaml:1: x"), JudgementGap("own API", "nfd")], Config())
    assert notice.message.startswith("a.yaml:1: x shows that an add-on is installed; `--addon odf` judges")


def test_each_addon_is_shown_once() -> None:
    cluster_policy = "apiVersion: nvidia.com/v1\nkind: ClusterPolicy\nmetadata: {name: gpu}\n"
    assert len(shown(cluster_policy, SUBSCRIPTION.replace("PACKAGE", "gpu-operator-certified"), cluster_policy)) == 1


def test_several_addons_are_one_notice() -> None:
    gaps = [JudgementGap("add-on", name, f"a.yaml:{line}: x") for line, name in enumerate(("odf", "nfd", "logging"), 1)]
    (notice,) = notices(gaps, Config())
    assert notice.message == (
        "3 add-ons are installed, as the input shows (a.yaml:3: x shows logging): "
        "`--addon logging --addon nfd --addon odf` judges with their SCCs and grants"
    )


def test_an_addon_that_several_units_show_is_shown_once() -> None:
    (notice,) = notices([JudgementGap("add-on", "odf", "a.yaml:1: x"), JudgementGap("add-on", "odf", "b.yaml:1: y")], Config())
    assert notice.message.startswith("a.yaml:1: x shows that an add-on is installed; `--addon odf` judges")


@pytest.mark.parametrize(
    "text",
    [
        SUBSCRIPTION.replace("PACKAGE", "other"),
        "apiVersion: nvidia.com/v1\nspec: {driver: {enabled: true}}\n",
        SUBSCRIPTION.replace("operators.coreos.com/v1alpha1", "messaging.knative.dev/v1").replace("PACKAGE", "rhods-operator"),
        "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nspec: 1\n",
        "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nspec: {name: [a]}\n",
        "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nspec: [\n",
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata: x\n",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    ],
)
def test_what_shows_none(text: str) -> None:
    assert shown(text) == []


def test_no_two_addons_share_a_sign() -> None:
    for kind in ("packages", "groups", "namespaces"):
        signs = [sign for one in addons().values() for sign in getattr(one, kind)]
        assert len(signs) == len(set(signs))


def test_the_page_lists_them() -> None:
    text = DESCRIBED.read_text(encoding="utf-8")
    rows = [f"| `{one.name}` | {one.title} | {', '.join(f'`{scc}`' for scc in one.scc_names)} |\n" for one in addons().values()]
    before, head, after = text.partition("| `--addon` | product | SCCs |\n|---|---|---|\n")
    expected = before + head + "".join(rows) + after[after.index("\n\n") + 1 :]
    if os.environ.get("SCCLINT_WRITE_GOLDEN"):
        DESCRIBED.write_text(expected, encoding="utf-8")
    assert expected == text, "SCCLINT_WRITE_GOLDEN=1 python -m pytest tests/cluster/test_addons.py writes the table"


def test_an_api_that_another_unit_defines_shows_no_addon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kustomization = "resources: [object.yaml]\n"
    write_files({"crds/kustomization.yaml": kustomization, "crds/object.yaml": DEFINITION.replace("GROUP", "ceph.rook.io")})
    write_files({"rook/kustomization.yaml": kustomization, "rook/object.yaml": CLUSTER})
    assert report_on(["."]).notices == ()
    assert len(report_on(["rook"]).notices) == 1
