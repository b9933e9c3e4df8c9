"""Writes a catalog of OLM bundles that name their objects alike and mean different things by them."""

from pathlib import Path

_CSV = """\
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: {operator}.v1.0.0
  annotations: {{operatorframework.io/suggested-namespace: operators}}
spec:
  install:
    strategy: deployment
    spec:
      clusterPermissions:
        - serviceAccountName: manager
          rules:
            - apiGroups: [security.openshift.io]
              resources: [securitycontextconstraints]
              resourceNames: [{granted}]
              verbs: [use]
      deployments:
        - name: manager
          spec:
            selector: {{matchLabels: {{app: manager}}}}
            template:
              metadata: {{labels: {{app: manager}}}}
              spec:
                serviceAccountName: manager
                containers:
                  - name: manager
                    image: registry.example/{operator}:1
                    securityContext: {context}
"""
_SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {{name: shared}}
priority: {priority}
allowHostDirVolumePlugin: false
allowHostIPC: false
allowHostNetwork: {network}
allowHostPID: false
allowHostPorts: false
allowPrivilegedContainer: {privileged}
readOnlyRootFilesystem: false
runAsUser: {{type: RunAsAny}}
seLinuxContext: {{type: MustRunAs}}
fsGroup: {{type: MustRunAs}}
supplementalGroups: {{type: RunAsAny}}
seccompProfiles: [{profile}]
volumes: [configMap, emptyDir, projected, secret]
users: {users}
groups: {groups}
"""
_RBAC = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {{name: shared}}
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [{granted}]
    verbs: [use]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {{name: shared}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}
subjects: [{{kind: ServiceAccount, name: {account}, namespace: operators}}]
"""
_CONTEXTS = (
    "{runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}",
    "{runAsUser: 0}",
    "{privileged: true}",
    "{seccompProfile: {type: Unconfined}}",
    "{seccompProfile: {type: Localhost, localhostProfile: operator.json}}",
)
_GRANTED = ("anyuid", "shared", "privileged", "nonroot-v2", "missing", "restricted-v2", "hostaccess")


def write_catalog(folder: Path, bundles: int) -> list[str]:
    """Write bundles below a folder and return their paths from there. The same number gives the same bundles."""
    paths = []
    for number in range(bundles):
        operator = f"operator-{number:03}"
        path = f"operators/{operator}/1.0.0"
        manifests = folder / path / "manifests"
        manifests.mkdir(parents=True)
        granted = _GRANTED[number % len(_GRANTED)]
        context = _CONTEXTS[number // 3 % len(_CONTEXTS)]
        csv = _CSV.format(operator=operator, granted=granted, context=context)
        (manifests / f"{operator}.clusterserviceversion.yaml").write_text(csv)
        if number % 3:
            (manifests / "scc.yaml").write_text(_scc(number))
        if number % 4:
            role = "shared" if number % 5 else "cluster-admin"
            account = "manager" if number % 7 else "default"
            (manifests / "rbac.yaml").write_text(_RBAC.format(granted=_GRANTED[number // 5 % 7], role=role, account=account))
        metadata = folder / path / "metadata"
        metadata.mkdir()
        (metadata / "annotations.yaml").write_text(
            f"annotations: {{operators.operatorframework.io.bundle.package.v1: {operator}}}\n"
        )
        paths.append(path)
    return paths


def _scc(number: int) -> str:
    return _SCC.format(
        priority=number % 11,
        network=str(number % 2 == 0).lower(),
        privileged=str(number % 5 == 0).lower(),
        profile=("runtime/default", '"*"', "localhost/operator.json")[number // 2 % 3],
        users=("[]", '["system:serviceaccount:operators:manager"]')[number // 7 % 2],
        groups=("[]", '["system:authenticated"]', '["system:serviceaccounts:operators"]')[number // 11 % 3],
    )
