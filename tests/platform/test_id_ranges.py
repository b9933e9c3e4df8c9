import pytest

from scclint.platform.id_ranges import BlockError, parse_block, parse_blocks


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("1000680000/10000", (1000680000, 1000689999)),
        ("1000-2000", (1000, 2000)),
        (" 5/ 6", (5, 10)),
        ("5/6x", (5, 10)),
        ("5/0", (5, 4)),
        ("0/0", (0, 4294967295)),
        ("4294967295/2", (4294967295, 0)),
        ("0000000000000000000000000000005/00000000000000000000000000000001", (5, 5)),
        ("2000-1000", (2000, 1000)),
    ],
)
def test_blocks(text: str, block: tuple[int, int]) -> None:
    assert parse_block(text) == block


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "EOF"),
        ("   ", "EOF"),
        ("junk", "expected integer"),
        ("/5", "expected integer"),
        ("-5/6", "expected integer"),
        ("5", "unexpected EOF"),
        ("5/", "EOF"),
        ("5 /6", "input does not match format"),
        ("5-6/7", "input does not match format"),
        ("5/\n6", "unexpected newline"),
        ("4294967296/1", "unsigned integer overflow on token 4294967296"),
        ("18446744073709551616/1", 'strconv.ParseUint: parsing "18446744073709551616": value out of range'),
    ],
)
def test_unreadable_blocks_say_what_go_says(text: str, error: str) -> None:
    with pytest.raises(BlockError) as raised:
        parse_block(text)
    assert str(raised.value) == error


def test_a_number_of_any_length_is_read_without_harm() -> None:
    with pytest.raises(BlockError, match="value out of range"):
        parse_block("9" * 5000 + "/1")


def test_several_blocks() -> None:
    assert parse_blocks("1000/10,5000-6000") == ((1000, 1009), (5000, 6000))
