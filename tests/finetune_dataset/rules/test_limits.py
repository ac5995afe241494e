"""Limits of a service: a file over one of them is named."""

import json

import pytest
from samples import FILE, found, seen

from finetune_dataset import validate as dataset


@pytest.mark.parametrize(
    ("limit", "code"), [("MAX_UPLOAD_BYTES", "large_file"), ("MAX_FILE_BYTES", "file_too_large")]
)
def test_a_file_over_a_limit_of_the_service_is_named(check, monkeypatch, limit, code):
    monkeypatch.setattr(dataset, "MAX_UPLOAD_BYTES", len(FILE) - 1)
    monkeypatch.setattr(dataset, limit, len(FILE) - 1)

    assert found(check(FILE)) == [(0, "", code)]


def test_too_many_rows_with_images_are_named(check, monkeypatch):
    monkeypatch.setattr(dataset, "MAX_IMAGE_ROWS", 1)
    images = "".join(json.dumps(seen(f"https://example.com/{number}.png")) + "\n" for number in range(2))

    assert found(check(FILE + images)) == [(0, "", "too_many_image_rows")]
