"""The rules for images in a chat: where they may stand, their type and their size.

OpenAI's guide for vision fine-tuning (2025): user messages only, JPEG, PNG or WEBP,
10 MB each, 10 in a row, 50,000 rows with images in a file.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from finetune_dataset.chat import JsonObject
from finetune_dataset.rules.issues.issue import Issue, show
from finetune_dataset.rules.issues.table import issue
from finetune_dataset.rules.limits import IMAGE_TYPES, MAX_IMAGE_BYTES

DETAILS = ("auto", "low", "high")
# Where an address leads that is none on the web.
_SCHEMES = {
    "file": "it is a file on this machine",
    "gs": "it is in a bucket of Google, which only Google's services read",
    "s3": "it is in a bucket of Amazon, which only Amazon's services read",
}
# RFC 6761, RFC 6762 and RFC 8375; ICANN keeps .internal for private use (2024).
_PRIVATE_NAMES = (
    ".localhost",
    ".local",
    ".internal",
    ".home.arpa",
    ".lan",
    ".localdomain",
    ".test",
    ".invalid",
)
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)


def count_images(messages: Iterable[object]) -> int:
    """Count the images in the messages of a row, good or bad."""
    return sum(
        isinstance(part, dict) and part.get("type") == "image_url"
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def image_issues(part: JsonObject, path: str, role: object, text_only: bool) -> Iterator[Issue]:
    """Find every problem of one image part.

    Args:
        part: A content part of the type `image_url`.
        path: Its place in the row.
        role: Role of the message.
        text_only: Whether the row may hold no image at all, as a preference.

    Yields:
        The issues, without a line.
    """
    if text_only:
        yield issue("misplaced_image", path, "an image in a preference row", expected="text only")
    elif role != "user":
        yield issue("misplaced_image", path, f"an image in a message of the role {role}")
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(image, dict) or not isinstance(url, str):
        found = 'no "url"' if isinstance(image, dict) and "url" not in image else repr(image)[:30]
        fix = 'Write {"type": "image_url", "image_url": {"url": "https://..."}}.'
        yield issue("invalid_image_url", f"{path}.image_url", found, expected="an object with a url", fix=fix)
        return
    if image.get("detail") not in (None, *DETAILS):
        yield issue(
            "invalid_content_part",
            f"{path}.image_url.detail",
            repr(image["detail"])[:30],
            expected=f"one of {', '.join(DETAILS)}",
            fix="Leave it out, or use one of these.",
        )
    if why := _unreachable(url):
        yield issue("unreachable_image", f"{path}.image_url.url", f"{show(url)}: {why}")
    elif not url[:8].lower().startswith(("http://", "https://")):
        yield from _data_url_issues(url, f"{path}.image_url.url")


def _unreachable(url: str) -> str:
    """Say why no service can load an image from an address; "" for any other, and for no address."""
    scheme, colon, _ = url[:4096].partition("://")
    if not colon or not scheme.isalnum():
        return "it is a file on this machine" if url[:5].lower() == "file:" else ""
    if scheme.lower() not in ("http", "https"):
        return _SCHEMES.get(scheme.lower(), f"{scheme.lower()}:// is no web address")
    try:
        return _private((urlsplit(url[:4096]).hostname or "").rstrip("."))
    except ValueError:
        return "it has no host that can be read"


@lru_cache
def _private(host: str) -> str:
    """Say why a host is none on the public internet; "" for one that is."""
    try:
        return "" if ip_address(host).is_global else "the address is private"
    except ValueError:
        pass  # A name.
    if not host:
        return "it has no host"
    if "." not in host:
        return f"the host {show(host)} has no dot, so it is a name on this machine or in its network"
    return f"names in .{host.rpartition('.')[2]} are private" if host.endswith(_PRIVATE_NAMES) else ""


def _data_url_issues(url: str, path: str) -> Iterator[Issue]:
    head = _DATA_URL.match(url)
    if head is None:
        yield issue("invalid_image_url", path, f"{url[:30]!r}")
        return
    length = len(url) - head.end()
    if not length or not _BASE64.fullmatch(url, head.end()) or length % 4:
        yield issue("invalid_image_url", path, f"{url[:30]!r}, which is not complete base64")
        return
    if head[1] not in IMAGE_TYPES:
        fix = "Write image/jpeg." if head[1] == "image/jpg" else None
        yield issue("unsupported_image_type", path, head[1], fix=fix)
    size = length * 3 // 4 - url.count("=", -2)
    if size > MAX_IMAGE_BYTES:
        yield issue("image_too_large", path, f"{size:,} bytes")
