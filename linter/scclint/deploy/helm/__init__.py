"""Helm charts: where they lie, and which template line made a rendered line."""

CHART_FILE = "Chart.yaml"
