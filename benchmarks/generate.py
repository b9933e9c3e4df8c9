"""Writes manifests of a given number or size, the same ones each time.

python benchmarks/generate.py FILE --workloads 2000 --sccs 200 --bindings 2000 --others 0
python benchmarks/generate.py FILE --megabytes 100 --share 0.05
"""

import argparse
from collections.abc import Iterator

NAMESPACES = 50

WORKLOAD = """---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{i}
  namespace: ns-{n}
  labels:
    app: web-{i}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web-{i}
  template:
    metadata:
      labels:
        app: web-{i}
    spec:
      serviceAccountName: sa-{n}
      containers:
        - name: web
          image: registry.example/web:{i}
          ports:
            - containerPort: 8080
          env:
            - name: LEVEL
              value: "info"
            - name: TOKEN
              valueFrom: {{secretKeyRef: {{name: token, key: value}}}}
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
            limits: {{cpu: "1", memory: 128Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: data
              mountPath: /data
      volumes:
        - name: data
          emptyDir: {{}}
"""

OTHER = """---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings-{i}
  namespace: ns-{n}
data:
  level: "info"
  settings.ini: |
    [main]
    level = info
    listen = 0.0.0.0:8080
"""

SCC = """---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata:
  name: custom-{i}
allowPrivilegedContainer: false
allowHostDirVolumePlugin: false
allowHostNetwork: false
allowHostPorts: false
allowHostPID: false
allowHostIPC: false
allowPrivilegeEscalation: false
readOnlyRootFilesystem: false
requiredDropCapabilities: [ALL]
runAsUser: {{type: MustRunAsRange}}
seLinuxContext: {{type: MustRunAs}}
fsGroup: {{type: MustRunAs}}
supplementalGroups: {{type: RunAsAny}}
seccompProfiles: [runtime/default]
volumes: [configMap, emptyDir, projected, secret]
"""

BINDING = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: use-{i}
  namespace: ns-{n}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: use-custom
subjects:
  - kind: ServiceAccount
    name: sa-{n}
    namespace: ns-{n}
"""

ROLE = """---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: use-custom
rules:
  - apiGroups: [security.openshift.io]
    resources: [securitycontextconstraints]
    resourceNames: [custom-0]
    verbs: [use]
"""


def counted(workloads: int, sccs: int, bindings: int, others: int) -> Iterator[str]:
    """So many documents of each sort."""
    yield ROLE if bindings else ""
    for text, number in ((SCC, sccs), (BINDING, bindings), (OTHER, others), (WORKLOAD, workloads)):
        for i in range(number):
            yield text.format(i=i, n=i % NAMESPACES)


def sized(megabytes: float, share: float) -> Iterator[str]:
    """Documents of so many megabytes, of which the given share, by number, are workloads."""
    size = number = workloads = 0
    while size < megabytes * 1_000_000:
        is_workload = workloads < share * (number + 1)
        workloads += is_workload
        text = (WORKLOAD if is_workload else OTHER).format(i=number, n=number % NAMESPACES)
        size += len(text)
        number += 1
        yield text


def write(path: str, texts: Iterator[str]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(texts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write manifests of a given number or size.")
    parser.add_argument("file")
    for sort in ("workloads", "sccs", "bindings", "others"):
        parser.add_argument(f"--{sort}", type=int, default=0)
    parser.add_argument("--megabytes", type=float, default=0)
    parser.add_argument("--share", type=float, default=0.05)
    args = parser.parse_args()
    if args.megabytes:
        write(args.file, sized(args.megabytes, args.share))
    else:
        write(args.file, counted(args.workloads, args.sccs, args.bindings, args.others))


if __name__ == "__main__":
    main()
