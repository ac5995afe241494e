"""The pager: what a reader sees of a conversation, with widgets and without."""

import json

import pytest

from finetune_dataset.jsonlines import read_jsonl
from helpers.conversations import show_conversations
from helpers.paths import data_path
from helpers.turns import SHOWN

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Iași"}'}}
TOOLS = {
    "messages": [
        {"role": "user", "content": "Is it warm?", "name": "Ana"},
        {"role": "assistant", "content": "Let me guess: yes.", "weight": 0},
        {"role": "user", "content": "Please look."},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "21 °C"},
        {"role": "assistant", "content": "Yes, 21 °C."},
    ],
    "tools": [{"type": "function", "function": {"name": "weather"}}],
}
PREFERENCE = {
    "input": {"messages": [{"role": "user", "content": "Hi"}]},
    "preferred_output": [{"role": "assistant", "content": "Hello!"}],
    "non_preferred_output": [{"role": "assistant", "content": "What?"}],
}


def chat(text):
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes."}]}


def user(content):
    return {"messages": [{"role": "user", "content": content}]}


def page(view):
    return view.box.children[1].value


def test_a_conversation_shows_who_speaks_what_is_trained_and_which_tools_are_called():
    assert repr(show_conversations([TOOLS])) == (
        "Row 1\n"
        "[tools, weather]\n"
        "[user, name Ana] Is it warm?\n"
        "[assistant, not trained, weight 0] Let me guess: yes.\n"
        "[user] Please look.\n"
        '[assistant, trained] weather({"city": "Iași"}) [call_1]\n'
        "[tool, tool_call_id call_1] 21 °C\n"
        "[assistant, trained] Yes, 21 °C."
    )


def test_a_preference_row_shows_both_answers():
    assert repr(show_conversations([PREFERENCE])).splitlines()[1:] == [
        "[user] Hi",
        "[assistant, preferred] Hello!",
        "[assistant, not preferred] What?",
    ]


def test_a_reinforcement_row_shows_the_fields_for_its_grader():
    row = {"messages": [{"role": "user", "content": "Add 1 and 2."}], "answer": {"sum": 3}, "input": {"a": 1}}

    assert str(show_conversations([row])).split("\n") == [
        "Row 1",
        "[user] Add 1 and 2.",
        '[other fields] {"answer": {"sum": 3}, "input": {"a": 1}}',
    ]


def test_an_answer_that_is_not_trained_is_grey():
    turns = page(show_conversations([TOOLS])).split('<div style="border-left')

    assert [turn for turn in turns if "opacity: 0.5" in turn] == [
        turn for turn in turns if "not trained, weight 0" in turn
    ]
    assert len([turn for turn in turns if "opacity: 0.5" in turn]) == 1


def test_the_buttons_turn_the_page_and_stop_at_both_ends():
    view = show_conversations([chat(f"Question {number}") for number in (1, 2, 3)])
    back, forward, number, _ = view.box.children[0].children

    assert (back.disabled, forward.disabled, "Question 1" in page(view)) == (True, False, True)
    forward.click()
    assert (back.disabled, forward.disabled, "Question 2" in page(view)) == (False, False, True)
    number.value = 3
    assert (back.disabled, forward.disabled, "Question 3" in page(view)) == (False, True, True)
    forward.click()
    back.click()
    assert (number.value, "Question 2" in page(view)) == (2, True)


def test_without_widgets_the_first_three_rows_are_shown_and_the_rest_is_counted():
    rows = read_jsonl(data_path("limericks.jsonl"))

    bundle = show_conversations(rows)._repr_mimebundle_()

    assert set(bundle) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert bundle["text/html"].count("trained") == 3
    assert bundle["text/html"].endswith("<i>233 more. Run this cell to page through them.</i></p>")
    assert rows[2]["messages"][2]["content"] in bundle["text/plain"]


def test_tokens_are_counted_for_each_message_when_a_model_is_given():
    view = show_conversations([chat("お誕生日おめでとう")], model="gpt-4")

    # 9 in cl100k is the figure of OpenAI's own example for counting tokens.
    assert repr(view).splitlines()[1] == "[user, 9 tokens] お誕生日おめでとう"


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


@pytest.mark.parametrize(
    "row",
    [
        chat(EVIL),
        {"messages": [{"role": EVIL, "content": "Hi", "name": EVIL, "tool_call_id": EVIL}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": EVIL, "function": {"name": EVIL}}]}]},
        {"messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": EVIL}}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": EVIL}}, EVIL]}
            ]
        },
        {"messages": [{"role": "assistant", "content": None, "refusal": EVIL}]},
        {"messages": EVIL},
        {"messages": [EVIL], "tools": [EVIL]},
        {"messages": [{"role": "user", "content": {EVIL: EVIL}}], "tools": [{"function": {"name": EVIL}}]},
        [EVIL],
        EVIL,
    ],
)
def test_text_of_the_data_is_never_markup(row):
    view = show_conversations([row])

    for shown in (page(view), view._repr_mimebundle_()["text/html"]):
        assert "<script" not in shown
        assert "<img" not in shown
        assert "alert(1)" in shown


@pytest.mark.parametrize(
    "row", [5, None, [], {}, {"messages": None}, {"messages": [None, {}, {"role": 5, "content": 5}]}]
)
def test_a_row_that_is_no_chat_is_shown_as_it_is(row):
    view = show_conversations([row])

    assert repr(view).startswith("Row 1\n[")
    assert "<div" in page(view)


def test_arguments_that_are_no_json_are_shown_as_they_are():
    call = {"type": "function", "function": {"name": "f", "arguments": "{city: Rome}"}}

    assert "f({city: Rome})" in repr(
        show_conversations([{"messages": [{"role": "assistant", "tool_calls": [call]}]}])
    )


def test_an_image_is_its_address_in_words_and_its_data_is_not_shown():
    parts = [
        {"type": "text", "text": "Which one?"},
        {"type": "image_url", "image_url": {"url": "https://a.example/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 5_000}},
    ]

    assert repr(show_conversations([{"messages": [{"role": "user", "content": parts}]}])).splitlines()[
        1:
    ] == [
        "[user] Which one?",
        "[image https://a.example/a.png]",
        "[image, 5,022 characters of data]",
    ]


def test_a_very_long_message_is_cut_and_says_so():
    assert len(page(show_conversations([chat("x" * 1_000_000)]))) < SHOWN + 3_000
    assert "(990,000 more characters)" in page(show_conversations([chat("x" * 1_000_000)]))


def test_no_rows_are_said_to_be_none():
    assert repr(show_conversations([])) == "There are no rows."
    assert page(show_conversations(json.loads("[]"))) == "There are no rows."
