"""The kinds of issues of a row: its keys, messages, images, tools and turns."""

from finetune_dataset.chat import ROLES
from finetune_dataset.rules.issues.issue import IssueKind, error, warning
from finetune_dataset.rules.limits import IMAGE_TYPES, MAX_IMAGE_BYTES, MAX_IMAGES_PER_ROW

_THE_ROW = {
    "not_an_object": error(
        "A row, message, tool or call is not a JSON object.",
        expected='an object such as {"messages": [...]}',
        fix="Write each example as one object on one line.",
    ),
    "legacy_prompt_completion": error(
        "A prompt and a completion: for the completion models of 2023, for TRL, for Amazon Bedrock.",
        expected='a chat in "messages"',
        fix='Run repair_dataset: it writes {"messages": [{"role": "user", "content": prompt}, '
        '{"role": "assistant", "content": completion}]}.',
        repairable=True,
    ),
    "foreign_format": error(
        "A row in the format of another program or service; the issue names it.",
        expected="a row of the chat API",
        fix="Run repair_dataset: it converts rows that have one reading.",
        repairable=True,
    ),
    "other_format": error(
        "A row of another method than the one that was asked for.",
        expected="a row of the method",
        fix="If the file is right, pass its method: here and to the job.",
    ),
    "missing_messages_list": error(
        "The chat is missing, empty, or not a list.",
        expected="a list of messages",
        fix='Write the chat as "messages": [{"role": ..., "content": ...}, ...].',
    ),
    "missing_key": error(
        "A preference row without one of its three keys.",
        expected="the prompt and two answers",
        fix="Write the key that is missing.",
    ),
    "row_unrecognized_key": warning(
        "A key that no service documents for such a row.",
        expected="a key of such a row",
        fix="Check the spelling, or leave the key out: some services refuse it.",
    ),
    "row_too_long": warning(
        "More tokens than the model reads in training: the end is cut off.",
        expected="no more tokens than the model reads",
        fix="Shorten or split the row: the model does not learn what is cut off at its end.",
    ),
}
_MESSAGES = {
    "unrecognized_role": error(
        "A role that the chat API does not have.",
        expected=f"one of {', '.join(ROLES)}",
        fix="Use one of these roles; repair_dataset does for the names of other programs, such as human.",
        repairable=True,
    ),
    "message_missing_key": error(
        "A message without role, content, tool_call_id or the function's name.",
        expected="text",
        fix="Write the text of the message.",
        repairable=True,
    ),
    "message_unrecognized_key": warning(
        "A key that the chat API does not have.",
        expected="a key of the chat API",
        fix="Check the spelling, or leave the key out: some services refuse it.",
    ),
    "misplaced_key": warning(
        "A key that belongs to messages of another role.",
        expected="the key in messages of its role only",
        fix="Leave it out here.",
    ),
    "wrong_type": error(
        "A value of the wrong JSON type.",
        expected="a string",
        fix="Put the text in double quotes.",
        repairable=True,
    ),
    "missing_content": error(
        "No text where the message needs one.",
        expected="text",
        fix="Write the text of the message.",
    ),
    "empty_content": warning(
        "An empty text where it may be a mistake.",
        expected="some text",
        fix="Write it, or drop the message.",
    ),
    "special_token": error(
        "Text such as <|im_end|>: jobs with it fail after they were created.",
        expected="plain text",
        fix="Remove it: services refuse special tokens in text, and often only after the job was created.",
    ),
    "invalid_weight": error(
        "A weight that is neither 0 nor 1.",
        expected="0 or 1",
        fix="Use 1 to train on the message, 0 to leave it out of the training.",
    ),
    "invalid_content_part": error(
        "A part of the content that is malformed or of an unknown type.",
        expected="a text or image_url part",
        fix='Write the part as {"type": "text", "text": ...}.',
    ),
    "tool_content_parts": warning(
        "A tool message whose content is a list of parts: OpenAI refused one in 2024.",
        expected="a text",
        fix="OpenAI refused such a message in 2024 (its forum, topic 965584): write the text itself; "
        "repair_dataset does.",
        repairable=True,
    ),
    "unsupported_content_part": warning(
        "Audio or a file: no service documents training on it.",
        expected="text or image_url",
        fix="Ask the service whether it trains on this, or leave the part out.",
    ),
}
_IMAGES = {
    "misplaced_image": error(
        "An image outside of a user message, or in a preference row.",
        expected="images in user messages only",
        fix="Take the image out, or the row.",
    ),
    "invalid_image_url": error(
        "No http(s) address and no base64 data URL.",
        expected="an http(s) address or a base64 data URL",
        fix="Give an address, or data:image/png;base64,... with the whole file.",
        repairable=True,
    ),
    "unreachable_image": warning(
        "An image where the service cannot reach it: on this machine, in its network, in a bucket.",
        expected="an address on the public internet, or a base64 data URL",
        fix="OpenAI loads it itself, by its http(s) address (vision fine-tuning guide, 2025): write it as "
        "data:image/png;base64,... with the whole file.",
    ),
    "unsupported_image_type": error(
        "An image that is not JPEG, PNG or WEBP.",
        expected=f"one of {', '.join(IMAGE_TYPES)}",
        fix="Save the image as JPEG, PNG or WEBP.",
    ),
    "image_too_large": error(
        "An image of more than 10 MB.",
        expected=f"at most {MAX_IMAGE_BYTES:,}",
        fix="Make the image smaller; 2,048 pixels on the longer side are enough.",
    ),
    "too_many_images": error(
        f"More than {MAX_IMAGES_PER_ROW} images in a row.",
        expected=f"at most {MAX_IMAGES_PER_ROW}",
        fix="Take some out, or make several rows of it.",
    ),
}
_TOOLS = {
    "invalid_tool": error(
        "A tool definition with a wrong name, description or JSON Schema.",
        expected="an object with a name",
        fix='Put name, description and parameters there: {"type": "function", "function": {...}}.',
        repairable=True,
    ),
    "duplicate_tool": error(
        "Two tools of one row have the same name.",
        expected="a name of its own",
        fix="Rename one of them, or remove it.",
    ),
    "invalid_tool_call": error(
        "A call without id, type, name or arguments.",
        expected="an object with name and arguments",
        fix='Write {"name": ..., "arguments": "{...}"}.',
        repairable=True,
    ),
    "invalid_arguments": error(
        "The arguments of a call are not a JSON object in a string.",
        expected="a JSON object as text",
        fix="Write the arguments with json.dumps; a call without any has {}.",
    ),
    "arguments_mismatch": warning(
        "The arguments do not fit the JSON Schema of the tool.",
        expected="what the tool's JSON Schema says",
        fix="Correct the call, or the tool's definition: the model learns this call.",
    ),
    "schema_too_complex": warning(
        "A tool's JSON Schema that takes too much time or memory: calls are not compared with it.",
        expected="a schema that a program can follow in a moment",
        fix="Write it shorter, with fewer $ref, anyOf and repeats: nothing compares the calls with it.",
    ),
    "unknown_tool": warning(
        "A call of a tool that the row does not declare.",
        expected="a tool of the row",
        fix="Declare the tool in the row, or correct the name.",
    ),
    "unanswered_tool_call": error(
        "The chat goes on before a tool message answered the call.",
        expected="a tool message",
        fix='Add a message with the role "tool" and this tool_call_id right after the call.',
    ),
    "unknown_tool_call_id": error(
        "A tool message that answers no call.",
        expected="the id of a call that waits for an answer",
        fix="Repeat the id of a call in the assistant message before, once.",
    ),
    "duplicate_tool_call_id": error(
        "Two calls of one message have the same id.",
        expected="an id of its own",
        fix="Give every call of a message an id of its own.",
    ),
}
_TURNS = {
    "example_missing_assistant_message": error(
        "Nothing to learn: no assistant message.",
        expected="at least one assistant message",
        fix='Add the answer that the model should learn, or pass method="reinforcement" if a grader judges.',
    ),
    "last_message_not_assistant": error(
        "A supervised row does not end with the answer.",
        expected='"assistant"',
        fix="End the row with the answer to learn.",
    ),
    "no_trained_message": error(
        "Weight 0 on every answer: nothing to learn.",
        expected="a trained answer",
        fix="Give at least one answer the weight 1, or leave the row out.",
    ),
    "last_message_not_user": error(
        "The prompt does not end with the question, or in a preference with the result of a tool.",
        expected='"user"',
        fix="End with the question: the answer is sampled, or stands in the outputs of a preference.",
    ),
    "not_one_answer": error(
        "A preference needs exactly one assistant message on each side.",
        expected="a list of one assistant message",
        fix="Put one answer there, as a list: a longer chat belongs into input.",
        repairable=True,
    ),
    "tool_use_in_preference": warning(
        "A preferred answer of calls, their results and a text: Azure documents it, OpenAI does not.",
        expected="one assistant message",
        fix="Azure documents it (direct preference optimization, 2026); OpenAI documents one message on each "
        "side (2026): there, put the call and its result into input, and only the text here.",
    ),
    "identical_outputs": warning(
        "Both answers of a preference are the same: nothing to prefer.",
        expected="two different answers",
        fix="Keep the row only if one answer is better than the other.",
    ),
}
ROW_KINDS: dict[str, IssueKind] = _THE_ROW | _MESSAGES | _IMAGES | _TOOLS | _TURNS
"""Code → kind."""
