"""Dates and times that programs can read.

llguidance writes what looks like one: 2023-02-29, 11:00:60, the year 0000 (1.9.1). Python's `datetime` and so
the SDK's `parse()` refuse these.
"""

from typing import Any

from local_server.generation.structured.walk import children

_YEAR = "[1-9][0-9]{3}"
_LEAP_YEAR = "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"
_LONG_MONTH, _SHORT_MONTH = "(?:0[13578]|1[02])", "(?:0[469]|11)"
_DATE = (
    f"(?:{_YEAR}-(?:{_LONG_MONTH}-(?:0[1-9]|[12][0-9]|3[01])|{_SHORT_MONTH}-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|{_LEAP_YEAR}-02-29)"
)
# Fractions have as many digits as Python reads.
_TIME = (
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_PATTERNS = {"date": f"^{_DATE}$", "time": f"^{_TIME}$", "date-time": f"^{_DATE}T{_TIME}$"}


def with_real_dates(schema: dict[str, Any]) -> None:
    """Give a schema patterns in place of the formats date, time and date-time.

    Args:
        schema: Is changed. A string that has a pattern or values already keeps its format.
    """
    left: list[Any] = [schema]
    while left:
        inner = left.pop()
        if isinstance(inner, dict):
            left.extend(child for _, child in children(inner))
            pattern = _PATTERNS.get(str(inner.get("format")))
            if pattern and inner.keys().isdisjoint(("pattern", "enum", "const")):
                del inner["format"]
                inner["pattern"] = pattern
