"""
`localhostProfile` names a path that the Security Profiles Operator does not write for the SeccompProfile of that
name.

The path depends on the version of the operator:

- Up to 0.8, SeccompProfiles are namespaced, and the operator writes `operator/NAMESPACE/NAME.json`.
- From 0.9 on, SeccompProfiles are cluster-scoped, and the operator writes `operator/NAME.json`. API version `v1`
  exists since 1.0.

If a manifest mixes the two forms, it names a file that the operator never writes, and the container is not created.

## How to fix it

Write the path that the message gives, or change the SeccompProfile to the API version and scope of your operator. The
operator shows the path in `status.localhostProfile`.

## Before

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      securityContext:
        seccompProfile:
          type: Localhost
          localhostProfile: operator/shop/web.json
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [localhost/operator/shop/web.json]
```

## After

```yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      securityContext:
        seccompProfile:
          type: Localhost
          localhostProfile: operator/web.json
      containers:
        - name: web
          image: registry.example/web:1
---
apiVersion: security-profiles-operator.x-k8s.io/v1
kind: SeccompProfile
metadata: {name: web}
spec:
  defaultAction: SCMP_ACT_ERRNO
  baseProfileName: oci://registry.example/profiles/runc:1
---
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: web}
users: ["system:serviceaccount:shop:web"]
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
requiredDropCapabilities: [ALL]
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, emptyDir, projected, secret]
seccompProfiles: [localhost/operator/web.json]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Related, Set, Severity, Workload, World, rule

from ._seccomp import by_place, localhost_users


@rule(
    "SEC215",
    "profile-path-of-other-operator-release",
    "A localhostProfile does not match the scope of its SeccompProfile",
    severity=Severity.WARNING,
    on=Workload,
    since="0.1",
    tags=("seccomp",),
)
def check(workload: Workload, world: World) -> Iterator[Problem]:
    for path, containers in localhost_users(world.outcome(workload)).items():
        found = world.profiles.resolve(path)
        if not found.mismatch or any(provider.delivered for provider in found.providers):
            continue
        if world.other_units.provides_profile(path):
            continue
        meant = world.profiles.written(found.meant)
        related = (Related(f"{meant.named} is defined here", meant.place.span),) if meant else ()
        for at, names in by_place(workload, containers):
            yield Problem(
                f"{workload.named}: the operator does not write the file of localhostProfile: {path}; {found.mismatch} {found.expected}",
                at=at,
                related=related,
                help=f"Write localhostProfile: {found.expected}, or change the SeccompProfile to the API version and scope of your operator.",
                container=names[0] if len(names) == 1 else "",
                edits=(Set(at.path, found.expected),) if at.path[-1:] == ("localhostProfile",) else (),
            )
