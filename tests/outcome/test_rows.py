"""The rows of outcomes: what each workload, container and grant gets, in the words of every view."""

import pytest

from scclint.cluster import Cluster
from scclint.objects.documents import load_text
from scclint.objects.expand import expand
from scclint.objects.types import Workload
from scclint.other_units import OtherUnits, Question
from scclint.outcome.rows import WorkloadRow, grant_rows, workload_row
from scclint.outcome.world import World

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web-anyuid, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: system:openshift:scc:anyuid}
subjects: [{kind: ServiceAccount, name: web, namespace: shop}]
"""


def deployment(name: str, container: str, pod: str = "") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: app, image: x, {container}}}], {pod}}}
"""


def world(*texts: str) -> World:
    documents = load_text("web.yaml", "---\n".join(texts), frozenset())
    objects = [obj for document in documents for obj in expand(document)]
    return World(objects, Cluster.openshift("4.22", objects=[obj.manifest for obj in objects if not isinstance(obj, Workload)]))


def row(*texts: str) -> WorkloadRow:
    made = world(*texts)
    (workload,) = made.of(Workload)
    return workload_row(made, workload, "shop-unit")


def test_a_pod_that_the_default_scc_admits() -> None:
    found = row(deployment("web", "resources: {}"))
    assert (found.unit, found.release, found.kind, found.namespace, found.name) == (
        "shop-unit",
        "4.22",
        "Deployment",
        "shop",
        "web",
    )
    assert (found.result, found.why, found.scc, found.subject) == ("admitted", "", "restricted-v2", "user")
    assert (found.fs_group, found.access, found.runs, found.unconfined) == ("first of the range (namespace)", (), True, 0)
    (container,) = found.containers
    assert (container.name, container.seccomp, container.effective.source) == ("app", "RuntimeDefault", "SCC default")
    assert (container.uid, container.root, container.selinux) == (
        "first of the range (namespace)",
        False,
        "own level (namespace)",
    )
    assert (container.capabilities, container.root_filesystem) == ("drop ALL", "writable")


def test_what_the_manifest_sets_is_told_from_what_the_scc_sets() -> None:
    (container,) = row(
        deployment("web", "securityContext: {runAsUser: 0, readOnlyRootFilesystem: true}", "serviceAccountName: web"), BINDING
    ).containers
    assert (container.uid, container.root, container.root_filesystem) == ("0 (manifest)", True, "read-only")
    (other,) = row(
        deployment("web", "resources: {}", "serviceAccountName: web, securityContext: {runAsUser: 7}"), BINDING
    ).containers
    assert (other.uid, other.root) == ("7 (manifest)", False)


@pytest.mark.parametrize(
    ("grants", "user", "uid", "root"),
    [
        ([BINDING], "", "0 (image, web/Containerfile:1)", True),
        ([BINDING], "runAsUser: 1000", "1000 (manifest)", False),
        ([], "", "first of the range (namespace)", False),
    ],
)
def test_the_user_of_an_image_counts_where_nothing_sets_another_one(grants: list[str], user: str, uid: str, root: bool) -> None:
    def told(question: Question) -> list[object]:
        return ["", [], False, "web/Containerfile:1"] if question[0] == "image" else []

    made = world(deployment("web", f"securityContext: {{{user}}}", "serviceAccountName: web"), *grants)
    made = World(made.objects, made.cluster, other_units=OtherUnits(told))
    (workload,) = made.of(Workload)
    (container,) = workload_row(made, workload, "shop-unit").containers
    assert (container.uid, container.root) == (uid, root)


def test_a_rejected_pod_has_its_profiles_and_nothing_that_an_scc_would_decide() -> None:
    found = row(deployment("web", "securityContext: {runAsUser: 0, seccompProfile: {type: Unconfined}}"))
    assert (found.result, found.scc, found.grant, found.fs_group, found.runs, found.unconfined) == (
        "rejected",
        "",
        "",
        "",
        False,
        0,
    )
    assert found.why.startswith("restricted-v2: .containers[0].runAsUser: Invalid value: 0")
    (container,) = found.containers
    assert (container.seccomp, container.uid, container.capabilities, container.selinux) == ("Unconfined", "", "", "")


def test_a_pod_without_a_verdict_says_why() -> None:
    found = row(deployment("web", "securityContext: {runAsUser: yes}"))
    assert (found.result, found.containers, found.runs) == ("unknown", (), False)
    assert found.why.startswith("because ")


def test_the_grants_of_the_input_are_rows_and_those_of_the_release_are_not() -> None:
    made = world(BINDING, deployment("web", "resources: {}"))
    (grant,) = grant_rows(made, "shop-unit")
    assert (grant.scc, grant.kind, grant.namespace, grant.name) == ("anyuid", "ServiceAccount", "shop", "web")
    assert (grant.scope, grant.unit, grant.takes_node) == ("shop", "shop-unit", False)
    assert grant.place is not None and grant.place.line == 3
    assert not [*grant_rows(world(deployment("web", "resources: {}")))]


def test_whose_right_to_the_scc_counts_and_through_which_binding() -> None:
    found = row(deployment("web", "securityContext: {runAsUser: 0}", "serviceAccountName: web"), BINDING)
    assert (found.scc, found.subject) == ("anyuid", "serviceaccount")
    assert found.grant == "service account, through RoleBinding shop/web-anyuid"


def test_grants_of_some_files_only() -> None:
    made = world(BINDING)
    assert [grant.scc for grant in grant_rows(made, files={"web.yaml"})] == ["anyuid"]
    assert not [*grant_rows(made, files={"other.yaml"})]


def test_a_part_of_an_object_is_named() -> None:
    text = """\
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: ci, namespace: shop}
spec:
  tasks:
    - name: one
      taskSpec: {steps: [{name: a, image: x}]}
    - name: two
      taskSpec: {steps: [{name: a, image: x}]}
"""
    made = world(text)
    assert [workload_row(made, workload).part for workload in made.of(Workload)] == ["task one", "task two"]
