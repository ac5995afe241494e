"""Images: where they may stand, their type and their size."""

import json

import pytest
from samples import data_url, seen, with_first

from finetune_dataset.rules.images import count_images


@pytest.mark.parametrize(
    ("method", "row", "place", "words"),
    [
        (
            "supervised",
            seen("data:image/png;base64,"),
            ("messages[0].content[1].image_url.url", "invalid_image_url"),
            "not complete base64",
        ),
        (
            "supervised",
            seen(data_url(kind="image/jpg")),
            ("messages[0].content[1].image_url.url", "unsupported_image_type"),
            "Write image/jpeg.",
        ),
        (
            "supervised",
            with_first(content=[{"type": "image_url", "image_url": "https://example.com/a.png"}]),
            ("messages[0].content[0].image_url", "invalid_image_url"),
            "found 'https://example.com/a.png'",
        ),
    ],
)
def test_words_for_a_mistake_with_an_image_name_what_is_there_and_what_to_do(
    check, method, row, place, words
):
    report = check(json.dumps(row), method=method)

    said = [str(each) for each in report.problems if (each.path, each.code) == place]
    assert len(said) == 1
    assert words in said[0]
    assert not {"other_format", "row_unrecognized_key", "legacy_prompt_completion"} & set(report.counts)


def test_images_are_counted_whatever_stands_beside_them():
    messages = [*seen(times=3)["messages"], 5, {"content": ["image_url", {"type": "image_url"}]}]

    assert count_images(messages) == 4
