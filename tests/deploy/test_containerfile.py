"""What Containerfiles say of an image."""

import pytest

from scclint.deploy.containerfile import read_containerfile
from scclint.objects.image import Image


@pytest.mark.parametrize(
    ("text", "user", "line"),
    [
        ("FROM ubi9\nUSER 1001\n", "1001", 2),
        ("from ubi9\nuser  app:root\n", "app", 2),
        ("FROM scratch\nCOPY web /\n", "", 1),
        ("FROM ubi9\nRUN dnf install -y nginx\n", None, 1),
        ("FROM ubi9\nUSER root\nRUN x\nUSER 1001:0\n", "1001", 4),
        ("FROM golang AS build\nUSER 0\nFROM ubi9\nUSER 1001\n", "1001", 4),
        ("FROM ubi9 AS base\nUSER 1001\nFROM base\nEXPOSE 80\n", "1001", 2),
        ("FROM --platform=linux/amd64 ubi9 AS Base\nUSER 1001\nFROM base\n", "1001", 2),
        ("ARG UID=1001\nFROM ubi9\nARG UID\nUSER ${UID}\n", "1001", 4),
        ("FROM ubi9\nENV USER_ID 1001\nUSER $USER_ID\n", "1001", 3),
        ('FROM ubi9\nENV A="b" USER_ID=1001\nUSER "${USER_ID}"\n', "1001", 3),
        ("FROM ubi9\nARG UID\nUSER ${UID}\n", None, 3),
        ("FROM ubi9\nUSER ${UID:-1001}\n", "1001", 2),
        ("FROM ubi9\nRUN <<EOF\nUSER 0\nEOF\nUSER 1001\n", "1001", 5),
        ("FROM ubi9\nRUN a && \\\n  # USER 0\n\n  USER 0\nUSER 1001\n", "1001", 6),
        ("# escape=`\nFROM ubi9\nRUN a `\n  b\nUSER 1001\n", "1001", 5),
        ("FROM ubi9\n# USER 0\nONBUILD USER 0\nUSER 1001", "1001", 4),
        ("FROM known/base:1\n", "26", 1),
    ],
)
def test_user(text: str, user: str | None, line: int) -> None:
    base = {"known/base:1": Image("26")}.get
    found = read_containerfile(text, "web/Containerfile", base=base)
    assert found is not None
    assert (found.user, found.source) == (user, f"web/Containerfile:{line}")


@pytest.mark.parametrize(("stage", "user"), [("debug", "0"), ("prod", "1001"), ("2", "2"), ("", "2")])
def test_stage_that_is_asked_for(stage: str, user: str) -> None:
    text = "FROM ubi9 AS debug\nUSER 0\nFROM ubi9 AS Prod\nUSER 1001\nFROM ubi9\nUSER 2\n"
    found = read_containerfile(text, "f", stage)
    assert found is not None
    assert found.user == user
    assert read_containerfile(text, "f", "other") is None


@pytest.mark.parametrize(("text", "ports"), [("EXPOSE 80 443/tcp\nEXPOSE 8000-8010", [80, 443, 8000]), ("EXPOSE $PORT", [])])
def test_ports(text: str, ports: list[int]) -> None:
    found = read_containerfile(f"FROM ubi9\n{text}\n", "f")
    assert found is not None
    assert found.ports == ports


@pytest.mark.parametrize(
    ("run", "own"),
    [
        ("mkdir /data && chown 1001 /data && chmod 700 /data", True),
        ("chmod -R 0700 /data", True),
        ("chmod 755 /data", False),
        ("chmod 700 /root/.ssh", False),
        ("chmod 700 /data && chgrp -R 0 /data && chmod -R g=u /data", False),
        ("chmod 700 /data\nRUN chmod -R g+rwX /data", False),
    ],
)
def test_files_for_one_user(run: str, own: bool) -> None:
    found = read_containerfile(f"FROM ubi9\nRUN {run}\nUSER 1001\n", "f")
    assert found is not None
    assert found.own_user is own


UBI = "FROM registry.access.redhat.com/ubi9/ubi-minimal"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        (f"{UBI}\nRUN useradd -m app\nWORKDIR /home/app\nCOPY . .\n", True),
        (
            f"{UBI}\nRUN useradd --uid 1001 --create-home app && chown -R app:app /home/app\nWORKDIR /home/app\nCOPY --chown=app . ./\n",
            True,
        ),
        (f"{UBI}\nRUN useradd -d /srv/app app\nWORKDIR /srv/app/bin\nCOPY app .\n", True),
        ('FROM ubuntu:24.04\nRUN useradd -m app\nWORKDIR /home/app\nCOPY ["a", "b", "./"]\n', True),
        (f"{UBI} AS base\nRUN useradd app\nFROM base\nWORKDIR /home/app\nADD app .\n", True),
        # Everybody may enter these.
        ("FROM debian:12\nRUN useradd -m app\nWORKDIR /home/app\nCOPY . .\n", False),
        (f"{UBI}\nRUN useradd -m app && chmod g=u /home/app\nWORKDIR /home/app\nCOPY . .\n", False),
        (f"{UBI}\nRUN useradd -m app\nWORKDIR /home/app\nCOPY . .\nRUN chgrp -R 0 . && chmod -R 775 .\n", False),
        # Without a directory of its own, the program is elsewhere, or the directory was there before.
        (f"{UBI}\nRUN useradd -r app\nWORKDIR /home/app\nCOPY . .\n", False),
        (f"{UBI}\nRUN useradd -M app\nWORKDIR /home/app\nCOPY . .\n", False),
        (f"{UBI}\nRUN useradd -m app\nWORKDIR /app\nCOPY . .\n", False),
        (f"{UBI}\nRUN useradd -m app\nWORKDIR /home/app\nCOPY . /opt/app\n", False),
        (f"{UBI}\nWORKDIR /home/app\nRUN useradd -m app\nCOPY . .\n", False),
    ],
)
def test_program_in_the_home_directory_of_a_user(text: str, own: bool) -> None:
    found = read_containerfile(text + "USER app\n", "f")
    assert found is not None
    assert found.own_user is own


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("RUN mkdir /data && chown 1001 /data\nVOLUME /data\n", ["/data"]),
        ('ENV D=/data\nRUN chown -R app:app $D /logs\nVOLUME ["/data", "/logs", "/other"]\n', ["/data", "/logs"]),
        ("VOLUME /data\n", []),
        ("RUN chown app:app /data\n", []),
        ("RUN chown app:0 /data\nVOLUME /data\n", []),
        ("RUN chown root:root /data\nVOLUME /data\n", []),
        ("RUN chown app /data && chmod -R g+rwX /data\nVOLUME /data\n", []),
        ("RUN chown app /data && chmod 1777 /data\nVOLUME /data\n", []),
        ("RUN chown app /data && chmod 0770 /data\nVOLUME /data\n", []),
        ("RUN chown app /data && chmod 750 /data\nVOLUME /data\n", ["/data"]),
    ],
)
def test_directories_of_one_user(text: str, writes: list[str]) -> None:
    found = read_containerfile(f"FROM ubi9\n{text}USER app\n", "f")
    assert found is not None
    assert found.writes == writes


@pytest.mark.parametrize(
    ("run", "capabilities"),
    [
        ("setcap cap_net_bind_service=+ep /app", ["CAP_NET_BIND_SERVICE"]),
        ("setcap 'cap_net_raw,cap_net_admin+eip' /app", ["CAP_NET_ADMIN", "CAP_NET_RAW"]),
        ("setcap cap_net_bind_service=+p /app", []),
        ("setcap -r /app", []),
    ],
)
def test_file_capabilities(run: str, capabilities: list[str]) -> None:
    found = read_containerfile(f"FROM ubi9\nRUN {run}\n", "f")
    assert found is not None
    assert list(found.capabilities) == capabilities


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("COPY dist /usr/share/web\n", True),
        ("LABEL a=b\n", True),
        ("EXPOSE 8080\n", False),
        ("COPY web.conf /etc/web/web.conf\n", False),
        ("COPY rootfs /\n", False),
        ("RUN sed -i s,80,8080, /etc/web/default\n", False),
        ('CMD ["other"]\n', False),
    ],
)
def test_what_stays_of_a_base(text: str, kept: bool) -> None:
    base = Image("", [80], source="catalogue", writes=["/var/cache/web"], any_user="any/web")
    found = read_containerfile(f"FROM web:1\n{text}", "f", base=lambda name: base)
    assert found is not None
    assert (found.user, 80 in found.ports, list(found.writes), found.any_user) == (
        ("", True, ["/var/cache/web"], "any/web") if kept else ("", False, [], "")
    )


@pytest.mark.parametrize("text", ["", "hello", "apiVersion: v1\nkind: Pod\n", "USER 1001\n"])
def test_no_containerfile(text: str) -> None:
    assert read_containerfile(text, "f") is None


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("", "container has runAsNonRoot and image will run as root"),
        ("0", "container has runAsNonRoot and image will run as root"),
        ("00", "container has runAsNonRoot and image will run as root"),
        ("root", "container has runAsNonRoot and image has non-numeric user (root), cannot verify user is non-root"),
        ("1001", ""),
        ("9223372036854775807", ""),
        *(
            (number, f"container has runAsNonRoot and image has non-numeric user ({number}), cannot verify user is non-root")
            for number in ("9223372036854775808", "9" * 5000, "\uff11")
        ),
        (None, ""),
    ],
)
def test_words_of_the_kubelet(user: str | None, message: str) -> None:
    assert Image(user).refusal() == message
