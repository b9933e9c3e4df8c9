"""`scclint review` as a page: complete, well-formed, without scripts, and without markup of manifests."""

from pathlib import Path

from tests.cli.conftest import Cli, cli, here
from tests.manifests import GRANT, PRIVILEGED, ROOT, WEB
from tests.report.test_html import HOSTILE, Page

__all__ = ["cli", "here"]

OTHER = "---\n" + ROOT.replace("name: web", "name: other").replace("serviceAccountName: web", "serviceAccountName: other")
PRIVILEGES = PRIVILEGED + GRANT.replace(":anyuid", ":privileged")


def page(cli: Cli, *words: str) -> Page:
    found = Page(cli(*words, "--isolated", "--format", "html").out)
    assert not found.all("script")
    assert len(found.all("style")) == 1
    policy = next(meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    return found


def test_review(here: Path, cli: Cli) -> None:
    (here / "web.yaml").write_text(PRIVILEGES + OTHER)
    found = page(cli, "review", "web.yaml")
    assert "2 workloads: 1 created, 1 rejected" in found.text
    for text in ("Deployment shop/web", "web.yaml:3", "privileged", "service account", "rejected: restricted-v2: "):
        assert text in found.text
    assert [body["class"] for body in found.all("tbody")] == ["problem", "problem"]
    assert [table["class"] for table in found.all("table")] == ["stacked"]


def test_columns_releases_and_units_of_a_review(here: Path, cli: Cli) -> None:
    for name in ("one", "two"):
        (here / name).mkdir()
        (here / name / "kustomization.yaml").write_text("resources: [web.yaml]\n")
        (here / name / "web.yaml").write_text(WEB)
    words = ("--render", "never", "--openshift", "4.20,5.0", "--columns", "uid,caps")
    found = page(cli, "review", ".", *words)
    rows = found.text.count("restricted-v2")
    assert (rows, len(found.all("tbody"))) == (2, 2)
    for text in ("in one", "in two", "on 4.20 and 5.0", "first of the range (namespace)", "drop ALL"):
        assert text in found.text
    assert [table["class"] for table in found.all("table")] == ["stacked wide"]
    width = len(found.all("th")) - 2
    assert {sum(1 for cell in found.all("td") if cell["data-label"] == label) for label in ("uid", "caps")} == {2}
    assert len(found.all("td")) == 2 * (width - 1)


def test_a_review_of_nothing(here: Path, cli: Cli) -> None:
    (here / "config.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    found = page(cli, "review", "config.yaml")
    assert "0 workloads" in found.text
    assert not found.all("table")


def test_markup_of_manifests_is_text(here: Path, cli: Cli) -> None:
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    (here / "web.yaml").write_text(PRIVILEGES.replace("name: web, image", f'name: "{quoted}", image'))
    found = page(cli, "review", "web.yaml")
    assert not found.all("img")
    assert HOSTILE in found.text
