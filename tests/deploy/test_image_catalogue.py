"""The catalogue of images: that its entries are whole, and which references they hold for."""

import datetime
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import scclint.deploy
from scclint.deploy.image_catalogue import catalogued
from scclint.objects.image import Image

FILE = Path(scclint.deploy.__file__ or "").parent / "image_catalogue.json"
SCHEMA = Path(__file__).parents[2] / "schemas" / "image-catalogue.json"
IMAGES: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["images"]


def test_schema() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(FILE.read_text(encoding="utf-8")), schema)


def test_it_covers_its_repositories_once() -> None:
    names = [name for entry in IMAGES for name in (entry["name"], *entry.get("also", ()))]
    assert len(IMAGES) >= 390
    assert len(names) == len(set(names))
    assert [entry["name"] for entry in IMAGES] == sorted(entry["name"] for entry in IMAGES)
    assert {entry["any-user"] for entry in IMAGES if "any-user" in entry} <= set(names)


@pytest.mark.parametrize("entry", IMAGES, ids=lambda entry: entry["name"])
def test_each_fact_has_versions_source_and_date(entry: dict[str, Any]) -> None:
    for facts in entry["versions"]:
        first, last = ([int(part) for part in facts[bound].split(".")] for bound in ("from", "to"))
        assert first[: len(last)] <= last
        assert datetime.date.fromisoformat(facts["date"]) > datetime.date(2014, 1, 1)
        assert re.compile(facts.get("variant", ""))
        if "github.com" in facts["source"]:
            assert re.match(r"https://github\.com/[\w.-]+/[\w.-]+/blob/[0-9a-f]{7,40}/\S+$", facts["source"])
        assert catalogued(
            f"{entry['name']}:{facts['to']}{'-debian-12-r1' if 'debian' in facts.get('variant', '') else ''}"
        ) or ("variant" in facts)


def found(reference: str) -> tuple[str | None, bool] | None:
    image = catalogued(reference)
    return (image.user, image.exact) if image else None


@pytest.mark.parametrize(
    "reference",
    [
        "nginx:1.25",
        "nginx:1.25.3",
        "nginx:1",
        "nginx:1.25-alpine",
        "docker.io/nginx:1.25",
        "docker.io/library/nginx:1.25",
        "library/nginx:1.25",
        "index.docker.io/library/nginx:1.25",
        "mirror.gcr.io/library/nginx:1.25",
        "public.ecr.aws/docker/library/nginx:1.25",
        "nginx:1.25@sha256:0123",
    ],
)
def test_references_with_a_version(reference: str) -> None:
    assert found(reference) == ("", True)


@pytest.mark.parametrize(
    "reference",
    ["nginx", "nginx:latest", "docker.io/library/nginx", "nginx:stable", "nginx:alpine", "nginx:latest@sha256:0123"],
)
def test_references_without_a_version(reference: str) -> None:
    assert found(reference) == ("", False)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "nginx@sha256:0123",
        "nginx:99",
        "nginx:2",
        "nginx:0.9",
        "nginx:nightly",
        "nginx:v",
        "nginx:1.25-nanoserver",
        "example/nginx:1.25",
        "quay.io/nginx:1.25",
        "registry.example:5000/nginx:1.25",
        "registry.example/library/nginx:1.25",
        "bitnami/redis:7.4",
        "linuxserver/heimdall:version",
        "linuxserver/heimdall:revision-2.2.2",
        "ghcr.io/open-telemetry/demo:2.1.0",
        "ghcr.io/external-secrets/external-secrets:v0.9.0-ubi",
    ],
)
def test_nothing_is_guessed(reference: str) -> None:
    assert catalogued(reference) is None


@pytest.mark.parametrize(
    ("reference", "user"),
    [
        ("haproxy:2.3", ""),
        ("haproxy:2.4-alpine", "haproxy"),
        ("haproxy", "haproxy"),
        ("prom/prometheus:v2.53.0", "nobody"),
        ("quay.io/prometheus/prometheus:v2.53.0", "nobody"),
        ("docker.elastic.co/elasticsearch/elasticsearch:7.17.0", ""),
        ("docker.elastic.co/elasticsearch/elasticsearch:8.11.0", "1000"),
        ("docker:28-dind-rootless", "rootless"),
        ("docker:28-dind", ""),
        ("bitnami/redis:7.4.2-debian-12-r4", "1001"),
        ("minio/minio:RELEASE.2024-01-01T00-00-00Z", ""),
        ("sonarqube:8.2-community", "sonarqube"),
        ("sonarqube:9.8-community", ""),
        ("sonarqube:9.9-community", "sonarqube"),
        ("sonarqube:2026.1-enterprise", "sonarqube"),
        ("ghcr.io/fluxcd/source-controller:v0.20.1", "controller"),
        ("ghcr.io/fluxcd/source-controller:v1.5.0", "65534"),
        ("ghcr.io/open-telemetry/demo:2.1.0-payment", "65532"),
        ("ghcr.io/open-telemetry/demo:2.0.0-payment", "node"),
        ("linuxserver/heimdall:version-2.2.2", ""),
        ("linuxserver/freshrss:version-v1.20.0", ""),
    ],
)
def test_versions_and_variants(reference: str, user: str) -> None:
    image = catalogued(reference)
    assert image is not None
    assert image.user == user


def test_facts() -> None:
    nginx, caddy = catalogued("nginx:1.25"), catalogued("caddy:2.8")
    assert isinstance(nginx, Image)
    assert isinstance(caddy, Image)
    assert (list(nginx.ports), list(nginx.writes), nginx.any_user) == (
        [80],
        ["/var/cache/nginx", "/var/run"],
        "nginxinc/nginx-unprivileged",
    )
    assert list(caddy.capabilities) == ["CAP_NET_BIND_SERVICE"]
    assert "github.com/nginx/docker-nginx" in nginx.source
