"""Dumps of clusters and must-gather trees inform verdicts, and nothing in them is reported."""

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scclint
from scclint.config.model import Config
from scclint.objects.documents import load_text
from scclint.objects.documents.thin import thin, without_body
from scclint.objects.expand.item import items_of
from scclint.objects.kinds import STATE_KINDS
from scclint.run.report import Report
from scclint.yaml.nodes import node_at
from tests.running import write_files

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      containers:
      - name: web
        image: example/web
        securityContext:
          runAsUser: 5000
"""

NAMESPACES = """\
apiVersion: v1
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    annotations:
      openshift.io/sa.scc.mcs: s0:c27,c4
      openshift.io/sa.scc.supplemental-groups: 5000/1000
      openshift.io/sa.scc.uid-range: 5000/1000
    creationTimestamp: "2026-01-05T10:00:00Z"
    labels:
      kubernetes.io/metadata.name: shop
    managedFields:
    - apiVersion: v1
      fieldsType: FieldsV1
      fieldsV1:
        f:metadata:
          f:labels:
            .: {}
            f:kubernetes.io/metadata.name: {}
      manager: kubectl-create
      operation: Update
      time: "2026-01-05T10:00:00Z"
    name: shop
    resourceVersion: "1234"
    uid: 6a1e0e0c-0000-4000-8000-000000000000
  spec:
    finalizers:
    - kubernetes
  status:
    phase: Active
- apiVersion: v1
  kind: Pod
  metadata:
    name: broken
    namespace: shop
  spec:
    containers:
    - name: x
      image: y
      securityContext:
        privileged: true
kind: List
metadata:
  resourceVersion: ""
"""

ANYUID_BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: 'system:openshift:scc:anyuid'}
subjects:
- {kind: ServiceAccount, name: web, namespace: shop}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_files({"web.yaml": WEB})
    return tmp_path


def lint(*state: str) -> Report:
    return scclint.lint(["web.yaml"], Config(cluster_state=state))


def refused(report: Report) -> bool:
    return any(f.rule_id == "SCC101" for f in report.findings)


def test_namespace_ranges_of_a_dump(here: Path) -> None:
    assert refused(lint())
    write_files({"state/namespaces.yaml": NAMESPACES})
    report = lint("state")
    assert not refused(report)
    assert {f.span.file for f in report.findings} <= {"web.yaml"}
    assert (report.tally.files, report.tally.documents, report.tally.workloads) == (1, 1, 1)


MUST_GATHER = {
    "must-gather/quay-io-openshift/cluster-scoped-resources/core/namespaces/shop.yaml": """\
---
apiVersion: v1
kind: Namespace
metadata:
  annotations:
    openshift.io/sa.scc.mcs: s0:c27,c4
    openshift.io/sa.scc.supplemental-groups: 7000/1000
    openshift.io/sa.scc.uid-range: 7000/1000
  managedFields:
  - manager: x
  name: shop
""",
    "must-gather/quay-io-openshift/cluster-scoped-resources/security.openshift.io/securitycontextconstraints/mine.yaml": """\
---
apiVersion: security.openshift.io/v1
allowHostDirVolumePlugin: false
allowHostIPC: false
allowHostNetwork: false
allowHostPID: false
allowHostPorts: false
allowPrivilegedContainer: false
fsGroup:
  type: RunAsAny
kind: SecurityContextConstraints
metadata:
  generation: 1
  name: mine
priority: null
readOnlyRootFilesystem: false
runAsUser:
  type: RunAsAny
seLinuxContext:
  type: MustRunAs
supplementalGroups:
  type: RunAsAny
users:
- system:serviceaccount:shop:web
volumes:
- '*'
""",
    "must-gather/quay-io-openshift/namespaces/shop/core/pods.yaml": """\
---
apiVersion: v1
items:
- metadata:
    name: x
  spec:
    containers: [{name: broken}]
kind: PodList
metadata:
  resourceVersion: "33653"
""",
    "must-gather/quay-io-openshift/namespaces/shop/core/serviceaccounts.yaml": """\
---
apiVersion: v1
items:
- metadata:
    name: web
    namespace: shop
kind: ServiceAccountList
metadata: {}
""",
    "must-gather/quay-io-openshift/namespaces/shop/core/events.yaml": "---\napiVersion: v1\nitems:\n- kind: Event\n  x: {\nkind: EventList\n",
    "must-gather/version": "openshift/must-gather\n4.20.1\n",
}


def test_must_gather(here: Path) -> None:
    write_files(MUST_GATHER)
    report = lint("must-gather")
    assert not refused(report)
    assert {f.span.file for f in report.findings} <= {"web.yaml"}
    assert ["lacks the roles and role bindings" in notice.message for notice in report.notices] == [True]


def test_must_gather_that_git_ignores(here: Path) -> None:
    write_files({**MUST_GATHER, ".gitignore": "must-gather/\n"})
    subprocess.run(["git", "init", "-q"], check=True)
    assert not refused(lint("must-gather"))


def test_bindings_of_a_must_gather(here: Path) -> None:
    write_files({"must-gather/namespaces/shop/rbac.authorization.k8s.io/rolebindings.yaml": ANYUID_BINDING})
    report = lint("must-gather")
    assert not refused(report)


def test_a_dumped_scc_replaces_the_releases_own(here: Path) -> None:
    own = MUST_GATHER[
        "must-gather/quay-io-openshift/cluster-scoped-resources/security.openshift.io/securitycontextconstraints/mine.yaml"
    ]
    changed = own.replace("name: mine", "name: restricted-v2").replace("users:\n- system:serviceaccount:shop:web\n", "")
    write_files({"state/scc.yaml": changed})
    assert not refused(lint("state"))


def test_what_is_linted_goes_before_the_dump(here: Path) -> None:
    """The manifest is what is about to be applied; the dump has what it replaces."""
    write_files({"state/rb.yaml": ANYUID_BINDING.replace("anyuid", "privileged")})
    write_files({"web.yaml": f"{WEB}---\n{ANYUID_BINDING}"})
    report = lint("state")
    assert not refused(report)
    assert not any("SCC privileged" in f.message for f in report.findings)
    write_files({"web.yaml": f"{WEB}---\n{ANYUID_BINDING.replace('anyuid', 'restricted')}"})
    assert refused(lint("state"))


def test_broken_dumps_are_told(here: Path) -> None:
    write_files({"state/a.yaml": "kind: Role\nrules: [\n", "state/b.yaml": NAMESPACES})
    report = lint("state")
    assert not refused(report)
    assert [(n.level, n.file, n.message[:22]) for n in report.notices] == [
        ("warning", "state/a.yaml", "not taken into account")
    ]


def test_a_dump_that_is_not_there(here: Path) -> None:
    assert [(n.level, n.file) for n in lint("nowhere").notices] == [("error", "nowhere")]


# Blanking out the items nobody asked for.

ITEMS = {
    "Pod": "  metadata:\n    name: p\n  spec:\n    text: |\n      kind: Namespace\n      - kind: Role\n",
    "Namespace": "  metadata:\n    name: n\n",
    "ServiceAccount": "  metadata:\n    name: sa\n\n  # comment\n  secrets: []\n",
    "ConfigMap": "  data:\n    a: |\n\n      ---\n      apiVersion: v1\n",
    "": "  metadata: {}\n",
    "PodList": "  items:\n  - kind: Pod\n",
}
KINDS = frozenset({"Namespace", "ServiceAccount", "List"})


def item(kind: str, first: bool) -> str:
    if kind and first:
        return f"- kind: {kind}\n{ITEMS[kind]}"
    return f"- apiVersion: v1\n{f'  kind: {kind}' if kind else '  other: 1'}\n{ITEMS[kind]}"


def kept(text: str) -> list[Any]:
    """The objects of the wanted kinds, with the lines where they begin."""
    found = []
    for document in load_text("x.yaml", text, frozenset()):
        assert document.error is None
        for found_item in items_of(document):
            if found_item.data["kind"] in KINDS - {"List"}:
                found.append((node_at(found_item.root, found_item.path).line, found_item.data))
    return found


@given(
    st.lists(
        st.tuples(
            st.lists(st.tuples(st.sampled_from(sorted(ITEMS)), st.booleans()), max_size=5),
            st.sampled_from(["List", "PodList", "NamespaceList"]),
            st.booleans(),
        ),
        max_size=3,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_wanted_stays_where_it_was(lists: list[Any], newline: str) -> None:
    text = ""
    for items, kind, before in lists:
        head = f"kind: {kind}\n" if before else ""
        tail = "" if before else f"kind: {kind}\n"
        body = "".join(item(*one) for one in items)
        text += f"---\napiVersion: v1\n{head}items:\n{body}{tail}metadata: {{}}\n" if body else ""
    text = text.replace("\n", newline)
    thinned = thin(text, KINDS)
    assert thinned.count("\n") == text.count("\n")
    assert kept(thinned) == kept(text)


def test_what_is_not_wanted_goes() -> None:
    text = f"apiVersion: v1\nitems:\n{item('Pod', True)}{item('Namespace', False)}{item('ConfigMap', False)}kind: List\n"
    thinned = thin(text, KINDS)
    assert "Pod" not in thinned
    assert "ConfigMap" not in thinned
    assert len(thinned) < len(text) / 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kind: Pod\nspec: {}\n",
        "kind: List\nitems: []\n",
        "kind: List\nitems:\n  - kind: Pod\n",
        "items:\n- {kind: Pod}\n",
        '{"kind": "List", "items": [{"kind": "Pod"}]}',
        "a: |\n  items:\n  - kind: Pod\n",
    ],
)
def test_other_forms_stay_as_they_are(text: str) -> None:
    assert thin(text, KINDS) == text


def test_a_large_dump_is_quick() -> None:
    """5 MB of Pods and the like, as `oc get -o yaml` writes them; parsing all of it takes tens of times as long."""
    pod = item("Pod", False) + "  status:\n" + "".join(f"    field{i}: value of the field\n" for i in range(40))
    text = (
        "apiVersion: v1\nitems:\n"
        + "".join(pod if i % 50 else item("ServiceAccount", False) for i in range(4000))
        + "kind: List\n"
    )
    assert len(text) > 5_000_000
    before = time.process_time()
    documents = load_text("x.yaml", thin(text, STATE_KINDS), STATE_KINDS)
    spent = time.process_time() - before
    assert sum(item.data["kind"] == "ServiceAccount" for document in documents for item in items_of(document)) == 80
    assert spent < 1


POD_LINES = st.lists(
    st.sampled_from(["", "a: b", "  deep: [1]", "- item", "text: |", "  status:", "  spec:", "# comment", "quoted: 'x'"]),
    max_size=8,
)


@given(POD_LINES, POD_LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_pods_lose_their_bodies_and_nothing_else(spec: list[str], status: list[str], newline: str, ended: bool) -> None:
    head = ["apiVersion: v1", "kind: Pod", "metadata:", "  annotations:", "    openshift.io/scc: anyuid", "  name: p"]
    body = [
        "spec:",
        *(f"  {line}" if line else "" for line in spec),
        "status:",
        *(f"  {line}" for line in status),
        "  phase: Running",
    ]
    lines = [*head, *body]
    text = newline.join(lines) + (newline if ended else "")
    cut = without_body(text)
    assert cut.count("\n") == text.count("\n")
    assert cut.rstrip() == newline.join(head)
    items = [*(f"{'- ' if index == 0 else '  '}{line}" if line else "" for index, line in enumerate(lines))]
    listed = newline.join(["apiVersion: v1", "items:", *items, *items, "kind: List", ""])
    thinned = thin(listed, frozenset({"Pod"}), heads=frozenset({"Pod"}))
    assert thinned.count("\n") == listed.count("\n")
    kept = [line for line in thinned.replace("\r", "").split("\n") if line]
    assert kept == ["apiVersion: v1", "items:", *([f"- {head[0]}", *(f"  {line}" for line in head[1:])] * 2), "kind: List"]
