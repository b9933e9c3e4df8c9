"""Helm charts: where they lie, and which template line made a rendered line."""

CHART_FILE = "Chart.yaml"

NAMESPACE_MARKER = "scclint-unspecified-namespace"
"""Passed as the release's namespace if nothing says which it is. Rendered text with this name has it from `.Release.Namespace`."""
