"""Kustomizations: what they do to the manifests around them."""

from scclint.record import record

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names by which kustomize finds the file of a kustomization."""

ORIGIN = "config.kubernetes.io/origin"
"""The annotation by which kustomize says from which file it built an object."""

UNRESTRICTED = "LoadRestrictionsNone"
"""The value of the option --load-restrictor with which kustomize reads files outside of the folder of a kustomization."""


@record
class Exclusions:
    """What kustomizations include and leave out of their builds: the folders of kustomizations, by real path, and files as displayed.

    `resources` are the real paths of all files whose objects are built, and of those that patch them.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()


NO_EXCLUSIONS = Exclusions()
