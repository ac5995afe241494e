"""JSON on a disk: any damage is one message that names the file, the place and the way out."""

from pathlib import Path
from typing import TypedDict

import pytest
from damage import DAMAGES

from helpers.errors import MissingArtifact
from helpers.stored_json import read_json


class Thing(TypedDict):
    id: str
    sizes: list[int]


def read(path: Path) -> Thing:
    return read_json(path, Thing, way_out="Make it again.", error=MissingArtifact)


@pytest.fixture
def file(save) -> Path:
    return save('{"id": "a", "sizes": [1]}', "thing.json")


@pytest.mark.parametrize("content", ['{"id": "é", "sizes": []}', '\ufeff{"id": "é", "sizes": [], "more": 1}'])
def test_a_whole_file_is_read_with_or_without_a_mark(content, save):
    assert read(save(content, "thing.json")) == {"id": "é", "sizes": []}


@pytest.mark.parametrize("name", DAMAGES)
def test_any_damage_names_the_file_and_the_way_out(name, file):
    DAMAGES[name](file)

    with pytest.raises(MissingArtifact) as caught:
        read(file)

    assert str(caught.value).startswith(f"{file} is damaged: ")
    assert str(caught.value).endswith(". Make it again.")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b'{\n "id": "a"\n "sizes": []}', "line 3, column 2 is not JSON: Expecting ',' delimiter"),
        (b'{\n "id": "\xe9"}', "line 2 is not UTF-8 (byte 11 of the file)"),
        (b'{"id": "a"}', "Object missing required field `sizes`"),
        (b'{"id": "a", "sizes": [1, "2"]}', "Expected `int`, got `str` - at `$.sizes[1]`"),
        (b'{"id": "a", "sizes": [1e400]}', "Expected `int`, got `float` - at `$.sizes[0]`"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"id": "\\ud83d", "sizes": []}', "it holds half of a character (\\ud83d)"),
    ],
)
def test_the_place_is_named(content, place, save):
    with pytest.raises(MissingArtifact) as caught:
        read(save(content, "thing.json"))

    assert place in str(caught.value)


def test_a_file_that_may_not_be_read_says_so(file, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(MissingArtifact, match=r"is damaged: it cannot be read \(Permission denied\)"):
        read(file)
