"""Damage in a text: characters that were lost, garbled, hidden or escaped on the way into the file.

Each kind has its right places, and these are left alone: a joiner in an emoji or a Persian word, marks of
direction in Arabic and Hebrew, the no-break space of French, HTML and escapes in code.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# U+0085 to U+009F are control characters, too; in cp1252 they are letters and signs.
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffc\ufffe\uffff"
_HIDDEN = r"\xad\u180e\u200b-\u200d\u2060-\u2064\ufeff\U000e0001-\U000e007f"
_BIDI = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SPACES = r"\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ODD = re.compile(f"[\ufffd{_CONTROL}{_HIDDEN}{_BIDI}{_SPACES}]")
_IS_CONTROL, _IS_HIDDEN, _IS_BIDI = (re.compile(f"[{kind}]") for kind in (_CONTROL, _HIDDEN, _BIDI))

_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe]")
_OVERRIDES = "\u202d\u202e"
_EAST_ASIAN = re.compile(r"[\u3005-\u9fff\uac00-\ud7af\uff00-\uffef]")
# Scripts that write no spaces, and mark with U+200B where a line may break.
_BREAKS_INSIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df]")
# A space that is not broken belongs before a sign, beside a number, and after a short word ("Dr", "à").
_BETWEEN_WORDS = re.compile(
    r"[^\W\d_]{3}[\xa0\u2009\u202f](?=[^\W\d_])|[\xa0\u2009\u202f][ \xa0]|(?:^|\n| )\xa0"
)
_TYPOGRAPHIC = "\xa0\u2009\u202f"

# UTF-8 that was read as cp1252 or Latin-1, by its first byte: Latin letters, Greek to Arabic, signs, CJK,
# emoji.
_CP1252 = (
    "\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u02dc"
    "\u2122\u0161\u203a\u0153\u017e\u0178"
)
_QUOTES = "\u2018\u2019\u201c\u201d\u2022\u2013\u2014"
_NEXT = f"[\x80-\xbf{_CP1252}]"
_NEXT_ANY = f"[\x80-\xbf{_CP1252}{_QUOTES}]"
_GARBLED = re.compile(
    f"[\xc2\xc3]{_NEXT}|(?:[\xc4-\xdf]{_NEXT_ANY}){{2}}|\xe2[\u20ac\x80\u201e\u2020\u02c6]{_NEXT_ANY}|"
    f"(?:[\xe0-\xef]{_NEXT_ANY}{{2}}){{2}}|\xf0\u0178{_NEXT_ANY}|\xef\xbf\xbd|\xef\xbb\xbf|"
    # The same as Mac Roman.
    "\u221a[\xa9\u2020\u2202\xdf\xba\u03c0\u2264]|\u201a\xc4[\xf4\xfa\xf9\xec\xee]"
)
_MAYBE_GARBLED = re.compile(
    f"[\xc2-\xf0\u201a\u221a][\x80-\xbf\xdf\xc4-\xfa\u03c0\u2202\u2264{_CP1252}{_QUOTES}]"
)

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]{1,500}`", re.DOTALL)
_ABOUT_MARKUP = re.compile(r"html|xml|svg|css|markup|entit|\btags?\b", re.IGNORECASE)
_MARKUP = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|#\d{2,6}|#x[0-9a-f]{2,6}|"
    r"[a-z]{1,2}(?:acute|grave|circ|uml|tilde|cedil));|"
    r"</(?:p|div|span|b|i|em|strong|a|li|ul|ol|td|tr|table|font|h[1-6])>|"
    r"<(?:a|div|span|p|img|font|td|table) [a-z-]{2,20}=[^<>]{0,300}>|"
    r"<br ?/?>(?![^\n]{0,300}\|)"  # In a row of a Markdown table it is the only line break.
)
_MAYBE_MARKUP = re.compile(r"[&<][A-Za-z#/]")
_ABOUT_ESCAPES = re.compile(
    r"escap|regex|regular expression|unicode|backslash|newline|\bjson\b|"
    r"\\(?:frac|begin|sqrt|sum|alpha|beta|cdot|left|text)\b",
    re.IGNORECASE,
)
# Not LaTeX (\nu, \not), and not a sign that is spoken of: that has a space or a quote around it.
_ESCAPE = re.compile(
    r"""(?<=[\w.,;:!?)\]])\\n(?!(?:u|eq?|abla|ot|otin|eg|i)\b)(?=[\\\w(*#-]|$)|"""
    r"""(?<=[\w.,;:!?)\]])\\r\\n|(?<=[a-z.,;:!?])\\t(?=[A-Z0-9])|\\u[0-9a-fA-F]{4}|(?<=[A-Za-z])\\'(?=[a-z])"""
)
_MAYBE_ESCAPE = re.compile(r"\\[nrtu']")
# Data, a path, or code without a fence around it.
_NO_PROSE = re.compile(
    r"""\A\s*[\[{]|[A-Za-z]:\\|\\\\\w|[;{}=(]$|^(?: {4}|\t)\S|==|\w\(\)|\w\([\w"']+[,)]|"""
    r"\b(?:return|self)\b|%[sd]",
    re.MULTILINE,
)
_LIKE_DATA = re.compile(r"\s*[\[{]")
# A typographic quote where a program wants a plain one: beside a bracket, a comma, a colon or an equals sign.
_QUOTE = re.compile("[\u2018\u2019\u201c\u201d]")
_QUOTE_IN_CODE = re.compile("[{\\[,:=(] ?[\u201c\u201d\u2018\u2019]|[\u201c\u201d\u2018\u2019] ?[:,}\\])]")


@dataclass(frozen=True)
class Damage:
    """Damage of one kind in a text.

    Attributes:
        code: Fixed name of the kind, for example `garbled_text`.
        start: Index of the first place.
        end: Index after it.
        count: Number of places.
        name: What stands there, in words.
    """

    code: str
    start: int
    end: int
    count: int
    name: str


def find_damage(text: str, context: Callable[[], str]) -> Iterator[Damage]:
    """Find each kind of damage in a text.

    Args:
        text: Any text.
        context: Gives all words of the example, which tell whether it is about markup or escapes.

    Yields:
        One finding for each kind that is there.
    """
    plain = text.isascii()
    # Far cheaper than the patterns: they look for what Python does not call printable, and for U+FFFD.
    if not text.replace("\n", " ").isprintable() or (not plain and "\ufffd" in text):
        yield from _odd_characters(text)
    code = None if plain else _code_of(text)
    if code and _QUOTE_IN_CODE.search(code):
        yield from _found("quotes_in_code", _QUOTE, text, "a typographic quote")
    if not plain and _MAYBE_GARBLED.search(text):
        yield from _found("garbled_text", _GARBLED, text, "UTF-8 that was read in another encoding")
    if ("&" in text or "<" in text) and _MAYBE_MARKUP.search(text):
        prose = _prose_of(text).lower()
        if _MARKUP.search(prose) and not _ABOUT_MARKUP.search(context()):
            yield from _found("html_markup", _MARKUP, prose, "an HTML entity or tag")
    if "\\" in text and _MAYBE_ESCAPE.search(text) and not _NO_PROSE.search(text):
        prose = _prose_of(text)
        if _ESCAPE.search(prose) and not _ABOUT_ESCAPES.search(context()):
            yield from _found("escaped_text", _ESCAPE, prose, "an escape")


def _found(code: str, pattern: re.Pattern[str], text: str, name: str) -> Iterator[Damage]:
    first, count = None, 0
    for match in pattern.finditer(text):
        first, count = first or match, count + 1
    if first:
        yield Damage(code, *first.span(), count, name)


def _odd_characters(text: str) -> Iterator[Damage]:
    """Find characters that are lost, control something, cannot be seen, or are no usual space."""
    first: dict[str, int] = {}
    counts: Counter[str] = Counter()
    leave = _right_places(text)
    for match in _ODD.finditer(text):
        code = _kind(match[0], text, match.start(), leave)
        if code:
            first.setdefault(code, match.start())
            counts[code] += 1
    for code, at in first.items():
        yield Damage(code, at, at + 1, counts[code], _name(text[at]))


def _right_places(text: str) -> set[str]:
    """Return the kinds that belong into the scripts of a text; an override of the direction never does."""
    scripts = (("bidi_mark", _RIGHT_TO_LEFT), ("\u3000", _EAST_ASIAN), ("\u200b", _BREAKS_INSIDE))
    return {kind for kind, script in scripts if script.search(text)}


def _kind(character: str, text: str, at: int, leave: set[str]) -> str:
    """Return the code for a character at a place; "" where it is right."""
    if character == "\ufffd":
        return "replacement_character"
    if _IS_CONTROL.match(character):
        return "control_character"
    if _IS_BIDI.match(character):
        return "" if "bidi_mark" in leave and character not in _OVERRIDES else "bidi_mark"
    if _IS_HIDDEN.match(character):
        return "" if character in leave or _joins(character, text, at) else "invisible_character"
    if character in leave or (
        character in _TYPOGRAPHIC and not _BETWEEN_WORDS.search(text, max(0, at - 3), at + 2)
    ):
        return ""
    return "unusual_space"


def _joins(character: str, text: str, at: int) -> bool:
    """Tell whether a joiner stands in an emoji or in a script that has joiners, or a tag in a flag."""
    if character >= "\U000e0001":
        return "\U0001f3f4" in text[max(0, at - 8) : at]
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return character in "\u200c\u200d" and any(
        other >= "\u0590" and not "\u1e00" <= other <= "\u206f" for other in around
    )


def _name(character: str) -> str:
    name = unicodedata.name(character, "a control character").lower()
    return f"U+{ord(character):04X} ({name})"


def _code_of(text: str) -> str:
    """Return what is code or data in a text."""
    if _LIKE_DATA.match(text):
        return text
    return "\n".join(_CODE.findall(text)) if "`" in text else ""


def _prose_of(text: str) -> str:
    """Return a text with spaces in the place of code."""
    return _CODE.sub(lambda code: " " * len(code[0]), text) if "`" in text else text
