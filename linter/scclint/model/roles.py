"""Roles and their bindings."""

from scclint.model.object import ApiObject
from scclint.model.view import View


class Role(ApiObject):
    """A Role or ClusterRole (rbac.authorization.k8s.io, authorization.openshift.io), or what a CSV's permissions imply."""

    @property
    def rules(self) -> tuple[View, ...]:
        rules = self.data.get("rules")
        indices = range(len(rules)) if isinstance(rules, list) else ()
        return tuple(rule for index in indices if (rule := self.rule(index)) is not None)

    def rule(self, index: int) -> View | None:
        """The rule at an index of the list as it is written; None if there is none."""
        rules = self.data.get("rules")
        if not isinstance(rules, list) or index >= len(rules) or not isinstance(rules[index], dict):
            return None
        return View(self.root, rules[index], (*self.path, "rules", index))


class RoleBinding(ApiObject):
    """A RoleBinding or ClusterRoleBinding."""

    @property
    def role(self) -> tuple[str, str]:
        """The kind and the name of the role that it binds. The name is empty if it is missing.

        In OpenShift's own binding API, a reference with a namespace is a Role, and one without is a ClusterRole.
        """
        reference = self.manifest.get("roleRef")
        reference = reference if isinstance(reference, dict) else {}
        kind = str(reference.get("kind") or ("Role" if reference.get("namespace") else "ClusterRole"))
        return kind, str(reference.get("name") or "")
