"""The kinds of issues that every service accepts, and that spoil a model or its score."""

from finetune_dataset.rules.issues.issue import IssueKind, error, warning

_NEW = "a new example"
_HELD_OUT = "an example of the training file only"
_REMOVE = "Remove it from one side, or split by group (split_dataset): a trained question tests nothing."
_ONE_PROMPT = "Use the same system prompt in every row, and later in every request."
_INVENT = "Replace it by an invented value."
_REVOKE = "Replace it, and revoke it where it was issued: the file has copies by now."

_EXAMPLES = {
    "repeated_row": warning(
        "The same example as an earlier one; capitals and spacing do not count.",
        expected=_NEW,
        fix="Keep one of them: a copy only gives it more weight.",
    ),
    "near_duplicate_row": warning(
        "About 80% of its word triples, or more, are those of an earlier row.",
        expected=_NEW,
        fix="Keep one of them, or make them differ: copies teach nothing new.",
    ),
    "conflicting_answers": warning(
        "The prompt of an earlier row has another answer, choice or grader field here.",
        expected="one answer to one prompt",
        fix="Keep the better answer; if both are right, the model learns to pick one at random.",
    ),
    "leaked_row": error(
        "A training example is in the validation or test file too.", expected=_HELD_OUT, fix=_REMOVE
    ),
    "leaked_prompt": error(
        "The prompt of a training example is in the validation or test file too.",
        expected=_HELD_OUT,
        fix=_REMOVE,
    ),
    "leaked_question": warning(
        "The user's words are held out too, after another system prompt.", expected=_HELD_OUT, fix=_REMOVE
    ),
    "near_leak": warning(
        "Almost the text, or the user's words, of a held-out example.", expected=_HELD_OUT, fix=_REMOVE
    ),
    "held_out_twice": warning(
        "The validation file and the test file share an example.",
        expected="an example of one part only",
        fix="Remove it from one of the files.",
    ),
}
_ANSWERS = {
    "empty_answer": warning(
        "An answer without visible text.",
        expected="text",
        fix="Write the answer that the model should learn, or leave the row out.",
    ),
    "outer_whitespace": warning(
        "Spaces or line breaks before or after an answer.",
        expected="only the answer",
        fix="Remove them: the model learns to write them.",
    ),
    "unfinished_answer": warning(
        "No closing sign, where most answers have one.",
        expected="a complete answer",
        fix="Read it: it may be cut off. Complete it, or leave the row out.",
    ),
    "answers_cut_off": warning(
        "Several unfinished answers stop at exactly the same number of tokens.",
        expected="complete answers",
        fix="They were probably cut by a max_tokens limit. Make them again with a higher one.",
    ),
    "identical_answers": error(
        "All answers are the same: there is nothing to learn.",
        expected="answers that depend on the prompt",
        fix="Check the program that made the file: a model cannot learn more than this one answer.",
    ),
    "label_variants": warning(
        "Answers are classes, and one class is written in two ways.",
        expected="one spelling of a class",
        fix="Use one spelling, or the model learns all of them.",
    ),
    "unbalanced_labels": warning(
        "Answers are classes, and one has 10 times the examples of another.",
        expected="no class with 10 times the examples of another",
        fix="Add examples of the rare classes, and score each class on its own.",
    ),
}
_SYSTEM_PROMPTS = {
    "missing_system_prompt": warning(
        "Some rows have a system prompt, others have none.", expected="a system prompt", fix=_ONE_PROMPT
    ),
    "system_prompt_variants": warning(
        "A system prompt differs a little from the one of most rows.",
        expected="one system prompt",
        fix=_ONE_PROMPT,
    ),
}
_PRIVATE_MEANINGS = {
    "email_address": "An e-mail address; the names that RFC 2606 keeps for examples are fine.",
    "phone_number": "A phone number that exists in its country's plan.",
    "payment_card": "A card number with an issuer's prefix and a valid Luhn digit.",
    "bank_account": "An IBAN with valid check digits.",
    "french_nir": "A French social security number with a valid key.",
    "romanian_cnp": "A Romanian personal code with a valid check digit.",
}
_SECRET_MEANINGS = {
    "api_key": "A key or token with the prefix that its maker documents.",
    "private_key": "The start of a private key.",
}
_PRIVATE = {
    code: warning(meaning, "no personal data", _INVENT) for code, meaning in _PRIVATE_MEANINGS.items()
}
_SECRETS = {code: warning(meaning, "no secret", _REVOKE) for code, meaning in _SECRET_MEANINGS.items()}
_TEXTS = {
    "replacement_character": warning(
        "U+FFFD: a character was lost when the text was read in a wrong encoding.",
        expected="the character that was there",
        fix="Read the source again in its own encoding: what was lost is not in this file.",
    ),
    "control_character": warning(
        "A character that controls a terminal or a printer, such as NUL.",
        expected="text, tabs and line breaks",
        fix="Remove it: the model learns to write it.",
    ),
    "invisible_character": warning(
        "A character without a width where no script or emoji needs it.",
        expected="characters that can be seen",
        fix="Remove it: it makes other tokens of a word that looks the same.",
    ),
    "bidi_mark": warning(
        "A mark of direction in a text that runs from left to right, or one that overrides it.",
        expected="no mark of direction",
        fix="Remove it: it can make a text look like another one.",
    ),
    "unusual_space": warning(
        "A space or line break of another kind, where a usual one should be.",
        expected="a usual space or line break",
        fix='Replace it by " " or "\\n": it makes other tokens of words that look the same.',
    ),
    "garbled_text": warning(
        "UTF-8 that was read in another encoding, such as é as Ã©.",
        expected="the letters themselves",
        fix='Read the source again as UTF-8; or mend a text with text.encode("cp1252").decode("utf-8").',
    ),
    "html_markup": warning(
        "HTML entities or tags in prose, left from a web page.",
        expected="plain text or Markdown",
        fix="Unescape it (html.unescape), and remove the tags: the model learns to write them.",
    ),
    "escaped_text": warning(
        "An escape such as \\n written out in prose: the text was escaped twice.",
        expected="the character itself",
        fix="Escape the text once: json.dumps(row) does it for you.",
    ),
    "quotes_in_code": warning(
        "Typographic quotes in code or JSON: no program can read it.",
        expected="plain quotes",
        fix="Write \" or ' there; word processors change them.",
    ),
    "typographic_quotes": warning(
        "Typographic quotes in answers that are plain ASCII otherwise.",
        expected='plain quotes ("), unless the model should write these',
        fix="Leave them if they are meant; if a word processor made them, replace them.",
    ),
    "mixed_unicode_forms": warning(
        "The same accented letters as one character in some rows, as letter and mark in others.",
        expected="one form in the whole file",
        fix='Write all texts in one form: unicodedata.normalize("NFC", text).',
    ),
}

QUALITY_KINDS: dict[str, IssueKind] = _EXAMPLES | _ANSWERS | _SYSTEM_PROMPTS | _TEXTS | _PRIVATE | _SECRETS
"""Code → kind."""
