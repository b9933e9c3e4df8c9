"""Objects as the API server takes them, with what is to be tried out laid over."""

from typing import Any

from scclint.validation.problem import FieldProblem
from scclint.validation.validate import validate

Data = dict[str, Any]


def pod(spec: Data | None = None, container: Data | None = None, annotations: Data | None = None) -> Data:
    metadata: Data = {"name": "p"} | ({"annotations": annotations} if annotations else {})
    containers = [{"name": "a", "image": "i"} | (container or {})]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers} | (spec or {})}


def deployment(template_spec: Data | None = None, annotations: Data | None = None, **spec: Any) -> Data:
    template = {"metadata": {"annotations": annotations or {}}, "spec": pod(template_spec)["spec"]}
    return {"metadata": {"name": "d"}, "spec": {"selector": {}, "template": template} | spec}


def scc(**fields: Any) -> Data:
    return {"metadata": {"name": "s"}, "runAsUser": {"type": "RunAsAny"}, "seLinuxContext": {"type": "RunAsAny"}} | fields


def stateful_set(claim: Any = "data", mount: Any = "data", **metadata: Any) -> Data:
    volumes = {"volumes": [{"name": "cache", "emptyDir": {}}]}
    template = pod(volumes, {"volumeMounts": [{"name": mount, "mountPath": "/d"}]})
    return {
        "metadata": {"name": "s", **metadata},
        "spec": {
            "serviceName": "s",
            "selector": {"matchLabels": {"app": "s"}},
            "template": {"metadata": {"labels": {"app": "s"}}, "spec": template["spec"]},
            "volumeClaimTemplates": [{"metadata": {"name": claim}, "spec": {}}],
        },
    }


def of_scc(data: Data, minor: int = 33) -> list[str]:
    problems = validate(data, "security.openshift.io/v1", "SecurityContextConstraints", minor)
    assert all(problem.in_security_context for problem in problems if problem.path[0] != "metadata")
    return [problem.message for problem in problems]


def only(problems: list[FieldProblem]) -> FieldProblem:
    assert len(problems) == 1, problems
    return problems[0]
