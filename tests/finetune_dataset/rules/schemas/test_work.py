"""The steps of a schema are counted as they would be made, whatever ways lead to the same place."""

import pytest

from finetune_dataset.rules.schemas.work import MAX_STEPS, Graph, TooMuchError


def test_two_ways_to_one_definition_count_twice():
    leaf = {"type": "string"}
    once = Graph({"$defs": {"a": leaf}, "anyOf": [{"$ref": "#/$defs/a"}]}).steps({}, MAX_STEPS)
    twice = Graph({"$defs": {"a": leaf}, "anyOf": [{"$ref": "#/$defs/a"}] * 2}).steps({}, MAX_STEPS)

    assert twice - once == once - Graph({"$defs": {"a": leaf}, "anyOf": []}).steps({}, MAX_STEPS)


@pytest.mark.parametrize(
    "reference", ["#/$defs/a~1b", "#/%24defs/a~1b", "#name", "https://example.com/s#name", "#/allOf/0"]
)
def test_each_way_to_write_a_reference_is_followed(reference):
    leaf = {"$anchor": "name", "enum": list(range(1_000))}
    graph = Graph(
        {"$id": "https://example.com/s", "$defs": {"a/b": leaf}, "allOf": [leaf], "not": {"$ref": reference}}
    )

    assert graph.steps({}, MAX_STEPS) > 2_000


def test_a_value_inside_is_counted_where_a_schema_applies_to_it():
    graph = Graph({"properties": {"a": {"items": {"type": "string"}}}})

    assert graph.steps({"b": ["x"] * 100}, MAX_STEPS) < 10
    assert graph.steps({"a": ["x"] * 100}, MAX_STEPS) > 100


def test_more_than_the_limit_is_refused():
    with pytest.raises(TooMuchError, match="more than 50 steps"):
        Graph({"properties": {"a": {"items": {"type": "string"}}}}).steps({"a": ["x"] * 100}, 50)


def test_a_long_chain_needs_no_stack():
    definitions = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(2_000)} | {"d2000": {}}

    Graph({"$defs": definitions, "$ref": "#/$defs/d0"}).check()


def test_names_inside_references_are_refused_because_they_change_what_the_references_mean():
    with pytest.raises(TooMuchError, match=r"\$id inside"):
        Graph({"$defs": {"a": {"$id": "https://example.com/a"}}, "$ref": "https://example.com/a"}).check()
