"""Templates in the texts of a grader."""

import openai
import pytest
from grading import ECHO, run

from local_server.graders.templates import TooLong, fill


@pytest.mark.parametrize(
    ("template", "sample", "expected"),
    [
        ("{{ item.facts[1].value }}", "", "26"),
        ("{{item.facts}}", "", '[{"value": "Fe"}, {"value": 26}]'),
        ("{{sample.output_json.symbol}}!", '{"symbol": "Fe"}', "Fe!"),
        ("{{sample.choices[0].message.content}}", "Fe", "Fe"),
        ("{ {item.facts} } {}", "", "{ {item.facts} } {}"),
    ],
)
def test_templates_reach_into_item_and_sample(
    client: openai.OpenAI, template: str, sample: str, expected: str
) -> None:
    item = {"facts": [{"value": "Fe"}, {"value": 26}]}
    assert run(client, ECHO | {"input": template, "reference": expected}, sample, item).reward == 1


def test_a_text_cannot_grow_without_end() -> None:
    with pytest.raises(TooLong):
        fill("{{sample.output_text}}" * 1000, {"sample": {"output_text": "x" * 1001}})
