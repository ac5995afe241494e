"""What makes two examples the same."""

import json

from quality_samples import found, seen


def test_one_question_about_many_images_is_no_copy_no_conflict_and_no_leak(check):
    def charts(start):
        return [
            seen(f"https://example.com/{start + number}.png", f"Bar {number % 3}.") for number in range(12)
        ]

    assert found(check(charts(0), test=charts(100))) == []

    same = charts(0)
    same += [same[3], seen("https://example.com/4.png", "Pie.")]
    assert found(check(same, test=charts(0)[5:6])) == [
        (6, "", "leaked_row", "error"),
        (13, "", "repeated_row", "warning"),
        (14, "", "conflicting_answers", "warning"),
    ]


def test_a_field_for_the_grader_with_the_name_of_a_preference_key_hides_no_row(check):
    prompt = {"messages": [{"role": "user", "content": "Ask ana@brasov.ro."}], "input": {"city": "Cluj"}}

    assert found(check([prompt])) == [(1, "messages[0]", "email_address", "warning")]


def test_calls_of_one_prompt_are_compared_without_their_ids(check):
    def calling(call_id, city):
        function = {"name": "weather", "arguments": json.dumps({"city": city})}
        call = {"id": call_id, "type": "function", "function": function}
        question = {"role": "user", "content": "Will it rain?"}
        return {"messages": [question, {"role": "assistant", "content": None, "tool_calls": [call]}]}

    report = check([calling("call_1", "Iași"), calling("call_2", "Iași"), calling("call_3", "Cluj")])

    assert found(report) == [
        (2, "", "repeated_row", "warning"),
        (3, "", "conflicting_answers", "warning"),
    ]
