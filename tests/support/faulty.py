"""One row, preference or file for each code of the checker: it gets this code, and nothing but it."""

import json

from samples import (
    ANSWER,
    FILE,
    GOOD,
    PLAIN,
    TOOL,
    USER,
    call,
    calling,
    data_url,
    preference,
    seen,
    with_first,
    with_last,
)

from finetune_dataset.strict_json import MAX_VALUES

# Code → the row that gets it, with the path of the issue.
ROWS = {
    "not_an_object": (5, ""),
    "legacy_prompt_completion": ({"prompt": "Hi ->", "completion": " Yo"}, ""),
    "foreign_format": (
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yo"}]},
        "",
    ),
    "other_format": (preference(), ""),
    "missing_messages_list": ({"messages": []}, "messages"),
    "row_unrecognized_key": ({**PLAIN, "mesages": []}, "mesages"),
    "unrecognized_role": (with_first(role="usr"), "messages[0].role"),
    "message_missing_key": ({"messages": [{"role": "user"}, ANSWER]}, "messages[0].content"),
    "message_unrecognized_key": (with_last(wieght=1), "messages[1].wieght"),
    "misplaced_key": (with_first(weight=1), "messages[0].weight"),
    "wrong_type": (with_first(content=5), "messages[0].content"),
    "missing_content": (with_last(content=""), "messages[1].content"),
    "empty_content": (with_first(content=" "), "messages[0].content"),
    "special_token": (with_first(content="a <|fim_suffix|> b"), "messages[0].content"),
    "invalid_weight": (with_last(weight=2), "messages[1].weight"),
    "invalid_content_part": (with_first(content=[{"type": "txt"}]), "messages[0].content[0]"),
    "tool_content_parts": (
        {
            **calling(call()),
            "messages": [
                {**message, "content": [{"type": "text", "text": "Bucharest"}]}
                if message["role"] == "tool"
                else message
                for message in calling(call())["messages"]
            ],
        },
        "messages[2].content",
    ),
    "unsupported_content_part": (
        with_first(content=[{"type": "input_audio", "input_audio": {}}]),
        "messages[0].content[0]",
    ),
    "misplaced_image": (
        {"messages": [*seen(role="system")["messages"][:1], USER, ANSWER]},
        "messages[0].content[1]",
    ),
    "invalid_image_url": (seen("photo.png"), "messages[0].content[1].image_url.url"),
    "unreachable_image": (seen("http://localhost/a.png"), "messages[0].content[1].image_url.url"),
    "unsupported_image_type": (
        seen(data_url(kind="image/gif")),
        "messages[0].content[1].image_url.url",
    ),
    "image_too_large": (seen(data_url(10 * 1024**2 + 3)), "messages[0].content[1].image_url.url"),
    "too_many_images": (seen(times=11), "messages"),
    "invalid_tool": ({**PLAIN, "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
    "duplicate_tool": ({**PLAIN, "tools": [TOOL, TOOL]}, "tools[1].function.name"),
    "invalid_tool_call": (calling(call(), {**call(call_id="b"), "id": 5}), "messages[1].tool_calls[1].id"),
    "invalid_arguments": (
        calling(call("id=7")),
        "messages[1].tool_calls[0].function.arguments",
    ),
    "arguments_mismatch": (
        calling(call('{"id": "seven"}')),
        "messages[1].tool_calls[0].function.arguments.id",
    ),
    "schema_too_complex": (
        {
            **PLAIN,
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"not": {"$ref": "#"}}}}],
        },
        "tools[0].function.parameters",
    ),
    "unknown_tool": (calling(call(name="find")), "messages[1].tool_calls[0].function.name"),
    "unanswered_tool_call": (calling(call(), reply=None), "messages[1].tool_calls[0]"),
    "unknown_tool_call_id": (
        {
            **calling(call()),
            "messages": [USER, {"role": "tool", "tool_call_id": "x", "content": "Here"}, ANSWER],
        },
        "messages[1].tool_call_id",
    ),
    "duplicate_tool_call_id": (calling(call(), call()), "messages[1].tool_calls[1].id"),
    "example_missing_assistant_message": ({"messages": [USER]}, "messages"),
    "last_message_not_assistant": ({"messages": [USER, ANSWER, USER]}, "messages[2].role"),
    "no_trained_message": (with_last(weight=0), "messages"),
}


PREFERENCES = {
    "missing_key": (preference(non_preferred_output=None), "non_preferred_output"),
    "not_one_answer": (preference(preferred_output=[ANSWER, ANSWER]), "preferred_output"),
    "tool_use_in_preference": (
        preference(
            input={"messages": [USER], "tools": [TOOL]}, preferred_output=calling(call())["messages"][1:]
        ),
        "preferred_output",
    ),
    "identical_outputs": (preference(non_preferred_output=[ANSWER]), ""),
    "last_message_not_user": (preference(input={"messages": [USER, ANSWER]}), "input.messages[1].role"),
}

# Code → the bytes of the file that gets it, and the line.
FILES = {
    "byte_order_mark": (f"\ufeff{FILE}", 1),
    "windows_line_ends": (FILE.replace("\n", "\r\n"), 0),
    "blank_line": (f"{GOOD[0]}\n\n{FILE}".replace(GOOD[0], json.dumps(PLAIN), 1), 2),
    "not_utf8": (FILE.encode().replace(b"At shelf 5", b"\xc0 shelf 5"), 6),
    "not_json_lines": (b"\x1f\x8b\x08\0", 1),
    "empty_file": ("", 0),
    "several_values": (FILE.replace("\n", "", 1), 1),
    "json_array": (f"[{','.join(GOOD)}]", 1),
    "pretty_printed_json": ("\n".join(json.dumps(json.loads(line), indent=2) for line in GOOD), 1),
    "trailing_comma": (FILE.replace("\n", ",\n", 1), 1),
    "invalid_json": (FILE.replace('"At shelf 3."', "NaN"), 4),
    "duplicate_key": (FILE.replace('"role": "user"', '"role": "user", "role": "user"', 1), 1),
    "row_too_large": (f"{FILE}[{'[],' * MAX_VALUES}[]]", 13),
    "too_few_examples": (GOOD[0], 0),
    "duplicate_row": (f"{FILE}{GOOD[4]}\n", 13),
}
