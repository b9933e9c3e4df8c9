"""Fixes of files: write what `advice` proposes into manifests, charts and kustomizations, judge the result, and apply it."""
