"""
Two fields of the SCC say different things, and only one of them counts.

- `hostPath` under `volumes` while `allowHostDirVolumePlugin` is false or absent: the API server takes `hostPath` out.
- `allowHostDirVolumePlugin: true` while `volumes` has no `hostPath`: the API server puts it in, so host paths are allowed.
- `allowPrivilegedContainer: true` with `allowPrivilegeEscalation: false`: the SCC fills `allowPrivilegeEscalation: false`
  into containers, and the API server refuses a privileged container that has it.
- Ids, ranges or labels beside a strategy that does not look at them, such as `uid` under `RunAsAny`. A strategy of
  `fsGroup` or `supplementalGroups` without `type` is `RunAsAny`.

## How to fix it

Write the same thing in both fields, or leave out the one that does not count.

## Before

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowHostDirVolumePlugin: false
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, hostPath, projected, secret]
seccompProfiles: [runtime/default]
```

## After

```yaml
apiVersion: security.openshift.io/v1
kind: SecurityContextConstraints
metadata: {name: agent}
allowHostDirVolumePlugin: true
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, hostPath, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import Problem, Related, SecurityContextConstraints, Severity, World, rule

READ_BY = {
    ("runAsUser", "uid"): ("MustRunAs",),
    ("runAsUser", "uidRangeMin"): ("MustRunAsRange",),
    ("runAsUser", "uidRangeMax"): ("MustRunAsRange",),
    ("seLinuxContext", "seLinuxOptions"): ("MustRunAs",),
    ("fsGroup", "ranges"): ("MustRunAs",),
    ("supplementalGroups", "ranges"): ("MustRunAs",),
}
"""Which strategies look at a value."""

STRATEGIES = frozenset(("MustRunAs", "MustRunAsRange", "MustRunAsNonRoot", "RunAsAny"))
DEFAULTED = frozenset(("fsGroup", "supplementalGroups"))
"""Strategies to which the API server gives the type RunAsAny where none is written."""


@rule(
    "SCC311",
    "scc-contradicts-itself",
    "Two fields of an SCC contradict each other",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    tags=("scc",),
    security_severity=3.0,
    cwe=(1188,),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    yield from _host_paths(scc)
    yield from _escalation(scc)
    yield from _unread(scc)


def _host_paths(scc: SecurityContextConstraints) -> Iterator[Problem]:
    plugin, volumes = scc.field("allowHostDirVolumePlugin"), scc.field("volumes")
    if not isinstance(volumes.value, list) or not (plugin.value is None or isinstance(plugin.value, bool)):
        return
    if not plugin.value and "hostPath" in volumes.value:
        stands = f"allowHostDirVolumePlugin is {'false' if plugin.value is False else 'left out'}"
        yield Problem(
            f"SCC {scc.name}: volumes lists hostPath, but {stands}, which takes hostPath out: no host path is allowed",
            at=scc.field("volumes", volumes.value.index("hostPath")),
            related=(Related("this decides", plugin.span),) if plugin.present else (),
            settle="Take hostPath out of volumes, or write allowHostDirVolumePlugin: true.",
        )
    elif plugin.value and not {"hostPath", "*"}.intersection(v for v in volumes.value if isinstance(v, str)):
        yield Problem(
            f"SCC {scc.name}: allowHostDirVolumePlugin: true allows host paths although volumes does not list hostPath",
            at=plugin,
            related=(Related("hostPath is added to these", volumes.span),),
            settle="Write allowHostDirVolumePlugin: false, or list hostPath under volumes.",
        )


def _escalation(scc: SecurityContextConstraints) -> Iterator[Problem]:
    privileged, escalation = scc.field("allowPrivilegedContainer"), scc.field("allowPrivilegeEscalation")
    if privileged.value is True and escalation.value is False:
        yield Problem(
            f"SCC {scc.name}: allowPrivilegedContainer: true has no effect with allowPrivilegeEscalation: false, "
            "which is filled into privileged containers too, and the API server refuses those",
            at=escalation,
            related=(Related("privileged containers are allowed here", privileged.span),),
            settle="Write allowPrivilegedContainer: false, or allow privilege escalation.",
        )


def _unread(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for (name, value), readers in READ_BY.items():
        field, written = scc.field(name, value), scc.field(name, "type")
        strategy = written.value or ("RunAsAny" if name in DEFAULTED else None)
        # `uid: 0` is a value; an empty list or mapping says nothing.
        if field.value in (None, [], {}) or not isinstance(strategy, str) or strategy not in STRATEGIES or strategy in readers:
            continue
        yield Problem(
            f"SCC {scc.name}: {name}.{value} is not looked at: {name}.type is "
            + (f"{strategy}" if written.value else "left out, which means RunAsAny"),
            at=field,
            related=(Related("the strategy", written.span),) if written.value else (),
            settle=f"Write type: {readers[0]}, or leave {value} out.",
        )
