"""A ClusterServiceVersion is judged as the objects OLM makes of it."""

import scclint

CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata: {name: NAME.v1}
spec:
  install:
    strategy: deployment
    spec:
      clusterPermissions:
        - serviceAccountName: controller-manager
          rules:
            - apiGroups: [security.openshift.io]
              resources: [securitycontextconstraints]
              verbs: [use]
              resourceNames: [SCC]
      deployments:
        - name: manager
          spec:
            selector: {matchLabels: {app: m}}
            template:
              metadata: {labels: {app: m}}
              spec:
                serviceAccountName: controller-manager
                containers:
                  - name: manager
                    image: registry.example/m:1
"""


def csv(name: str, scc: str) -> str:
    return CSV.replace("NAME", name).replace("SCC]", f"{scc}]")


def test_the_grants_of_cluster_permissions_count() -> None:
    report = scclint.lint_text(csv("a", "anyuid"))
    sec201 = [f for f in report.findings if f.rule_id == "SEC201"]
    assert [(f.span.line, f.subject.kind, f.subject.name, f.subject.container) for f in sec201] == [
        (24, "Deployment", "manager", "manager")
    ]
    assert [(r.span.line, r.message) for r in sec201[0].flow] == [
        (9, "clusterPermissions of service account controller-manager: OLM creates the role and its binding"),
        (11, "clusterPermissions of service account controller-manager allows use of anyuid"),
    ]


def test_without_a_grant_restricted_v2_confines_it() -> None:
    assert [f for f in scclint.lint_text(csv("a", "restricted-v2")).findings if f.kind == "problem"] == []


def test_operators_whose_service_accounts_bear_one_name_do_not_share_grants() -> None:
    report = scclint.lint_text(csv("a", "anyuid") + "---\n" + csv("b", "restricted-v2"))
    assert [f.span.line for f in report.findings if f.rule_id == "SEC201"] == [24]


def test_rules_that_are_none_do_not_move_the_others() -> None:
    text = csv("a", "privileged").replace("          rules:\n", "          rules:\n            - null\n")
    report = scclint.lint_text(text)
    assert report.crashes == ()
    (granted,) = (f for f in report.findings if f.rule_id == "RBA402")
    assert granted.span.line == 15


def test_permissions_hold_everywhere_if_the_operator_supports_all_namespaces() -> None:
    text = csv("a", "restricted-v2").replace("clusterPermissions", "permissions")
    text = text.replace("[security.openshift.io]", "[apps]").replace("[securitycontextconstraints]", "[daemonsets]")
    text = text.replace("verbs: [use]\n              resourceNames: [restricted-v2]", "verbs: [create]")

    def ways(modes: str) -> list[str]:
        report = scclint.lint_text(text.replace("spec:\n  install:", f"spec:\n  installModes: {modes}\n  install:"))
        return [finding.message for finding in report.findings if finding.rule_id == "RBA407"]

    (message,) = ways("[{type: OwnNamespace, supported: true}, {type: AllNamespaces, supported: true}]")
    assert message.endswith("let it create pods in every namespace as every service account (OpenShift's own included)")
    assert ways("[{type: OwnNamespace, supported: true}, {type: AllNamespaces, supported: false}]") == ways("null") == []
    # Both lists have a first entry, and each has a role of its own.
    both = csv("a", "anyuid").replace(
        "spec:\n  install:", "spec:\n  installModes: [{type: AllNamespaces, supported: true}]\n  install:"
    )
    both = both.replace(
        "    spec:\n      cluster",
        "    spec:\n      permissions: [{serviceAccountName: controller-manager, rules: []}]\n      cluster",
    )
    assert "SEC201" in {finding.rule_id for finding in scclint.lint_text(both).findings}
