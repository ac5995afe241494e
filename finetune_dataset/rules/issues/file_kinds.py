"""The kinds of issues of a file and its lines, whatever a row holds."""

from finetune_dataset.rules.issues.issue import IssueKind, error, warning
from finetune_dataset.rules.limits import MAX_FILE_BYTES, MAX_IMAGE_ROWS, MAX_UPLOAD_BYTES, MIN_EXAMPLES
from finetune_dataset.strict_json import MAX_LINE_BYTES, MAX_VALUES

FILE_KINDS: dict[str, IssueKind] = {
    "byte_order_mark": warning(
        "The file begins with an invisible mark; Azure asks for it.",
        expected="plain UTF-8",
        fix="Azure asks for it and other services may refuse it; repair_dataset removes it.",
        repairable=True,
    ),
    "windows_line_ends": warning(
        "Lines end with \\r\\n. JSON allows it; other tools may not.",
        expected="lines that end with \\n",
        fix="JSON allows them. repair_dataset writes plain ones.",
        repairable=True,
    ),
    "wrong_extension": warning(
        "The name does not end in .jsonl, and some services go by the name.",
        expected='".jsonl"',
        fix="Rename the file: its content may be fine.",
    ),
    "blank_line": warning(
        "A line without an example.",
        expected="an example",
        fix="Remove it; repair_dataset does.",
        repairable=True,
    ),
    "not_utf8": error(
        "Bytes that are not UTF-8 text, such as UTF-16 and UTF-32.",
        expected="UTF-8 text",
        fix='Save the file again as "UTF-8"; repair_dataset does it for UTF-16 and UTF-32.',
        repairable=True,
    ),
    "not_json_lines": error(
        "Another kind of file: packed, a table, a document, a page; the issue names it.",
        expected="a text of JSON, one example per line",
        fix="Unpack or convert it, and give the .jsonl file.",
    ),
    "empty_file": error(
        "A file without any text, or with blank lines only.",
        expected=f"at least {MIN_EXAMPLES} examples",
        fix="Check the program that wrote it: it may have stopped early, or written another file.",
    ),
    "several_values": error(
        "Several examples on one line: a line end is missing.",
        expected="one example per line",
        fix="Run repair_dataset: it writes one example per line.",
        repairable=True,
    ),
    "json_array": error(
        "One JSON array, or one object with a list, where each line should be one example.",
        expected="one object per line, no array around them",
        fix="Run repair_dataset: it writes one example per line.",
        repairable=True,
    ),
    "pretty_printed_json": error(
        "An example is spread over several lines.",
        expected="one example per line",
        fix="Run repair_dataset: it writes one example per line.",
        repairable=True,
    ),
    "trailing_comma": error(
        "A comma before a closing bracket, or at the end of a line.",
        expected="no comma",
        fix="JSON allows no comma before a closing bracket or at the end of a line; "
        "repair_dataset removes it.",
        repairable=True,
    ),
    "invalid_json": error(
        "A line is not JSON, for example NaN, single quotes, or a line cut off.",
        expected="one JSON object on one line",
        fix="Correct the line; json.dumps(row) writes valid JSON.",
    ),
    "row_too_large": error(
        f"A line, or a value over several lines, of more than {MAX_LINE_BYTES // 1024**2} MB or "
        f"{MAX_VALUES:,} JSON values: it is not read.",
        expected="an example that fits in memory",
        fix="Write one example per line, or parts of an array to several files.",
    ),
    "duplicate_key": error(
        "One object has a key twice; which value counts is not defined.",
        expected="every key once",
        fix="Keep one of the two: readers disagree about which of them counts.",
    ),
    "too_few_examples": error(
        f"Fewer than {MIN_EXAMPLES} examples.",
        expected=f"at least {MIN_EXAMPLES} examples",
        fix="Add examples; 50 to 100 are a good start.",
    ),
    "too_many_image_rows": error(
        f"More than {MAX_IMAGE_ROWS:,} rows with images.",
        expected=f"at most {MAX_IMAGE_ROWS:,}",
        fix="Train on fewer of them.",
    ),
    "file_too_large": error(
        "More bytes than the service takes, even in parts.",
        expected=f"at most {MAX_FILE_BYTES:,} bytes",
        fix="Train on fewer rows.",
    ),
    "large_file": warning(
        "Too large for one upload: it has to be sent in parts (Uploads).",
        expected=f"at most {MAX_UPLOAD_BYTES:,} bytes",
        fix="Send it in parts, with client.uploads.",
    ),
    "duplicate_row": warning(
        "The same bytes as an earlier row.",
        expected="a new example",
        fix="Keep one of them: a copy only gives it more weight.",
    ),
}
"""Code → kind."""
