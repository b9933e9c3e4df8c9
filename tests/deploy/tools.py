"""The renderers of this machine, for tests that need the real ones."""

from functools import cache

import pytest

from scclint.deploy.render import ChartRelease, Renderer


@cache
def renderer() -> Renderer:
    return Renderer()


needs_kustomize = pytest.mark.skipif(bool(renderer().kustomize.problem), reason=renderer().kustomize.problem)
needs_helm = pytest.mark.skipif(bool(renderer().helm.problem), reason=renderer().helm.problem)


def template(chart: str, root: str, *values: str, **more: object) -> str:
    """What helm makes of a chart. Fails if it makes nothing."""
    from scclint.deploy.helm import NAMESPACE_MARKER
    from scclint.deploy.helm.capabilities import api_versions, kube_version

    given = {"values": tuple(values), **more}
    release = ChartRelease("web", NAMESPACE_MARKER, kube_version("4.22"), api_versions("4.22"), **given)  # type: ignore[arg-type]  # options by name
    made = renderer().template_chart(chart, release, root=root)
    assert made.error == ""
    return made.text
