"""Whatever a pod asks for, the steps of admission agree with the cluster and with one another."""

from hypothesis import given
from hypothesis import strategies as st

from scclint.cluster import Cluster
from scclint.config.model import Config
from scclint.outcome.chain import invalid_fields
from scclint.podsecurity.levels import LEVELS
from tests.outcome.test_chain import Object, enforce, outcome, pod, scc
from tests.running import open_one
from tests.yaml_text import write_yaml

contexts = st.fixed_dictionaries(
    {},
    optional={
        "runAsUser": st.sampled_from([0, 1000, 1000000001]),
        "runAsNonRoot": st.booleans(),
        "privileged": st.booleans(),
        "allowPrivilegeEscalation": st.booleans(),
        "capabilities": st.fixed_dictionaries(
            {}, optional={"add": st.just(["NET_ADMIN"]), "drop": st.sampled_from([["ALL"], ["KILL"]])}
        ),
        "seccompProfile": st.sampled_from([{"type": "RuntimeDefault"}, {"type": "Unconfined"}]),
    },
)
pods = st.builds(
    pod,
    kind=st.sampled_from(["Pod", "Deployment"]),
    container=st.fixed_dictionaries({"securityContext": contexts}),
    hostNetwork=st.booleans(),
    hostUsers=st.sampled_from([None, False]),
)


@given(made=pods, level=st.sampled_from(LEVELS), release=st.sampled_from(["4.11", "4.20", "4.22", "5.0"]))
def test_the_answer_is_that_of_the_cluster_to_the_pod_after_scc(made: Object, level: str, release: str) -> None:
    found = outcome(made, enforce(level), release=release)
    if found.pod_security is None:
        assert found.rejected_by in ("scc", "validation")
        return
    answer = Cluster.openshift(release).pod_security(dict(found.pod_security.pod), level)
    assert found.pod_security.answer.denial == (
        f'violates PodSecurity "{level}:latest": {answer.detail}' if answer.detail else ""
    )
    assert (found.rejected_by == "pod-security") == (not answer.allowed)


@given(made=pods, release=st.sampled_from(["4.11", "4.20", "4.22", "5.0"]))
def test_a_stricter_level_never_allows_more(made: Object, release: str) -> None:
    found = [outcome(made, enforce(level), release=release).rejected_by is None for level in LEVELS]
    assert found == sorted(found, reverse=True)


parts = st.fixed_dictionaries(
    {},
    optional={
        "volumes": st.sampled_from([[{"name": "data", "emptyDir": {}}], [None, {"name": "data"}], []]),
        "os": st.sampled_from([{"name": "linux"}, {"name": "windows"}]),
        "tolerations": st.sampled_from([[{"operator": "Exists"}], [{"operator": 1}]]),
        "automountServiceAccountToken": st.booleans(),
        "securityContext": contexts,
    },
)
mounts = st.sampled_from([[{"name": "data", "mountPath": "/data"}], [None], []])
strategies = st.sampled_from(
    [
        {},
        {"runAsUser": {"type": "MustRunAs", "uid": 2**31}},
        {"allowPrivilegedContainer": True, "allowPrivilegeEscalation": False},
    ]
)


@given(
    kind=st.sampled_from(["Pod", "Deployment"]),
    parts=parts,
    mounts=mounts,
    context=contexts,
    strategy=strategies,
    users=st.sampled_from([None, False]),
)
def test_a_valid_template_need_not_be_validated_again(
    kind: str, parts: Object, mounts: list[Object], context: Object, strategy: Object, users: bool | None
) -> None:
    container = {"volumeMounts": mounts, "securityContext": context, "env": [{"name": "A", "value": "b"}]}
    made = pod(kind=kind, serviceAccountName="web", container=container, hostUsers=users, **parts)
    if kind != "Pod":
        made["spec"]["selector"] = {"matchLabels": {}}
    unit = open_one([], Config(openshift=("5.0",)), text=write_yaml(made, scc(**strategy)))
    ((workload,), (world,)) = unit.workloads, unit.worlds.values()
    found = world.outcome(workload)
    if found.verdict is not None and found.admitted:
        assert (found.invalid, found.invalid_by_scc) == invalid_fields(found.verdict, world.cluster, None, set())
