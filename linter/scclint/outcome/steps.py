"""The chains of objects that lead a subject to an SCC, as related places of a finding."""

from typing import TYPE_CHECKING

from scclint.admission.verdict import Grant, ObjectRef
from scclint.finding import Related
from scclint.objects.types import ApiObject, Role, RoleBinding, SecurityContextConstraints
from scclint.outcome.index import ObjectIndex
from scclint.text import listed

if TYPE_CHECKING:
    from scclint.cluster.escalation import Escalation


def _binds(binding: RoleBinding) -> Related:
    """Return the step of a binding, which names its role. The role need not be in the input."""
    if binding.provenance.label:
        return Related(f"{binding.named}: OLM creates the role and its binding", binding.place.span)
    return Related(f"{binding.named} binds {' '.join(binding.role)}", binding.place.span)


class AccessSteps:
    """The steps are as far as they are written in the objects of `index`. A release's own objects are not."""

    def __init__(self, index: ObjectIndex) -> None:
        self._index = index

    def of_grant(self, grant: Grant | None, scc: str, near: ApiObject | None = None) -> tuple[Related, ...]:
        """The chain that lets a subject use an SCC: binding, role, SCC.

        `near` is the object that the reader comes from (see `World.find`).
        """
        steps = []
        if grant is not None and grant.binding is not None:
            binding = self._index.find(grant.binding, near)
            if isinstance(binding, RoleBinding):
                steps.append(_binds(binding))
        if grant is not None and grant.role is not None:
            role = self._index.find(grant.role, near)
            # Where two have one name, the nearer one need not be the one that counts.
            if isinstance(role, Role) and (rule := role.place if grant.rule_index is None else role.rule(grant.rule_index)):
                steps.append(Related(f"{role.named} allows use of {scc}", rule.span))
        written = self._index.find(ObjectRef("SecurityContextConstraints", "", scc), near)
        if isinstance(written, SecurityContextConstraints):
            assumed = written.provenance.assumed
            steps.append(Related(f"SCC {scc} is defined here{assumed and f'; {assumed}'}", written.place.span))
        return tuple(steps)

    def of_escalation(self, escalation: "Escalation", near: ApiObject | None = None) -> tuple[Related, ...]:
        """The steps by which a subject gets an SCC that it may not use (see `of_grant`)."""
        steps: list[Related] = []
        for bound_rule in escalation.rules:
            binding, role = self._index.find(bound_rule.binding, near), self._index.find(bound_rule.role, near)
            if isinstance(binding, RoleBinding):
                steps.append(_binds(binding))
            if isinstance(role, Role) and (rule := role.rule(bound_rule.index)):
                what = (
                    f"{listed(map(str, rule.data.get('verbs') or ()))} of {listed(map(str, rule.data.get('resources') or ()))}"
                )
                groups = list(map(str, rule.data.get("apiGroups") or ()))
                of_group = f" in {listed(groups)}" if "*" in (rule.data.get("resources") or ()) and "*" not in groups else ""
                steps.append(Related(f"{role.named} allows {what}{of_group}", rule.span))
        if escalation.pod is not None and (pod := self._index.find(escalation.pod, near)) is not None:
            steps.append(Related(f"{pod.named} runs under SCC {escalation.scc}", pod.place.span))
        if escalation.account is not None and escalation.grant is not None:
            steps += self.of_grant(escalation.grant, escalation.scc, near)
        if escalation.onward is not None:
            steps += self.of_escalation(escalation.onward, near)
        return tuple(dict.fromkeys(steps))
