"""The rule scc-escalation-path and accounts that only tests and examples grant an SCC."""

import pytest

from scclint import lint_texts

OPERATOR = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: operator, namespace: shop}
rules:
  - {apiGroups: [apps], resources: [deployments], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: operator, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: operator}
subjects: [{kind: ServiceAccount, name: operator}]
"""
GRANT = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: agent, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:privileged"}
subjects: [{kind: ServiceAccount, name: agent}]
"""


@pytest.mark.parametrize(
    ("operator", "grant", "reported"),
    [
        ("deploy/operator.yaml", "deploy/agent.yaml", True),
        ("deploy/operator.yaml", "tests/agent.yaml", False),
        ("tests/operator.yaml", "tests/agent.yaml", True),
        ("tests/operator.yaml", "deploy/agent.yaml", True),
        ("examples/operator.yaml", "tests/agent.yaml", False),
    ],
)
def test_an_account_of_tests_is_none_of_what_is_deployed(operator: str, grant: str, *, reported: bool) -> None:
    found = lint_texts({operator: OPERATOR, grant: GRANT}).live
    assert ("RBA407" in {finding.rule_id for finding in found}) is reported
