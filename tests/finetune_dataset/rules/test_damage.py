"""Damage is told from the same characters in their right places."""

import time

import pytest

from finetune_dataset.rules.damage import find_damage


def kinds(text: str, context: str = "") -> list[tuple[str, int]]:
    return [(each.code, each.count) for each in find_damage(text, lambda: context or text)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The caf\ufffd is open.", "replacement_character"),
        ("A\x00B", "control_character"),
        ("A red \x1b[31mword", "control_character"),
        ("It\x92s read as Latin-1.", "control_character"),
        ("The\u200b answer", "invisible_character"),
        ("The\ufeff answer", "invisible_character"),
        ("to\u00adday", "invisible_character"),
        ("in\u2060side", "invisible_character"),
        ("a\u200db", "invisible_character"),
        ("a\u200cb", "invisible_character"),
        ("Hello\U000e0048\U000e0049", "invisible_character"),
        ("The \u202eanswer\u202c", "bidi_mark"),
        ("The \u200fanswer", "bidi_mark"),
        ("\u202eשלום\u202c", "bidi_mark"),  # An override turns even Hebrew round.
        ("The\xa0answer", "unusual_space"),
        ("one \xa0 two", "unusual_space"),
        ("Line one\u2028line two", "unusual_space"),
        ("A paragraph\u2029and another", "unusual_space"),
        ("a\u3000b", "unusual_space"),
        ("next\x85line", "unusual_space"),
        ("CafÃ© crÃ¨me", "garbled_text"),
        ("donâ€™t", "garbled_text"),
        ("a â€“ b", "garbled_text"),
        ("20 Â°C", "garbled_text"),
        ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "garbled_text"),
        ("æ—¥æœ¬", "garbled_text"),
        ("ðŸ˜€", "garbled_text"),
        ("caf√©", "garbled_text"),
        ("ï¿½", "garbled_text"),
        ("Fish &amp; chips", "html_markup"),
        ("It&#39;s here", "html_markup"),
        ("&eacute;t&eacute;", "html_markup"),
        ("<p>One</p><p>Two</p>", "html_markup"),
        ('See <a href="https://example.com">this', "html_markup"),
        ("One<br>two", "html_markup"),
        ("Line one\\nline two", "escaped_text"),
        ("Line one.\\n\\nLine two.", "escaped_text"),
        ("The end.\\n", "escaped_text"),
        ("caf\\u00e9", "escaped_text"),
        ("don\\'t", "escaped_text"),
        ("{“key”: “value”}", "quotes_in_code"),
        ("Write:\n```python\nprint(“hello”)\n```", "quotes_in_code"),
    ],
)
def test_damage_is_found(text, code):
    assert [kind for kind, _ in kinds(text)] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "Plain text,\twith a tab\nand a line break.\r\n",
        "👩‍👩‍👧 and 👩🏽‍🚀 and ❤️‍🔥",
        "می‌خواهم",  # Persian, with a non-joiner.
        "क्‍ष",  # Devanagari, with a joiner.
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # The flag of England.
        "שלום \u200f(hello)\u200f",
        "السعر: \u2066$5\u2069",
        "ภาษา\u200bไทย",
        "日本\u3000語",
        "Qu'est-ce que c'est\xa0? «\xa0Oui\xa0», dit-elle.",
        "10\xa0km, Dr\xa0Smith, 5\u202f000\xa0€",
        "He said “yes”, and it’s fine — really…",
        "CAFÉ, ÂGE, IRMÃ, Ñandú, naïve, über, Ærø, Łódź",
        "“IRMÔ and “IRMÃ”",
        "Привет, мир. Γειά σου. 日本語。",
        "AT&T; R&D; a < b > c; 3 <5",
        "Use `&amp;` for an ampersand.",
        "In HTML you write &amp; for it, and <b>bold</b>.",
        "| a | b |\n|---|---|\n| one<br>two | three |",
        "A list of type List<a> and Map<b, i>.",
        "Save it in C:\\new\\table, or on \\\\server\\next.",
        "Print it with `\\n` at the end:\n```c\nprintf(\"a\\nb\");\n```",
        "The \\n sign is a newline.",
        "The density $a\\rho + b.\\nu$ and x\\neq y",
        "A regex such as a\\nb",
        '{"a": "one\\ntwo"}',
        "[link](https://example.com/a?b=1&c=2)",
    ],
)  # fmt: skip
def test_the_same_characters_in_their_right_places_are_left_alone(text):
    assert kinds(text) == []


def test_all_places_are_counted_and_the_first_one_is_shown():
    (damage,) = find_damage("a\u200bb\u200bc", str)

    assert (damage.start, damage.end, damage.count, damage.name) == (1, 2, 2, "U+200B (zero width space)")


def test_the_words_of_the_example_tell_that_it_is_about_markup():
    assert kinds("Write &amp; there.", context="How do I write this in HTML?") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["\\n", "&amp", "<a href=", "<br ", "`", "```", "\xa0 ", "\u200b", "Ã©", "â€", "\\u00", "{“", "a\\'"],
)
def test_a_megabyte_of_anything_takes_a_moment(unit):
    start = time.process_time()

    kinds(unit * (1_000_000 // len(unit)))

    assert time.process_time() - start < 10  # A wide margin: each takes less than 1 s.
