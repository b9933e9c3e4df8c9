"""What saved configurations say of images: files, OCI layouts, and folders with these."""

import json
from pathlib import Path
from typing import Any

import pytest

from scclint.cli.main import main
from scclint.deploy.image_configs import read_image_config, read_layout
from scclint.objects.image import Image
from tests.deploy.test_images import POD


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ('{"config": {"User": "1001:0", "ExposedPorts": {"80/tcp": {}, "8443": {}}}}', Image("1001", [80, 8443], source="f")),
        ('[{"Config": {"Cmd": []}}]', Image("", [], source="f")),
        ('{"rootfs": {}, "config": null}', Image("", [], source="f")),
        ('{"kind": "Pod"}', None),
        ("[]", None),
        ("3", None),
        ("FROM ubi9", None),
    ],
)
def test_image_config(text: str, image: Image | None) -> None:
    assert read_image_config(text, "f") == image


CONFIG = {"config": {"User": "26"}, "rootfs": {}}
ROOT = {"config": {"User": "root"}, "rootfs": {}}


def blob(digit: str) -> str:
    return f"sha256:{digit * 64}"


def layout(manifests: list[dict[str, Any]], blobs: dict[str, Any]) -> dict[str, str]:
    """The texts of a layout, by path."""
    texts = {f"blobs/sha256/{digit * 64}": json.dumps(data) for digit, data in blobs.items()}
    return {"index.json": json.dumps({"manifests": manifests}), **texts}


def named(digit: str, name: str = "") -> dict[str, Any]:
    return {"digest": blob(digit), "annotations": {"org.opencontainers.image.ref.name": name} if name else {}}


MANIFESTS = {"1": {"config": {"digest": blob("2")}}, "2": CONFIG, "3": {"config": {"digest": blob("4")}}, "4": ROOT}
UNKNOWN_PLATFORM = {"digest": blob("3"), "platform": {"architecture": "unknown"}}


@pytest.mark.parametrize(
    ("manifests", "reference", "user"),
    [
        ([named("1")], "", "26"),
        ([named("1"), named("3")], "", None),
        ([named("1", "v1"), named("3", "v2")], "quay.io/shop/db:v1", "26"),
        ([named("1", "quay.io/shop/db:v1"), named("3", "v2")], "quay.io/shop/db:v1", "26"),
        ([named("1", "v1"), named("3", "v2")], f"quay.io/shop/db@{blob('3')}", "root"),
        ([named("1", "v1"), named("3", "v2")], "quay.io/shop/db:v3", None),
        ([named("5")], "", "26"),
        ([named("9")], "", None),
        ([], "", None),
    ],
)
def test_layout(manifests: list[dict[str, Any]], reference: str, user: str | None) -> None:
    index = {"manifests": [named("1"), UNKNOWN_PLATFORM]}
    texts = layout(manifests, {**MANIFESTS, "5": index})
    found = read_layout("images", "images", lambda path: texts.get(path.removeprefix("images/"), ""), reference)
    assert (found and found.user) == user


def test_hostile_layout() -> None:
    """An index that names itself, and a digest that is a path, end."""
    texts = layout([named("1"), {"digest": "sha256:../../secret"}, {"digest": 3}], {"1": {"manifests": [named("1")] * 2}})
    assert read_layout("i", "i", lambda path: texts.get(path.removeprefix("i/"), "")) is None


@pytest.mark.parametrize(
    ("files", "image", "found"),
    [
        ({"images/quay.io/shop/web:1.json": ROOT}, "quay.io/shop/web:1", True),
        ({"images/quay.io_shop_web_1.json": ROOT}, "quay.io/shop/web:1", True),
        ({"images/quay.io-shop-web-1.json": ROOT}, "quay.io/shop/web:1", True),
        ({"images/quay.io/shop/web.json": ROOT}, "quay.io/shop/web:1", True),
        ({"images/sha256_0123.json": ROOT}, "quay.io/shop/web@sha256:0123", True),
        ({"images/quay.io_shop_web_sha256_0123.json": ROOT}, "quay.io/shop/web:1@sha256:0123", False),
        ({"images/quay.io_shop_web_1_sha256_0123.json": ROOT}, "quay.io/shop/web:1@sha256:0123", True),
        ({"images/quay.io_shop_web_1.json": ROOT}, "quay.io/shop/web:2", False),
        ({"images/quay.io_shop_web_1.json": CONFIG}, "quay.io/shop/web:1", False),
        ({"images/web": {"kind": "Pod"}}, "quay.io/shop/web:1", False),
        # It goes before the catalogue.
        ({"images/redis_7.json": CONFIG}, "redis:7", False),
        ({}, "redis:7", True),
    ],
)
def test_folder_of_configurations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: dict[str, Any], image: str, found: bool
) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / ".scclint.yaml").write_text('images: {"*": {file: images}}')
    (tmp_path / "pod.yaml").write_text(POD.format(image=image))
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(data))
    main(["check", str(tmp_path / "pod.yaml"), "--config", str(tmp_path / ".scclint.yaml"), "--no-cache", "--fixes", "never"])
    output = capsys.readouterr()
    assert ("SCC111" in output.out) is found
    assert "internal error" not in output.err


def test_setting_with_a_layout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in layout([named("3")], MANIFESTS).items():
        (tmp_path / "db" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "db" / name).write_text(text)
    (tmp_path / ".scclint.yaml").write_text("images: {quay.io/shop/db: {file: db}}")
    (tmp_path / "pod.yaml").write_text(POD.format(image="quay.io/shop/db:1"))
    main(["check", str(tmp_path / "pod.yaml"), "--config", str(tmp_path / ".scclint.yaml"), "--fixes", "never"])
    assert "SCC111" in capsys.readouterr().out
