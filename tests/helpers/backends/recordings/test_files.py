"""A recording on somebody's disk: any damage names the document and the way out."""

import json
from pathlib import Path

import pytest
from damage import DAMAGES

from helpers.backends.base_models import base_model
from helpers.backends.connect import connect
from helpers.errors import BackendUnavailable


def changed(path: Path, *way: str | int, to: object = None) -> None:
    """Set the value at a place of a document, or remove it."""
    document = json.loads(path.read_text(encoding="utf-8"))
    inner = document
    for key in way[:-1]:
        inner = inner[key]
    if to is None:
        del inner[way[-1]]
    else:
        inner[way[-1]] = to
    path.write_text(json.dumps(document), encoding="utf-8")


def refusal() -> str:
    with pytest.raises(BackendUnavailable) as caught:
        base_model(connect("replay", step="02_upload"))
    return str(caught.value)


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("document", ["manifest.json", "02_upload.json"])
def test_any_damage_of_a_recording_names_the_document_and_the_way_out(document, name, recording):
    DAMAGES[name](recording / document)

    said = refusal()

    assert said.startswith(f"{recording / document} is damaged: ")
    assert "git checkout -- data/recordings" in said
    assert "FINETUNE_RECORDING" in said


EXCHANGE = ("exchanges", 0)


@pytest.mark.parametrize(
    ("way", "value", "place"),
    [
        (("exchanges",), None, "missing required field `exchanges`"),
        (("exchanges",), {}, "$.exchanges"),
        ((*EXCHANGE, "request"), None, "missing required field `request` - at `$.exchanges[0]`"),
        ((*EXCHANGE, "request", "path"), 7, "$.exchanges[0].request.path"),
        ((*EXCHANGE, "request", "query"), [], "$.exchanges[0].request.query"),
        ((*EXCHANGE, "response", "status"), "200", "$.exchanges[0].response.status"),
        ((*EXCHANGE, "response", "status"), 10**30, "$.exchanges[0].response.status"),
        ((*EXCHANGE, "response", "headers"), {"a": 1}, "$.exchanges[0].response.headers"),
        ((*EXCHANGE, "response", "headers"), {"a": "b\nc"}, "$.exchanges[0].response.headers"),
        ((*EXCHANGE, "response", "body"), [], "$.exchanges[0].response.body"),
        ((*EXCHANGE, "response", "body"), {"events": [1]}, "$.exchanges[0].response.body.events[0]"),
        ((*EXCHANGE, "response", "body"), {"base64": "a"}, "$.exchanges[0].response.body.base64"),
    ],
)
def test_a_wrong_value_in_a_document_is_named_with_its_place(way, value, place, recording):
    changed(recording / "02_upload.json", *way, to=value)

    assert place in refusal()


@pytest.mark.parametrize("field", ["label", "model", "recorded_at"])
@pytest.mark.parametrize("value", [None, 7, []])
def test_a_wrong_value_in_a_manifest_is_named_with_its_place(field, value, recording):
    changed(recording / "manifest.json", field, to=value)

    assert field in refusal()
