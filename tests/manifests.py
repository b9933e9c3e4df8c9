"""Manifests that several tests start from."""

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
        - {name: web, image: "registry.example/web:1", securityContext: {}}
"""
GRANT = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: web, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:anyuid"}
subjects: [{kind: ServiceAccount, name: web}]
"""
ROOT = WEB.replace("securityContext: {}", "securityContext: {runAsUser: 0}")
PRIVILEGED = WEB.replace("securityContext: {}", "securityContext: {privileged: true}")
SCC = """\
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: NAME}
priority: null
users: []
allowPrivilegedContainer: false
allowHostDirVolumePlugin: false
runAsUser: {type: RunAsAny}
seLinuxContext: {type: MustRunAs}
seccompProfiles: [runtime/default]
volumes: [configMap, emptyDir, projected, secret]
"""
