from pathlib import Path

import pytest

from scclint.errors import UsageError
from scclint.report import Options, render
from scclint.report import template_sandbox as sandbox
from scclint.run.report import Report


def rendered(report: Report, tmp_path: Path, template: str) -> str:
    file = tmp_path / "t.j2"
    file.write_text(template, encoding="utf-8")
    return render(report, "full", Options(template=str(file)))


def test_the_context_is_the_json_object(sample: Report, tmp_path: Path) -> None:
    template = (
        "{% for f in problems if not f.suppressed %}{{ f.file }}:{{ f.line }} {{ f.rule }} {{ f.subject.kind }} {{ f.related | length }}\n"
        "{% endfor %}{{ version }} {{ summary.findings.error }} <&>\n"
    )
    assert rendered(sample, tmp_path, template) == "deploy/web.yaml:15 SCC101 Deployment 2\npod.yaml:4 SEC201 Pod 0\n1 1 <&>\n"


@pytest.mark.parametrize(
    ("template", "line", "what"),
    [
        ("ok\n{% for %}", 2, "got 'end of statement block'"),
        ("{% if x %}", 1, "Unexpected end of template"),
        ("a\nb\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("\n{{ problems[0].nope }}", 2, "has no attribute 'nope'"),
        ("{{ 1 / 0 }}", 1, "ZeroDivisionError: division by zero"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ problems.append(1) }}", 1, "unsafe"),
        ("\n{% include '/etc/passwd' %}", 2, "cannot include '/etc/passwd'"),
        ("{% macro m() %}{{ m() }}{% endmacro %}\n{{ m() }}", 1, "RecursionError"),
        ("{{ range(10 ** 9) }}", 1, "range"),
        ("{{ 'x' | nosuch }}", 1, "No filter named 'nosuch'"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(sample: Report, tmp_path: Path, template: str, line: int, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        rendered(sample, tmp_path, template)
    assert str(caught.value).startswith(f"{tmp_path}/t.j2:{line}: ")
    assert what in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_unreadable_templates(sample: Report, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read template .*none\.j2: no such file"):
        render(sample, "full", Options(template=str(tmp_path / "none.j2")))
    with pytest.raises(UsageError, match=r"cannot read template .*: is a directory"):
        render(sample, "full", Options(template=str(tmp_path)))
    (tmp_path / "t.j2").write_bytes(b"a\xff")
    with pytest.raises(UsageError, match="byte 0xff is not UTF-8"):
        render(sample, "full", Options(template=str(tmp_path / "t.j2")))
    (tmp_path / "t.j2").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(UsageError, match="larger than"):
        render(sample, "full", Options(template=str(tmp_path / "t.j2")))


def test_output_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_TEMPLATE_OUTPUT", 1000)
    loop = "{% for i in range(1000) %}xx{% endfor %}"
    assert sandbox.render(loop, {}) == {"error": "the output is longer than 1,000 characters"}
    assert sandbox.render("{{ a }}", {"a": "x"}) == {"text": "x"}


def test_memory_has_a_limit(sample: Report, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"more memory than a template may|more time or memory"):
        rendered(sample, tmp_path, "{{ ('x' * 10 ** 11) | length }}")


def test_time_has_a_limit(sample: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scclint.report import template_context

    monkeypatch.setattr(template_context, "TEMPLATE_SECONDS", 1)
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(UsageError, match="took longer than 1 seconds"):
        rendered(sample, tmp_path, endless)


def test_names_cannot_steer_a_terminal_through_a_template(sample: Report, tmp_path: Path) -> None:
    from scclint.record import replace

    finding = replace(sample.findings[0], message="a\x1b]0;x\x07\ud800")
    assert rendered(replace(sample, findings=(finding,)), tmp_path, "{{ problems[0].text }}") == "a\\x1b]0;x\\x07\\ud800"


def test_a_template_gets_the_causes_that_the_built_in_layout_prints(sample: Report, tmp_path: Path) -> None:
    template = "{% for c in entries %}{{ c.places[0].place }} {{ c.headline }}: {{ c.fix.text }}\n{% endfor %}"
    assert rendered(sample, tmp_path, template) == (
        "deploy/web.yaml:15:11 Deployment shop/web: no SCC that it may use admits the pod: Leave runAsUser out.\n"
        "pod.yaml:4:55 Pod b: container 🔥 is privileged: \n"
    )
