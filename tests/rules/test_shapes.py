"""What another rule reports, a value of a wrong type, makes no rule crash."""

import pytest

import scclint
from scclint import __version__
from scclint.registry import builtin

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop%s}\nspec: {containers: [{name: a, image: a}]%s}\n"
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: a}
runAsUser: {type: RunAsAny}
seLinuxContext: {type: RunAsAny}
%s
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      initContainers: [null]
      containers: [{name: a, image: a}]
"""
ANNOTATION = ", annotations: {seccomp.security.alpha.kubernetes.io/pod: 3}"
UNCONFINED = ", securityContext: {seccompProfile: {type: Unconfined}}"


@pytest.mark.parametrize(
    "text",
    [
        POD % (ANNOTATION, UNCONFINED),
        SCC % "seccompProfiles: [[]]",
        SCC % "seccompProfiles: [{}]",
        SCC % "users: 1.5",
        SCC % "groups: true",
        DEPLOYMENT,
        "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: [a]\n",
        "apiVersion: storage.k8s.io/v1\nkind: CSIDriver\nmetadata: {name: [a]}\n",
    ],
)
def test_a_value_of_another_type(text: str) -> None:
    assert scclint.lint_text(text, filename="a.yaml").crashes == ()


def test_no_rule_is_from_a_later_version_than_this_one() -> None:
    here = tuple(map(int, __version__.split(".")[:2]))
    assert [rule.id for rule in builtin().rules if tuple(map(int, rule.since.split(".")[:2])) > here] == []
