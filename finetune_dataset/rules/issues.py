"""The tables of issue codes: what each one means and how serious it is.

`DATASET_CODES.md` shows these tables; tests keep them equal. A code that
OpenAI's cookbook notebook `Chat_finetuning_data_prep` has keeps its name.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

# All problems are counted; this many of each code are kept, so that millions of bad rows fit in memory.
KEPT_PER_CODE = 10_000


@dataclass(frozen=True, slots=True)
class Issue:
    """One problem in a dataset file.

    Attributes:
        line: Line in the file, counted from 1; 0 when the issue is about the whole file.
        path: Place inside the row, for example `messages[1].role`; "" for the whole row.
        code: Fixed name of the problem, for example `unrecognized_role`.
        severity: "error" (a job would fail, or train on nothing) or "warning".
        found: What is there.
        expected: What should be there.
        fix: What to do.
    """

    line: int
    path: str
    code: str
    severity: str
    found: str
    expected: str
    fix: str

    @property
    def detail(self) -> str:
        """What is there and what should be there, in one sentence."""
        return f"found {self.found}; expected {self.expected}"

    def __str__(self) -> str:
        place = ", ".join(filter(None, [f"line {self.line}" if self.line else "whole file", self.path]))
        return f"{place}: {self.code}: {self.detail}. {self.fix}"


@dataclass
class IssueLog:
    """Issues that are all counted, while memory stays bounded.

    Attributes:
        kept: The first 10,000 of each code, in the order in which they were added.
        counts: Number of issues per code, kept or not.
    """

    kept: list[Issue] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, issue: Issue) -> None:
        """Count an issue, and keep it if it is among the first of its code."""
        self.counts[issue.code] += 1
        if self.counts[issue.code] <= KEPT_PER_CODE:
            self.kept.append(issue)

    def extend(self, other: "IssueLog", shift: int = 0) -> None:
        """Add the issues of a later part of the file, whose lines are counted from `shift`."""
        for issue in other.kept:
            self.counts[issue.code] += 1
            if self.counts[issue.code] <= KEPT_PER_CODE:
                self.kept.append(replace(issue, line=issue.line + shift))
        self.counts += other.counts - Counter(issue.code for issue in other.kept)


# Code → (severity, what it means). "error": a job would fail, or train on nothing.
CODES = {
    # The file.
    "byte_order_mark": ("warning", "The file begins with an invisible mark; Azure asks for it."),
    "windows_line_ends": ("warning", "Lines end with \\r\\n. JSON allows it; other tools may not."),
    "wrong_extension": ("warning", "The name does not end in .jsonl, and some services go by the name."),
    "blank_line": ("warning", "A line without an example."),
    "not_utf8": ("error", "Bytes that are not UTF-8 text, such as UTF-16."),
    "json_array": ("error", "One JSON array, where each line should be one example."),
    "pretty_printed_json": ("error", "An example is spread over several lines."),
    "trailing_comma": ("error", "A comma before a closing bracket, or at the end of a line."),
    "invalid_json": ("error", "A line is not JSON, for example NaN, single quotes, or a line cut off."),
    "duplicate_key": ("error", "One object has a key twice; which value counts is not defined."),
    "too_few_examples": ("error", "Fewer than 10 examples."),
    "too_many_image_rows": ("error", "More than 50,000 rows with images."),
    "file_too_large": ("error", "More bytes than the service takes, even in parts."),
    "large_file": ("warning", "Too large for one upload: it has to be sent in parts (Uploads)."),
    "duplicate_row": ("warning", "The same bytes as an earlier row."),
    # The row.
    "not_an_object": ("error", "A row, message, tool or call is not a JSON object."),
    "legacy_prompt_completion": ("error", "A row for the completion models of 2023."),
    "other_format": ("error", "A row of another method than the one that was asked for."),
    "missing_messages_list": ("error", "The chat is missing, empty, or not a list."),
    "missing_key": ("error", "A preference row without one of its three keys."),
    "row_unrecognized_key": ("warning", "A key that no service documents for such a row."),
    "row_too_long": ("warning", "More tokens than the model reads in training: the end is cut off."),
    # The message.
    "unrecognized_role": ("error", "A role that the chat API does not have."),
    "message_missing_key": ("error", "A message without role, content, tool_call_id or the function's name."),
    "message_unrecognized_key": ("warning", "A key that the chat API does not have."),
    "misplaced_key": ("warning", "A key that belongs to messages of another role."),
    "wrong_type": ("error", "A value of the wrong JSON type."),
    "missing_content": ("error", "No text where the message needs one."),
    "empty_content": ("warning", "An empty text where it may be a mistake."),
    "special_token": ("error", "Text such as <|im_end|>: jobs with it fail after they were created."),
    "invalid_weight": ("error", "A weight that is neither 0 nor 1."),
    "invalid_content_part": ("error", "A part of the content that is malformed or of an unknown type."),
    "unsupported_content_part": ("warning", "Audio or a file: no service documents training on it."),
    # Images.
    "misplaced_image": ("error", "An image outside of a user message, or in a preference row."),
    "invalid_image_url": ("error", "No http(s) address and no base64 data URL."),
    "unsupported_image_type": ("error", "An image that is not JPEG, PNG or WEBP."),
    "image_too_large": ("error", "An image of more than 10 MB."),
    "too_many_images": ("error", "More than 10 images in a row."),
    # Tools.
    "invalid_tool": ("error", "A tool definition with a wrong name, description or JSON Schema."),
    "duplicate_tool": ("error", "Two tools of one row have the same name."),
    "invalid_tool_call": ("error", "A call without id, type, name or arguments."),
    "invalid_arguments": ("error", "The arguments of a call are not a JSON object in a string."),
    "arguments_mismatch": ("warning", "The arguments do not fit the JSON Schema of the tool."),
    "unknown_tool": ("warning", "A call of a tool that the row does not declare."),
    "unanswered_tool_call": ("error", "The chat goes on before a tool message answered the call."),
    "unknown_tool_call_id": ("error", "A tool message that answers no call."),
    "duplicate_tool_call_id": ("error", "Two calls of one message have the same id."),
    # The turns.
    "example_missing_assistant_message": ("error", "Nothing to learn: no assistant message."),
    "last_message_not_assistant": ("error", "A supervised row does not end with the answer."),
    "no_trained_message": ("error", "Weight 0 on every answer: nothing to learn."),
    "last_message_not_user": (
        "error",
        "The prompt does not end with the question, or in a preference with the result of a tool.",
    ),
    "not_one_answer": ("error", "A preference needs exactly one assistant message on each side."),
    "identical_outputs": ("warning", "Both answers of a preference are the same: nothing to prefer."),
}

# The same for `check_quality`: what every service accepts, and what spoils a model or its score.
QUALITY_CODES = {
    "repeated_row": ("warning", "The same example as an earlier one; capitals and spacing do not count."),
    "near_duplicate_row": ("warning", "About 80% of its word triples, or more, are those of an earlier row."),
    "conflicting_answers": (
        "warning",
        "The prompt of an earlier row has another answer, choice or grader field here.",
    ),
    "leaked_row": ("error", "A training example is in the validation or test file too."),
    "leaked_prompt": ("error", "The prompt of a training example is in the validation or test file too."),
    "leaked_question": ("warning", "The user's words are held out too, after another system prompt."),
    "near_leak": ("warning", "Almost the text, or the user's words, of a held-out example."),
    "held_out_twice": ("warning", "The validation file and the test file share an example."),
    "empty_answer": ("warning", "An answer without visible text."),
    "outer_whitespace": ("warning", "Spaces or line breaks before or after an answer."),
    "unfinished_answer": ("warning", "No closing sign, where most answers have one."),
    "answers_cut_off": ("warning", "Several unfinished answers stop at exactly the same number of tokens."),
    "identical_answers": ("error", "All answers are the same: there is nothing to learn."),
    "label_variants": ("warning", "Answers are classes, and one class is written in two ways."),
    "unbalanced_labels": ("warning", "Answers are classes, and one has 10 times the examples of another."),
    "missing_system_prompt": ("warning", "Some rows have a system prompt, others have none."),
    "system_prompt_variants": ("warning", "A system prompt differs a little from the one of most rows."),
    "email_address": ("warning", "An e-mail address; the names that RFC 2606 keeps for examples are fine."),
    "phone_number": ("warning", "A phone number that exists in its country's plan."),
    "payment_card": ("warning", "A card number with an issuer's prefix and a valid Luhn digit."),
    "bank_account": ("warning", "An IBAN with valid check digits."),
    "french_nir": ("warning", "A French social security number with a valid key."),
    "romanian_cnp": ("warning", "A Romanian personal code with a valid check digit."),
    "api_key": ("warning", "A key or token with the prefix that its maker documents."),
    "private_key": ("warning", "The start of a private key."),
}


def issue(code: str, path: str, found: str, expected: str, fix: str, line: int = 0) -> Issue:
    """Make an issue; its severity is that of its code.

    Raises:
        KeyError: The code is not in the table.
    """
    severity, _ = CODES[code] if code in CODES else QUALITY_CODES[code]
    return Issue(line, path, code, severity, found, expected, fix)


def as_markdown(codes: Mapping[str, tuple[str, str]] = CODES) -> str:
    """Return a table as it stands in `DATASET_CODES.md`."""
    rows = [f"| `{code}` | {severity} | {meaning} |" for code, (severity, meaning) in codes.items()]
    return "\n".join(["| Code | Severity | Meaning |", "|---|---|---|", *rows])
