"""Objects that make pods."""

from typing import Any

from scclint.finding import Path
from scclint.load.document import Document
from scclint.model.kinds import CLAIM_TEMPLATES, WORKLOADS
from scclint.model.object import WRITTEN, ApiObject, Provenance
from scclint.model.pod import Pod
from scclint.model.unknown import Unknown, is_expression
from scclint.model.view import Field
from scclint.record import EMPTY, set_fields
from scclint.untyped import as_list, mappings, value_at
from scclint.yaml.nodes import Node


class Workload(ApiObject):
    """An object that creates pods. `pod` is the pod itself or the one of its template.

    `controlled` is True if a controller creates the pods, so that the rights of the user who applies the manifest do not count.
    """

    __slots__ = ("_template", "controlled", "pod")

    pod: Pod
    controlled: bool
    _template: Path

    def __init__(
        self,
        document: Document,
        root: Node,
        data: dict[str, Any],
        path: Path = (),
        provenance: Provenance = WRITTEN,
        manifest: dict[str, Any] | None = None,
        template: Path = (),
    ) -> None:
        """Made of what an `ApiObject` is made of; `template` leads from `data` to the pod's metadata and spec."""
        super().__init__(document, root, data, path, provenance, manifest)
        found = value_at(self.data, template)
        controlled = bool(template) or self.kind != "Pod" or _has_controller(self.manifest)
        set_fields(
            self,
            _template=template,
            controlled=controlled,
            pod=Pod(
                *(self.root, found, self.path + template, self._pod_name(template)),
                stored=controlled,
                claims=self._claims() if (self.group, self.kind) in CLAIM_TEMPLATES else EMPTY,
            ),
        )
        # What is not in the input is no sign of a patch where it is missing.
        if not self.partial and not self.provenance.elsewhere:
            set_fields(self, partial=_why_partial(self))

    @property
    def part(self) -> str:
        """Which of the pods of its object it is: `task build, run by PipelineRun build-1`; empty if the object has one pod."""
        run = f"run by {self.provenance.run}" if self.provenance.run else ""
        return ", ".join(filter(None, (self.provenance.part, run)))

    @property
    def _first(self) -> int:
        """The number of the first pod of a StatefulSet."""
        start = self.field("spec", "ordinals", "start").value
        return start if isinstance(start, int) else 0

    def _pod_name(self, template: Path) -> str:
        """Return the name of the pods in errors: the API server shows a generated name by its prefix."""
        return f"{self.name}-{self._first if self.kind == 'StatefulSet' else ''}" if template else self.name

    def _claims(self) -> dict[str, tuple[dict[str, Any], Field[Any]]]:
        """Return the volume of each claim template, and where the template is, by name. Of several with one name, the last counts."""
        templates = self.field("spec", "volumeClaimTemplates")
        found = {}
        for index, item in enumerate(as_list(templates.value)):
            if name := value_at(item, ("metadata", "name")):
                source = {"persistentVolumeClaim": {"claimName": f"{name}-{self.name}-{self._first}"}}
                found[str(name)] = {"name": name, **source}, templates.below(index)
        return found

    def _made_with(self) -> dict[str, Any]:
        return {"template": self._template}


def _has_controller(manifest: dict[str, Any]) -> bool:
    """Whether an object says that a controller made it, as a Pod does that was read from a cluster."""
    return any(owner.get("controller") is True for owner in mappings(value_at(manifest, ("metadata", "ownerReferences"))))


def _why_partial(workload: Workload) -> str:
    """Return as a clause why the object is not a whole one: patches and assertions of tests state only some fields of an object.

    A patch lacks fields that the API server requires. An empty image is filled in when the object is applied, and admission does not
    read it.
    """
    data, pod = workload.data, workload.pod
    spec, pod_spec = data.get("spec"), pod.data.get("spec")
    regular = [c for c in pod.containers if c.list == "containers"]
    parts = (data, spec, pod_spec, *(container.data for container in regular))
    if any(is_expression(key) for part in parts if isinstance(part, dict) for key in part):
        return "a key of it is an expression in parentheses, as in the assertions of tests"
    row = WORKLOADS.get(workload.kind)
    if row is not None and row.needs_selector and not workload.name and isinstance(spec, dict) and not spec.get("selector"):
        return "it has neither a name nor a selector"
    if not regular:
        left_open = isinstance(pod_spec, Unknown) or (
            isinstance(pod_spec, dict) and isinstance(pod_spec.get("containers"), Unknown)
        )
        return "" if left_open else "it has no containers"
    for container in regular:
        if not container.name:
            return "a container has no name"
        # An image trigger of a DeploymentConfig may fill the image in later.
        if "image" not in container.data and workload.kind != "DeploymentConfig":
            return f"container {container.name} has no image"
    return ""
