"""Kustomizations: what they do to the manifests around them."""

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names by which kustomize finds the file of a kustomization."""

ORIGIN = "config.kubernetes.io/origin"
"""The annotation by which kustomize says from which file it built an object."""

UNRESTRICTED = "LoadRestrictionsNone"
"""The value of the option --load-restrictor with which kustomize reads files outside of the folder of a kustomization."""
