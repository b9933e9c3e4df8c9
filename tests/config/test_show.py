"""`scclint config`."""

from collections.abc import Callable, Sequence

from scclint.config import Config
from scclint.config.model import KEYS
from scclint.config.show import render
from scclint.rule import AnyRule

Configured = Callable[..., Config]


def test_names_every_setting_once() -> None:
    lines = [line.strip("# ") for line in render(Config()).splitlines()]
    assert [line.partition(":")[0] for line in lines if line not in ("", "cluster:")] == [path[-1] for path in KEYS.values()]
    assert all(line.endswith(("# default", ": not set")) for line in lines if line not in ("", "cluster:"))


def test_origins(configured: Configured) -> None:
    config = configured("cluster:\n  openshift: 4.16\n\nfail-on: error\n", "conf/.scclint.yaml", select=["SEC2"])
    lines = [" ".join(line.split()) for line in render(config).splitlines()]
    assert 'openshift: "4.16" # conf/.scclint.yaml:2' in lines
    assert 'select: ["SEC2"] # command line' in lines
    assert 'fail-on: "error" # conf/.scclint.yaml:4' in lines
    assert 'platform: "openshift" # default' in lines
    assert "# kubernetes: not set" in lines


def test_what_it_prints_is_a_configuration_of_the_same_effect(rules: Sequence[AnyRule], configured: Configured) -> None:
    config = configured("cluster: {openshift: 4.16, grants: [{scc: anyuid, group: g}]}\nignore: [SEC2]\n", fail_on="error")
    again = configured(render(config))
    different = {f for f in Config.__match_args__ if getattr(config, f) != getattr(again, f)}
    assert different == {"settings", "origins"}
