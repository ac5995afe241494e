"""A chat is built turn by turn: calls get ids, answers find their calls, and doubt is said."""

import pytest

from finetune_dataset.chat import OTHER_ROLES, ROLES
from finetune_dataset.formats.build import SPEAKERS, Chat, UnclearError, finished, from_text


def test_parallel_calls_belong_to_one_message_and_their_answers_find_them_by_name_or_order():
    chat = Chat()
    chat.say("user", "Tides?")
    chat.call_from('[{"name": "tide", "arguments": {"port": "A"}}, {"name": "wind", "arguments": {}}]')
    chat.answer("calm", name="wind")
    chat.answer({"high": "04:10"})

    calls = chat.messages[1]["tool_calls"]
    assert [call["function"]["arguments"] for call in calls] == ['{"port": "A"}', "{}"]
    assert [(message["tool_call_id"], message["content"]) for message in chat.messages[2:]] == [
        (calls[1]["id"], "calm"),
        (calls[0]["id"], '{"high": "04:10"}'),
    ]


def test_calls_in_tags_become_calls_and_the_text_around_them_stays():
    chat = Chat()
    chat.say("assistant", 'I look.\n<tool_call>{"name": "tide", "arguments": {}}</tool_call>')

    (message,) = chat.messages
    assert (message["content"], message["tool_calls"][0]["function"]["name"]) == ("I look.", "tide")


@pytest.mark.parametrize(
    "text", ["<tool_call>{}", "<tool_call>{}</tool_call></tool_call>", "<tool_call>x</tool_call>"]
)
def test_a_call_in_tags_that_cannot_be_read_is_refused(text):
    with pytest.raises(UnclearError):
        Chat().say("assistant", text)


@pytest.mark.slow
def test_a_megabyte_of_tags_is_read_or_refused_at_once():
    with pytest.raises(UnclearError, match="not closed once"):
        Chat().say("assistant", "</tool_call>" * 50_000 + "<tool_call>" * 50_000)


@pytest.mark.parametrize("call_id", ["x", 5])
def test_an_answer_without_its_call_is_refused(call_id):
    with pytest.raises(UnclearError, match="no call before it waits"):
        Chat().answer("04:10", call_id)


@pytest.mark.parametrize("value", ["{", "[" * 100_000, "tide"])
def test_a_text_that_is_no_json_gets_the_sentence_that_was_given(value):
    with pytest.raises(UnclearError, match="Write it out"):
        from_text(value, "Write it out.")


def test_many_calls_and_answers_take_no_time_and_too_many_at_once_are_refused():
    chat = Chat()
    for number in range(20_000):
        chat.call("tide", {}, f"c{number}")
        chat.answer("04:10", f"c{number}")
    assert len(chat.messages) == 40_000

    for number in range(128):
        chat.call("tide", {}, f"d{number}")
    with pytest.raises(UnclearError, match="More than 128 calls wait"):
        chat.call("tide", {}, "one more")


def test_what_nothing_was_made_of_stays():
    assert finished({"a": 1, "b": 2, "c": None}, {"a"}, {"d": 4}) == {"d": 4, "b": 2}


def test_every_name_of_a_speaker_has_a_role_and_none_is_lost():
    assert set(SPEAKERS.values()) == {*ROLES, "call"}
    assert SPEAKERS.keys() >= OTHER_ROLES.keys()
