"""Kustomizations: what they do to the manifests around them."""
