"""Make `schemas/kubernetes/workloads.json`: the fields of the workload kinds in every Kubernetes minor, in one JSON Schema.

Development only. Its input is the data of the PyPI package kubernetes-validate, which carries a limited range of minors per
release; name as many unpacked releases as the wanted range takes, newest first:

    python -m pip download --no-deps --dest old kubernetes-validate==1.36.0 kubernetes-validate==1.24.1
    unzip -q old/*.whl -d old/a;  mkdir old/b && tar xzf old/*.tar.gz -C old/b
    python tools/make_schemas.py old/a old/b

Minors differ from each other in little but the set of fields, so there is one schema for all of them: `x-since` and `x-until`
give the first and last minor that has a field, where that is not the whole range (`x-minors`). Descriptions, patch hints and
the bodies of `status` and `managedFields`, which nobody writes, are left out. The published schemas say nothing of the values
that pkg/apis/core/validation and its like enforce; those that a single field decides are in the tables below. Requirements
that the schemas state and the API server does not enforce are dropped. `null` is not spelled out: it counts as an absent field.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

FIRST, LAST = 24, 36

ROOTS = {
    "v1": ("io.k8s.api.core.v1", ("Pod", "ReplicationController", "PodTemplate", "Namespace", "ServiceAccount")),
    "apps/v1": ("io.k8s.api.apps.v1", ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")),
    "batch/v1": ("io.k8s.api.batch.v1", ("Job", "CronJob")),
    "rbac.authorization.k8s.io/v1": ("io.k8s.api.rbac.v1", ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")),
}

NEEDS_SPEC = ("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController")
OPAQUE = {"ObjectMeta.managedFields", "Namespace.status", "PersistentVolumeClaim.status"} | {
    f"{kind}.status" for kind in NEEDS_SPEC
}
REQUIRED = dict.fromkeys(NEEDS_SPEC, ("spec",)) | {
    "Container": ("image",),
    "EphemeralContainer": ("image",),
    "HostAlias": ("ip",),
    "PodTemplateSpec": ("spec",),
    "ReplicaSetSpec": ("template",),
    "ReplicationControllerSpec": ("template",),
}
NOT_ENFORCED = {
    "HTTPHeader.value",
    "ISCSIVolumeSource.lun",
    "PodFailurePolicyOnPodConditionsPattern.status",
    "PodFailurePolicyRule.onPodConditions",
    "RoleRef.apiGroup",
    "StatefulSetSpec.serviceName",
    "Sysctl.value",
    # `scclint.validation` reports these in the words that the API server has for them.
    "SeccompProfile.type",
    "AppArmorProfile.type",
    "PodAffinityTerm.topologyKey",
    "PodOS.name",
    "TopologySpreadConstraint.topologyKey",
}

GO_TYPES = {
    "AppArmorProfile.type": "v1.AppArmorProfileType",
    "Capabilities.add[]": "v1.Capability",
    "Capabilities.drop[]": "v1.Capability",
    "PodOS.name": "v1.OSName",
    "SeccompProfile.type": "v1.SeccompProfileType",
    "SecurityContext.procMount": "v1.ProcMountType",
}
"""The Go types of strings that have one of their own, for fields that admission reads: Go's decoder names them in errors."""

_PULL = ("Always", "IfNotPresent", "Never")
_HONOR = ("Honor", "Ignore")
_RETAIN = ("Delete", "Retain")
ENUMS = {
    "AzureDiskVolumeSource.cachingMode": ("None", "ReadOnly", "ReadWrite"),
    "AzureDiskVolumeSource.kind": ("Dedicated", "Managed", "Shared"),
    "Container.imagePullPolicy": _PULL,
    "Container.restartPolicy": ("Always", "Never", "OnFailure"),
    "Container.terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "ContainerPort.protocol": ("SCTP", "TCP", "UDP"),
    "ContainerResizePolicy.resourceName": ("cpu", "memory"),
    "ContainerResizePolicy.restartPolicy": ("NotRequired", "RestartContainer"),
    "CronJobSpec.concurrencyPolicy": ("Allow", "Forbid", "Replace"),
    "DaemonSetUpdateStrategy.type": ("OnDelete", "RollingUpdate"),
    "DeploymentStrategy.type": ("Recreate", "RollingUpdate"),
    "EphemeralContainer.imagePullPolicy": _PULL,
    "EphemeralContainer.terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "HTTPGetAction.scheme": ("HTTP", "HTTPS"),
    "ImageVolumeSource.pullPolicy": _PULL,
    "JobSpec.completionMode": ("Indexed", "NonIndexed"),
    "JobSpec.podReplacementPolicy": ("Failed", "TerminatingOrFailed"),
    "LabelSelectorRequirement.operator": ("DoesNotExist", "Exists", "In", "NotIn"),
    "NodeSelectorRequirement.operator": ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"),
    "PodFailurePolicyOnExitCodesRequirement.operator": ("In", "NotIn"),
    "PodFailurePolicyRule.action": ("Count", "FailIndex", "FailJob", "Ignore"),
    "PodSecurityContext.fsGroupChangePolicy": ("Always", "OnRootMismatch"),
    "PodSecurityContext.supplementalGroupsPolicy": ("Merge", "Strict"),
    "PodSpec.dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
    "PodSpec.preemptionPolicy": ("PreemptLowerPriority", "Never"),
    "PodSpec.restartPolicy": ("Always", "OnFailure", "Never"),
    "SecurityContext.procMount": ("Default", "Unmasked"),
    "StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": _RETAIN,
    "StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": _RETAIN,
    "StatefulSetSpec.podManagementPolicy": ("OrderedReady", "Parallel"),
    "StatefulSetUpdateStrategy.type": ("OnDelete", "RollingUpdate"),
    "Subject.kind": ("Group", "ServiceAccount", "User"),
    "Toleration.effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "Toleration.operator": ("Equal", "Exists", "Gt", "Lt"),
    "TopologySpreadConstraint.nodeAffinityPolicy": _HONOR,
    "TopologySpreadConstraint.nodeTaintsPolicy": _HONOR,
    "TopologySpreadConstraint.whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
}
POINTERS = {
    *(
        "Container.restartPolicy",
        "JobSpec.completionMode",
        "JobSpec.podReplacementPolicy",
        "PodSecurityContext.fsGroupChangePolicy",
    ),
    *(
        "PodSecurityContext.supplementalGroupsPolicy",
        "SecurityContext.procMount",
        "TopologySpreadConstraint.nodeAffinityPolicy",
    ),
    "TopologySpreadConstraint.nodeTaintsPolicy",
}
"""The fields with a closed list whose empty text is a value that is not in the list."""
SINCE = {"Container.restartPolicy": 35}
"""The first minor in which the list of a field is closed. Before, `scclint.validation` checks the field."""

_ID = (0, 2**31 - 1)
_PORT = (1, 65535)
_MODE = (0, 0o777)
_WEIGHT = (1, 100)
_COUNT = (0, None)
RANGES: dict[str, tuple[int, int | None]] = {
    "ConfigMapVolumeSource.defaultMode": _MODE,
    "ContainerPort.containerPort": _PORT,
    "ContainerPort.hostPort": _PORT,
    "CronJobSpec.failedJobsHistoryLimit": _COUNT,
    "CronJobSpec.startingDeadlineSeconds": _COUNT,
    "CronJobSpec.successfulJobsHistoryLimit": _COUNT,
    "DaemonSetSpec.minReadySeconds": _COUNT,
    "DaemonSetSpec.revisionHistoryLimit": _COUNT,
    "DeploymentSpec.minReadySeconds": _COUNT,
    "DeploymentSpec.progressDeadlineSeconds": _COUNT,
    "DeploymentSpec.replicas": _COUNT,
    "DeploymentSpec.revisionHistoryLimit": _COUNT,
    "DownwardAPIVolumeFile.mode": _MODE,
    "DownwardAPIVolumeSource.defaultMode": _MODE,
    "GRPCAction.port": _PORT,
    "JobSpec.activeDeadlineSeconds": _COUNT,
    "JobSpec.backoffLimit": _COUNT,
    "JobSpec.completions": _COUNT,
    "JobSpec.parallelism": _COUNT,
    "JobSpec.ttlSecondsAfterFinished": _COUNT,
    "KeyToPath.mode": _MODE,
    "PodSecurityContext.fsGroup": _ID,
    "PodSecurityContext.runAsGroup": _ID,
    "PodSecurityContext.runAsUser": _ID,
    "PodSecurityContext.supplementalGroups[]": _ID,
    "PodSpec.activeDeadlineSeconds": (1, 2**31 - 1),
    "PreferredSchedulingTerm.weight": _WEIGHT,
    "Probe.failureThreshold": _COUNT,
    "Probe.initialDelaySeconds": _COUNT,
    "Probe.periodSeconds": _COUNT,
    "Probe.successThreshold": _COUNT,
    "Probe.timeoutSeconds": _COUNT,
    "ProjectedVolumeSource.defaultMode": _MODE,
    "ReplicaSetSpec.minReadySeconds": _COUNT,
    "ReplicaSetSpec.replicas": _COUNT,
    "ReplicationControllerSpec.minReadySeconds": _COUNT,
    "ReplicationControllerSpec.replicas": _COUNT,
    "SecretVolumeSource.defaultMode": _MODE,
    "SecurityContext.runAsGroup": _ID,
    "SecurityContext.runAsUser": _ID,
    "StatefulSetSpec.minReadySeconds": _COUNT,
    "StatefulSetSpec.replicas": _COUNT,
    "TopologySpreadConstraint.maxSkew": (1, None),
    "WeightedPodAffinityTerm.weight": _WEIGHT,
}

Json = dict[str, Any]

SPECIAL: dict[str, Json] = {
    "IntOrString": {"type": ["integer", "string"], "format": "int-or-string"},
    "Quantity": {"type": ["number", "string"], "format": "quantity"},
    "Time": {"type": "string", "format": "date-time"},
}


def definitions(folders: list[Path]) -> dict[int, Json]:
    """The `$defs` of each wanted minor; the first folder that has a minor wins."""
    found: dict[int, Json] = {}
    for folder in folders:
        for path in sorted(folder.rglob("_definitions.json")):
            match = re.fullmatch(r"v1\.(\d+)\.0-local", path.parent.name)
            if match and FIRST <= int(match[1]) <= LAST and int(match[1]) not in found:
                data = json.loads(path.read_text())
                found[int(match[1])] = data.get("$defs") or data["definitions"]
    lacking = [minor for minor in range(FIRST, LAST + 1) if minor not in found]
    if lacking:
        sys.exit(f"no data for the minors {lacking}: name a release of kubernetes-validate that has them")
    return dict(sorted(found.items()))


def short(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def compact(raw: Json, where: str, minor: int) -> Json:
    """One property's schema in one minor without words and without the nulls; `where` is `Definition.field`."""
    if where in OPAQUE:
        return {"type": "array" if where.endswith("managedFields") else "object"}
    if "$ref" in raw:
        name = short(raw["$ref"])
        return SPECIAL.get(name) or {"$ref": f"#/$defs/{name}"}
    types = raw["type"]
    kind = types if isinstance(types, str) else next(t for t in types if t != "null")
    out: Json = {"type": kind}
    if kind == "array":
        out["items"] = compact(raw["items"], where + "[]", minor)
    elif kind == "object" and "additionalProperties" in raw:
        out["additionalProperties"] = compact(raw["additionalProperties"], where + "{}", minor)
    elif kind == "integer":
        out["format"] = raw["format"]
        if where in RANGES:
            low, high = RANGES[where]
            out["minimum"] = low
            if high is not None:
                out["maximum"] = high
    elif kind == "string" and where in ENUMS and minor >= SINCE.get(where, 0):
        out["enum"] = list(ENUMS[where])
        if where in POINTERS:
            out["x-pointer"] = True
    if where in GO_TYPES:
        out["x-go-type"] = GO_TYPES[where]
    return out


def references(schema: Any) -> list[str]:
    """The full names of the definitions that `schema` refers to."""
    if isinstance(schema, dict):
        own = [schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else []
        return own + [name for value in schema.values() for name in references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in references(value)]
    return []


def reachable(defs: Json, minor: int) -> dict[str, Json]:
    """The compact definitions, by short name, that the root kinds lead to in one minor."""
    wanted = [f"{prefix}.{kind}" for prefix, kinds in ROOTS.values() for kind in kinds]
    full: dict[str, str] = {}
    picked: dict[str, Json] = {}
    while wanted:
        name = wanted.pop()
        key = short(name)
        if full.setdefault(key, name) != name:
            sys.exit(f"{name} and {full[key]} would share a name")
        if key in picked or key in SPECIAL:
            continue
        raw: Json = defs[name]["properties"]
        picked[key] = {
            "required": set(defs[name].get("required", ())),
            "properties": {field: compact(schema, f"{key}.{field}", minor) for field, schema in raw.items()},
        }
        wanted += [ref for field, schema in raw.items() if f"{key}.{field}" not in OPAQUE for ref in references(schema)]
    return picked


def dated(schema: Json, minors: list[int], whole: list[int]) -> Json:
    """`schema` with the minors that have it, unless `whole` says the same."""
    out = dict(schema)
    if minors[0] != whole[0]:
        out["x-since"] = minors[0]
    if minors[-1] != whole[-1]:
        out["x-until"] = minors[-1]
    if minors != list(range(minors[0], minors[-1] + 1)):
        sys.exit(f"a field comes and goes: {schema} in {minors}")
    return out


def merge(per_minor: dict[int, dict[str, Json]]) -> Json:
    """One set of definitions for all minors."""
    every = list(per_minor)
    merged: Json = {}
    for name in sorted({name for defs in per_minor.values() for name in defs}):
        holders = [minor for minor in every if name in per_minor[minor]]
        properties: Json = {}
        for field in sorted({field for minor in holders for field in per_minor[minor][name]["properties"]}):
            variants: list[tuple[Json, list[int]]] = []
            for minor in holders:
                schema = per_minor[minor][name]["properties"].get(field)
                if schema is None:
                    continue
                if variants and variants[-1][0] == schema:
                    variants[-1][1].append(minor)
                else:
                    variants.append((schema, [minor]))
            if len(variants) == 1:
                properties[field] = dated(*variants[0], every)
            else:
                branches = [dated(schema, minors, every) for schema, minors in variants]
                properties[field] = dated({"anyOf": branches}, [minor for _, minors in variants for minor in minors], every)
        required = set.intersection(*(per_minor[minor][name]["required"] for minor in holders)) | set(REQUIRED.get(name, ()))
        definition: Json = {"type": "object"}
        if kept := sorted(field for field in required if f"{name}.{field}" not in NOT_ENFORCED):
            definition["required"] = kept
        merged[name] = definition | {"properties": properties}
    return merged


def check_tables(merged: Json) -> None:
    """Every table entry names a field that exists: a typing error there must not go unseen."""
    known = {f"{name}.{field}" for name, definition in merged.items() for field in definition["properties"]}
    named = {*ENUMS, *POINTERS, *SINCE, *(key.removesuffix("[]") for key in (*RANGES, *GO_TYPES)), *OPAQUE, *NOT_ENFORCED}
    named |= {f"{name}.{field}" for name, fields in REQUIRED.items() for field in fields}
    if strangers := sorted(named - known):
        sys.exit(f"the tables name fields that no minor has: {strangers}")


def main() -> None:
    merged = merge({minor: reachable(defs, minor) for minor, defs in definitions([Path(arg) for arg in sys.argv[1:]]).items()})
    check_tables(merged)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "Made by tools/make_schemas.py from the data of kubernetes-validate; see there for x-since and x-until.",
        "x-minors": [FIRST, LAST],
        "x-kinds": {f"{version} {kind}": f"#/$defs/{kind}" for version, (_, kinds) in ROOTS.items() for kind in kinds},
    }
    lines = [json.dumps(head, indent=1)[:-2] + ',\n "$defs": {']
    lines.append(",\n".join(f"  {json.dumps(name)}: {json.dumps(merged[name], separators=(',', ':'))}" for name in merged))
    target = Path(__file__).parent.parent / "schemas" / "kubernetes" / "workloads.json"
    target.write_text("\n".join([*lines, " }\n}\n"]))
    print(f"{target}: {len(merged)} definitions, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
