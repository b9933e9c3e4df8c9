"""
The SCC allows more or less than it appears to, because two of its fields contradict each other and only one of them takes
effect, or because it leaves a field unset whose default allows everything.

- `volumes` lists `hostPath`, but `allowHostDirVolumePlugin` is false or unset: the API server removes `hostPath`.
- `allowHostDirVolumePlugin` is true, but `volumes` does not list `hostPath`: the API server adds it, so host paths
  are allowed.
- `allowPrivilegedContainer` is true, but `allowPrivilegeEscalation` is false: the SCC sets `allowPrivilegeEscalation:
  false` on containers, and the API server rejects a privileged container that has it.
- A strategy has IDs, ranges or labels that it ignores, such as `uid` with `RunAsAny`. If `fsGroup` or
  `supplementalGroups` has no `type`, its strategy is `RunAsAny`.
- Most fields allow nothing if they are unset. Two allow everything: without `allowPrivilegeEscalation` the API server
  stores `true`, and without `volumes` it stores `*`, which is every volume type (`hostPath` only if
  `allowHostDirVolumePlugin` is true). In an SCC that allows privileged containers, which
  SCC312 reports, unset fields are not reported.

## How to fix it

Write the same meaning in both fields, or remove the value or field that has no effect. Set `allowPrivilegeEscalation: false`,
and list in `volumes` the volume types that the workload uses.

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
allowHostDirVolumePlugin: false
allowPrivilegedContainer: false
allowPrivilegeEscalation: false
runAsUser: {type: MustRunAsRange}
seLinuxContext: {type: MustRunAs}
fsGroup: {type: MustRunAs}
supplementalGroups: {type: RunAsAny}
volumes: [configMap, projected, secret]
seccompProfiles: [runtime/default]
```
"""

from collections.abc import Iterator

from scclint.api import Location, Problem, Remove, SecurityContextConstraints, Set, Severity, Workload, World, rule

SENTENCES = {
    "no-host-path": "SCC {scc}: volumes lists hostPath, but allowHostDirVolumePlugin is {set:false|unset}, so the API server removes hostPath "
    "and no host path is allowed",
    "overrides": "this field overrides volumes",
    "remove-host-path": "Remove hostPath from volumes, or set allowHostDirVolumePlugin: true.",
    "host-path": "SCC {scc}: allowHostDirVolumePlugin: true allows host paths, although volumes does not list hostPath",
    "adds": "the API server adds hostPath to this list",
    "set-plugin": "Set allowHostDirVolumePlugin: false, or add hostPath to volumes.",
    "no-privileged": "SCC {scc}: allowPrivilegedContainer: true has no effect with allowPrivilegeEscalation: false: the SCC also sets this on "
    "privileged containers, and the API server rejects them",
    "privileged": "privileged containers are allowed here",
    "needed": "Set allowPrivilegeEscalation: true, because {workload} has a privileged container.",
    "not-needed": "Set allowPrivilegedContainer: false. If pods need the SCC for privileged containers, set allowPrivilegeEscalation: true.",
    "unused": "SCC {scc}: {field}.{value} has no effect, because {field}.type is {strategy}",
    "unused-by-default": "SCC {scc}: {field}.{value} has no effect, because {field}.type is unset, which means RunAsAny",
    "strategy": "its type is set here",
    "write-type": "Write type: {type}, or remove {value}.",
    "escalation": "SCC {scc}: allowPrivilegeEscalation {null:is null|is unset}, which allows privilege escalation",
    "set-escalation": "If pods under the SCC set it to true, write true instead.",
    "volumes": "SCC {scc}: volumes {null:is null|is unset}, which allows every volume type{host_paths:, including hostPath| except hostPath}",
    "list-volumes": "List in volumes only the volume types that its pods use.",
}

USED_BY = {
    ("runAsUser", "uid"): ("MustRunAs",),
    ("runAsUser", "uidRangeMin"): ("MustRunAsRange",),
    ("runAsUser", "uidRangeMax"): ("MustRunAsRange",),
    ("seLinuxContext", "seLinuxOptions"): ("MustRunAs",),
    ("fsGroup", "ranges"): ("MustRunAs",),
    ("supplementalGroups", "ranges"): ("MustRunAs",),
}
"""The strategies that use a value."""

STRATEGIES = frozenset(("MustRunAs", "MustRunAsRange", "MustRunAsNonRoot", "RunAsAny"))
DEFAULTED = frozenset(("fsGroup", "supplementalGroups"))
"""Fields whose `type` the API server sets to RunAsAny if it is unset."""


@rule(
    "SCC311",
    "scc-contradicts-itself",
    "An SCC allows more or less than its fields appear to",
    severity=Severity.WARNING,
    on=SecurityContextConstraints,
    since="0.1",
    sentences=SENTENCES,
    tags=("scc",),
    security_severity=5.5,
    cwe=(276, 1188),
    study=(12, 12),
)
def check(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    yield from _host_paths(scc)
    yield from _escalation(scc, world)
    yield from _unused(scc)
    yield from _unset(scc)


def _host_paths(scc: SecurityContextConstraints) -> Iterator[Problem]:
    plugin, volumes = scc.field("allowHostDirVolumePlugin"), scc.field("volumes")
    if not isinstance(volumes.value, list) or not (plugin.value is None or isinstance(plugin.value, bool)):
        return
    if not plugin.value and "hostPath" in volumes.value:
        yield Problem(
            "no-host-path",
            at=scc.field("volumes", volumes.value.index("hostPath")),
            facts={"scc": scc.name, "set": plugin.value is False},
            related=(Location("overrides", plugin),) if plugin.present else (),
            help="remove-host-path",
            edits=(Remove(scc.field("volumes", volumes.value.index("hostPath")).path),),
        )
    elif plugin.value and not {"hostPath", "*"}.intersection(v for v in volumes.value if isinstance(v, str)):
        yield Problem(
            "host-path",
            at=plugin,
            facts={"scc": scc.name},
            related=(Location("adds", volumes),),
            help="set-plugin",
        )


def _escalation(scc: SecurityContextConstraints, world: World) -> Iterator[Problem]:
    privileged, escalation = scc.field("allowPrivilegedContainer"), scc.field("allowPrivilegeEscalation")
    if privileged.value is True and escalation.value is False:
        needing = next((workload for workload in world.of(Workload) if _is_privileged_under(scc, workload, world)), None)
        yield Problem(
            "no-privileged",
            at=escalation,
            facts={"scc": scc.name, "workload": needing},
            related=(Location("privileged", privileged),),
            help="needed" if needing else "not-needed",
            edits=() if needing else (Set(privileged.path, False),),
        )


def _is_privileged_under(scc: SecurityContextConstraints, workload: Workload, world: World) -> bool:
    """Whether the SCC admits a workload with a privileged container."""
    verdict = world.outcome(workload).verdict
    asks = any(container.privileged.value is True for container in workload.pod.containers)
    return asks and verdict is not None and verdict.scc == scc.name


def _unused(scc: SecurityContextConstraints) -> Iterator[Problem]:
    for (name, value), users in USED_BY.items():
        field, written = scc.field(name, value), scc.field(name, "type")
        strategy = written.value or ("RunAsAny" if name in DEFAULTED else None)
        # `uid: 0` is a value; an empty list or mapping is not.
        if field.value in (None, [], {}) or not isinstance(strategy, str) or strategy not in STRATEGIES or strategy in users:
            continue
        # A range of user IDs needs both ends.
        one_end = value.startswith("uidRange") and None in (
            scc.field(name, end).value for end in ("uidRangeMin", "uidRangeMax")
        )
        yield Problem(
            "unused" if written.value else "unused-by-default",
            at=field,
            facts={"scc": scc.name, "field": name, "value": value, "strategy": strategy, "type": users[0]},
            related=(Location("strategy", written),) if written.value else (),
            help="" if one_end else "write-type",
            edits=(Remove(field.path),),
        )


def _unset(scc: SecurityContextConstraints) -> Iterator[Problem]:
    if scc.field("allowPrivilegedContainer").value is True:
        return
    escalation, volumes = scc.field("allowPrivilegeEscalation"), scc.field("volumes")
    if escalation.value is None:
        yield Problem(
            "escalation",
            at=escalation if escalation.present else scc.place,
            facts={"scc": scc.name, "null": escalation.present},
            help="set-escalation",
            edits=(Set(escalation.path, False),),
        )
    if volumes.value is None:
        yield Problem(
            "volumes",
            at=volumes if volumes.present else scc.place,
            facts={
                "scc": scc.name,
                "null": volumes.present,
                "host_paths": scc.field("allowHostDirVolumePlugin").value is True,
            },
            help="list-volumes",
        )
