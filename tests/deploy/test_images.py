"""Which image a repository builds from which Containerfile, and what scclint says with that."""

import json
from pathlib import Path

import pytest

from scclint.cli.main import main
from tests.running import facts_of

POD = """apiVersion: v1
kind: Pod
metadata: {{name: web, annotations: {{openshift.io/required-scc: nonroot-v2}}}}
spec:
  securityContext: {{runAsNonRoot: true}}
  containers: [{{name: web, image: "{image}"}}]
"""
ROOT = "FROM scratch\n"
OTHER = "FROM scratch\nUSER 1001\n"


def refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], image: str = "quay.io/shop/web:1"
) -> bool:
    """Whether scclint finds that the image of a pod runs as root."""
    for name, text in {"deploy/pod.yaml": POD.format(image=image), **files}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    main(["check", str(tmp_path), "--format", "json", "--no-cache", "--isolated", "--fixes", "never"])
    findings = facts_of(json.loads(capsys.readouterr().out))
    return any(finding["rule"] == "SCC111" for finding in findings)


COMPOSE = "services:\n  web:\n    image: quay.io/shop/web\n    build: {}\n"
WORKFLOW = """jobs:
  image:
    steps:
      - uses: docker/build-push-action@v6
        with:
          file: web/Dockerfile
          tags: |
            quay.io/shop/web:latest
            ghcr.io/${{ github.repository }}:latest
"""


@pytest.mark.parametrize(
    "files",
    [
        {"Makefile": "IMG ?= quay.io/shop/web:$(TAG)\nbuild:\n\tpodman build -t ${IMG} -f web/Dockerfile .\n"},
        {"Makefile": "build:\n\t$(TOOL) build --tag=$(REGISTRY)/web \\\n\t\t--build-arg A=b web/\n"},
        {"build.sh": 'IMAGE="quay.io/shop/web"\ncd x && buildah bud -t "$IMAGE:$(date)" web && echo done\n'},
        {"compose.yaml": COMPOSE.format("./web")},
        {"compose.yaml": COMPOSE.format("{context: web, dockerfile: Dockerfile}")},
        {"skaffold.yaml": "kind: Config\nbuild:\n  artifacts:\n    - {image: quay.io/shop/web, context: web}\n"},
        {".github/workflows/image.yml": WORKFLOW},
        {".gitlab-ci.yml": "build:\n  script:\n    - docker build -t quay.io/shop/web:$CI_COMMIT_SHA web\n"},
    ],
)
def test_names_of_images(tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]) -> None:
    assert refused(tmp_path, capsys, {"web/Dockerfile": ROOT, **files})


@pytest.mark.parametrize(
    "image", ["quay.io/shop/web@sha256:1", "docker.io/quay.io/shop/web:3", "quay.io/shop/web", "quay.io/shop/web:2"]
)
def test_tags_do_not_matter(tmp_path: Path, capsys: pytest.CaptureFixture[str], image: str) -> None:
    assert refused(tmp_path, capsys, {"web/Dockerfile": ROOT, "compose.yaml": COMPOSE.format("web")}, image)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"compose.yaml": COMPOSE.format("web").replace("shop", "other")},
        {"compose.yaml": COMPOSE.format("absent")},
        {"compose.yaml": COMPOSE.format("{context: web, target: absent}")},
        {"Makefile": "a:\n\tpodman build -t quay.io/shop/$(NAME) web\n"},
        {"Makefile": "A = quay.io/shop/web\nA = quay.io/shop/api\na:\n\tpodman build -t $(A) web\n"},
        {"Makefile": "a:\n\tgo build -t quay.io/shop/web web\n"},
        {"Makefile": "a:\n\tpodman build -t quay.io/shop/web https://example.com/web.git\n"},
        # Two Containerfiles of the name disagree.
        {
            "compose.yaml": COMPOSE.format("web"),
            "Makefile": "a:\n\tpodman build -t */web:1 -t quay.io/shop/web b\n",
            "b/Dockerfile": OTHER,
        },
    ],
)
def test_no_fact_rather_than_a_wrong_one(tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]) -> None:
    assert not refused(tmp_path, capsys, {"web/Dockerfile": ROOT, **files})


def test_only_containerfile_beside_manifests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(tmp_path, capsys, {"deploy/Containerfile": ROOT})


@pytest.mark.parametrize(
    "files",
    [
        {"deploy/Containerfile": ROOT, "deploy/Dockerfile": ROOT},
        {
            "deploy/Containerfile": ROOT,
            "deploy/other.yaml": POD.format(image="registry.example/redis:7").replace("name: web,", "name: b,"),
        },
        {"deploy/Containerfile": "FROM quay.io/shop/web:0\nUSER 0\n"},
        {"deploy/Containerfile": ROOT, "Makefile": "a:\n\tpodman build -t quay.io/shop/tool deploy\n"},
        {"Containerfile": ROOT},
    ],
)
def test_containerfile_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str]) -> None:
    assert not refused(tmp_path, capsys, files)


def test_base_that_the_repository_builds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compose = COMPOSE.format("web") + "  base:\n    image: quay.io/shop/base\n    build: base\n"
    files = {"compose.yaml": compose, "web/Dockerfile": "FROM quay.io/shop/base:1\n", "base/Dockerfile": ROOT}
    assert refused(tmp_path, capsys, files)
    assert not refused(tmp_path, capsys, {**files, "base/Dockerfile": "FROM quay.io/shop/web\n"})


def test_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "compose.yaml": COMPOSE.format("web"),
        "web/Dockerfile": ROOT,
        "deploy/pod.yaml": POD.format(image="quay.io/shop/web:1"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    config = tmp_path / ".scclint.yaml"
    for text, found in (
        ("{}", 1),
        ("images: {quay.io/shop/web: {user: 1001}}", 0),
        ("images: {'quay.io/shop/web:2': {user: 1001}}", 1),
        ("images: {quay.io/shop/web: {file: web/Dockerfile}}", 1),
        ("images: {quay.io/shop/web: {file: web/Dockerfile, user: 1001}}", 0),
    ):
        config.write_text(text)
        main(["check", str(tmp_path), "--format", "json", "--no-cache", "--fixes", "never"])
        report = json.loads(capsys.readouterr().out)
        assert [finding["rule"] for finding in facts_of(report)].count("SCC111") == found, text
    config.write_text("images: {quay.io/shop/web: {file: compose.yaml}, a: {file: absent}}")
    assert main(["check", str(tmp_path), "--no-cache", "--fixes", "never"]) == 2
    assert "is no Containerfile and no configuration of an image" in capsys.readouterr().err


def test_stored_results_know_the_containerfile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "in"
    for name, text in {
        "compose.yaml": COMPOSE.format("web"),
        "web/Dockerfile": ROOT,
        "p.yaml": POD.format(image="quay.io/shop/web"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for text, found in ((ROOT, True), (OTHER, False), (ROOT, True)):
        (folder / "web/Dockerfile").write_text(text)
        main(["check", str(folder), "--fixes", "never"])
        assert ("SCC111" in capsys.readouterr().out) is found
