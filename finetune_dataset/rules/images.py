"""The rules for images in a chat: where they may stand, their type and their size.

OpenAI's guide for vision fine-tuning (2025): user messages only, JPEG, PNG or WEBP,
10 MB each, 10 in a row, 50,000 rows with images in a file.
"""

import re
from collections.abc import Iterator

from finetune_dataset.rules.issues import Issue, issue
from finetune_dataset.rules.limits import IMAGE_TYPES, MAX_IMAGE_BYTES

DETAILS = ("auto", "low", "high")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)


def count_images(messages: list) -> int:
    """Count the images in the messages of a row, good or bad."""
    return sum(
        isinstance(part, dict) and part.get("type") == "image_url"
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def image_issues(part: dict, path: str, role: object, text_only: bool) -> Iterator[Issue]:
    """Find every problem of one image part.

    Args:
        part: A content part of the type `image_url`.
        path: Its place in the row.
        role: Role of the message.
        text_only: Whether the row may hold no image at all, as a preference.
    """
    if text_only or role != "user":
        found = "an image in a preference row" if text_only else f"an image in a message of the role {role}"
        expected = "text only" if text_only else "images in user messages only"
        yield issue("misplaced_image", path, found, expected, "Take the image out, or the row.")
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str):
        found = 'no "url"' if isinstance(image, dict) and "url" not in image else repr(image)[:30]
        fix = 'Write {"type": "image_url", "image_url": {"url": "https://..."}}.'
        yield issue("invalid_image_url", f"{path}.image_url", found, "an object with a url", fix)
        return
    if image.get("detail") not in (None, *DETAILS):
        fix = "Leave it out, or use one of these."
        expected = f"one of {', '.join(DETAILS)}"
        found = repr(image["detail"])[:30]
        yield issue("invalid_content_part", f"{path}.image_url.detail", found, expected, fix)
    if not url[:8].lower().startswith(("http://", "https://")):
        yield from _data_url_issues(url, f"{path}.image_url.url")


def _data_url_issues(url: str, path: str) -> Iterator[Issue]:
    head = _DATA_URL.match(url)
    length = len(url) - head.end() if head else 0
    if not length or not _BASE64.fullmatch(url, head.end()) or length % 4:
        found = f"{url[:30]!r}" + ("" if head is None else ", which is not complete base64")
        fix = "Give an address, or data:image/png;base64,... with the whole file."
        yield issue("invalid_image_url", path, found, "an http(s) address or a base64 data URL", fix)
        return
    if head[1] not in IMAGE_TYPES:
        expected = f"one of {', '.join(IMAGE_TYPES)}"
        wrong_name = head[1] == "image/jpg"
        fix = "Write image/jpeg." if wrong_name else "Save the image as JPEG, PNG or WEBP."
        yield issue("unsupported_image_type", path, head[1], expected, fix)
    size = length * 3 // 4 - url.count("=", -2)
    if size > MAX_IMAGE_BYTES:
        fix = "Make the image smaller; 2,048 pixels on the longer side are enough."
        yield issue("image_too_large", path, f"{size:,} bytes", f"at most {MAX_IMAGE_BYTES:,}", fix)
