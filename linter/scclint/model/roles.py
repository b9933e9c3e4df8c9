"""Roles and their bindings."""

from scclint.model.object import ApiObject
from scclint.model.view import View
from scclint.untyped import as_list, as_mapping


class Role(ApiObject):
    """A Role or ClusterRole (rbac.authorization.k8s.io, authorization.openshift.io), or what a CSV's permissions imply."""

    @property
    def rules(self) -> tuple[View, ...]:
        indices = range(len(as_list(self.data.get("rules"))))
        return tuple(rule for index in indices if (rule := self.rule(index)) is not None)

    def rule(self, index: int) -> View | None:
        """The rule at an index of the list as it is written; None if there is none."""
        rules = as_list(self.data.get("rules"))
        if index >= len(rules) or not isinstance(rules[index], dict):
            return None
        return View(self.root, rules[index], (*self.path, "rules", index))


class RoleBinding(ApiObject):
    """A RoleBinding or ClusterRoleBinding."""

    @property
    def role(self) -> tuple[str, str]:
        """The kind and the name of the role that it binds. The name is empty if it is missing.

        In OpenShift's own binding API, a reference with a namespace is a Role, and one without is a ClusterRole, whatever its kind.
        """
        reference = as_mapping(self.manifest.get("roleRef"))
        kind = reference.get("kind") if self.api_version.startswith("rbac.") else ""
        return str(kind or ("Role" if reference.get("namespace") else "ClusterRole")), str(reference.get("name") or "")
