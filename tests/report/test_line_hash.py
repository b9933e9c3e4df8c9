import pytest
from hypothesis import given
from hypothesis import strategies as st

from scclint.report.sarif import line_hashes


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [f"a7f2ff13bc495cf2:{n}" for n in range(1, 7)]
            + ["a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"],
        ),
        (
            "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
            [
                *("e54938cc54b302f1:1", "bb609acbe9138d60:1", "1131fd5871777f34:1", "5c482a0f8b35ea28:1"),
                *("54517377da7028d2:1", "2c644846cb18d53e:1", "f1b89f20de0d133:1", "c129715d7a2bc9a3:1"),
            ],
        ),
    ],
)
def test_vectors_of_upload_sarif(text: str, hashes: list[str]) -> None:
    numbers = range(1, len(hashes) + 3)
    assert line_hashes(text, numbers) == dict(zip(numbers, hashes, strict=False))


def test_wanted_lines_alone_are_the_same() -> None:
    text = "a\nb\na\n" * 90
    every = line_hashes(text, range(1, 300))
    assert line_hashes(text, [200, 7]) == {7: every[7], 200: every[200]}
    assert line_hashes(text, []) == {}


def test_indentation_and_line_ends_do_not_count() -> None:
    assert line_hashes("a:\n  b: 1\n", [1, 2]) == line_hashes("\ta:\r\n        b: 1\r\n", [1, 2])


def rolling(text: str) -> dict[int, str]:
    """The rolling form that upload-sarif uses, unit by unit, to compare with."""
    data = text.encode("utf-16-le", "surrogatepass")
    units = [low | high << 8 for low, high in zip(data[::2], data[1::2], strict=True)]
    window, index, h = [0] * 100, 0, 0
    line_starts: list[int] = [-1] * 100
    line, at_start, previous_cr = 0, True, False
    counts: dict[str, int] = {}
    found: dict[int, str] = {}

    def push(unit: int) -> None:
        nonlocal index, h, line, at_start
        if line_starts[index] > 0:
            value = f"{h:x}"
            counts[value] = counts.get(value, 0) + 1
            found[line_starts[index]] = f"{value}:{counts[value]}"
        line_starts[index] = -1
        if at_start:
            at_start = False
            line += 1
            line_starts[index] = line
        if unit == 10:
            at_start = True
        h = (37 * h + unit - pow(37, 100, 1 << 64) * window[index]) % (1 << 64)
        window[index] = unit
        index = (index + 1) % 100

    for unit in [*units, 65535]:
        if unit in (32, 9) or (previous_cr and unit == 10):
            previous_cr = False
            continue
        previous_cr = unit == 13
        push(10 if previous_cr else unit)
    at_start = False
    for _ in range(100):
        if line_starts[index] > 0:
            value = f"{h:x}"
            counts[value] = counts.get(value, 0) + 1
            found[line_starts[index]] = f"{value}:{counts[value]}"
        line_starts[index] = -1
        h = (37 * h - pow(37, 100, 1 << 64) * window[index]) % (1 << 64)
        window[index] = 0
        index = (index + 1) % 100
    return found


@given(st.text(st.sampled_from("ab \t\r\n\ufeff\x00é🔥\ud800"), max_size=400))
def test_the_windowed_form_equals_the_rolling_one(text: str) -> None:
    assert line_hashes(text, range(1, 500)) == rolling(text)
