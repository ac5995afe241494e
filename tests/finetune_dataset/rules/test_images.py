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


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://localhost:8000/a.png", "has no dot"),
        ("https://files/a.png", "has no dot"),
        ("http://127.0.0.1/a.png", "private"),
        ("http://10.1.2.3/a.png", "private"),
        ("http://192.168.0.7:80/a.png", "private"),
        ("http://169.254.169.254/latest", "private"),
        ("http://[::1]/a.png", "private"),
        ("http://[fd00::1]/a.png", "private"),
        ("http://nas.local/a.png", ".local are private"),
        ("http://app.internal./a.png", ".internal are private"),
        ("HTTP://LOCALHOST/a.png", "has no dot"),
        ("https:///a.png", "has no host"),
        ("http://[x/a.png", "no host that can be read"),
        ("file:///home/ana/a.png", "a file on this machine"),
        ("file:a.png", "a file on this machine"),
        ("gs://bucket/a.png", "bucket of Google"),
        ("s3://bucket/a.png", "bucket of Amazon"),
        ("ftp://example.com/a.png", "no web address"),
    ],
)
def test_an_image_that_no_service_can_reach_is_a_warning_with_its_source(check, url, why):
    report = check(json.dumps(seen(url)) + "\n")

    (issue,) = [each for each in report.problems if each.line]
    assert (issue.code, issue.severity) == ("unreachable_image", "warning")
    assert why in issue.found
    assert "OpenAI" in issue.fix
    assert "2025" in issue.fix


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "http://8.8.8.8/a.png",
        "https://sub.domain.co/a?b=c",
        "https://münchen.de/a.png",
    ],
)
def test_an_image_on_the_public_internet_has_no_issue(check, url):
    assert [each for each in check(json.dumps(seen(url))).problems if each.line] == []


def test_images_are_counted_whatever_stands_beside_them():
    messages = [*seen(times=3)["messages"], 5, {"content": ["image_url", {"type": "image_url"}]}]

    assert count_images(messages) == 4
