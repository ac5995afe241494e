"""What the messages of a row say, without any widget."""

from helpers.turns import Turn, turns


def test_the_turns_of_a_chat_say_who_speaks_and_what_is_trained():
    call = {"id": "c1", "type": "function", "function": {"name": "find", "arguments": '{"symbol": "Sr"}'}}
    row = {
        "messages": [
            {"role": "user", "content": "Find Sr."},
            {"role": "assistant", "tool_calls": [call], "weight": 0},
            {"role": "tool", "content": "38", "tool_call_id": "c1"},
            {"role": "assistant", "content": "It is 38."},
        ],
        "tools": [{"type": "function", "function": {"name": "find"}}],
        "source": "book",
    }

    assert list(turns(row, None)) == [
        Turn("tools", ["find"], ""),
        Turn("user", [], "Find Sr."),
        Turn("assistant", ["not trained, weight 0"], "", 'find({"symbol": "Sr"}) [c1]', gray=True),
        Turn("tool", ["tool_call_id c1"], "38"),
        Turn("assistant", ["trained"], "It is 38."),
        Turn("other fields", [], "", '{"source": "book"}'),
    ]


def test_arguments_that_are_no_json_stand_as_they_are():
    message = {"role": "assistant", "function_call": {"name": "find", "arguments": "{Sr"}}

    assert next(turns({"messages": [message]}, None)).code == "find({Sr)"


def test_a_row_that_is_no_chat_is_its_json():
    assert list(turns([1, 2], None)) == [Turn("not a chat", [], "", "[1, 2]")]
