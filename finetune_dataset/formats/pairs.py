"""Rows that hold a question and its answer, each under a key of its own."""

from finetune_dataset.chat import JsonObject, JsonValue
from finetune_dataset.formats.build import Chat, UnclearError, first
from finetune_dataset.formats.chats import assemble
from finetune_dataset.formats.texts import read_text, style_of
from finetune_dataset.formats.turns import read_turns

# Name → keys of the question, further keys that belong to it, keys of the answer. Sources, read 2026-11-28:
# TRL, "Dataset formats"; LLaMA-Factory, data/README.md (instruction, a line end, input); the dataset cards of
# tatsu-lab/alpaca and databricks/databricks-dolly-15k; Amazon Bedrock, "Prepare data for fine-tuning
# text-to-text models"; Google, "Prepare supervised tuning data" of PaLM 2 (input_text, output_text).
PAIRS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "TRL prompt-completion": (("prompt",), (), ("completion",)),
    "Alpaca": (("instruction",), ("input",), ("output",)),
    "Dolly": (("instruction",), ("context", "input"), ("response",)),
    "question/answer": (
        (
            "question",
            "query",
            "problem",
            "prompt",
            "instruction",
            "input",
            "inputs",
            "input_text",
            "user",
            "human",
        ),
        (),
        (
            "answer",
            "response",
            "output",
            "outputs",
            "output_text",
            "solution",
            "target",
            "targets",
            "completion",
            "assistant",
        ),
    ),
    "text classification": (("text", "sentence"), (), ("label", "category", "class")),
}
_LOOSE = ("context", "passage", "document")
PROMPT_KEYS = ("prompt", "question", "query", "problem")


def pair_name(row: JsonObject) -> str:
    """Name the format of a row with a question and an answer; "" for any other row."""
    for name, (questions, _, answers) in PAIRS.items():
        if any(_is_said(row.get(key)) for key in questions) and any(
            _is_said(row.get(key)) for key in answers
        ):
            return name
    return ""


def pair(row: JsonObject) -> JsonObject:
    """Return a row for which `pair_name` has a name as a chat row.

    Raises:
        UnclearError: Two keys could be the question or the answer, or one of them is no text.
    """
    questions, further, answers = PAIRS[pair_name(row)]
    asked = [key for key in questions if _is_said(row.get(key))]
    told = [key for key in answers if _is_said(row.get(key))]
    for keys in (asked, told):
        if len(keys) > 1:
            raise UnclearError(
                f'{" and ".join(keys)} could both be meant. Rename the question to "prompt" and the answer '
                'to "completion", and take the other out.'
            )
    loose = [key for key in _LOOSE if row.get(key) and key not in further]
    if loose:
        raise UnclearError(
            f"Put {loose[0]} and the question into one text, as the model will get them later."
        )
    question, more = row[asked[0]], [str(row[key]) for key in further if row.get(key)]
    if more:
        if not isinstance(question, str):
            raise UnclearError(f"Put {further[0]} into the last message of {asked[0]}.")
        question = "\n".join([question, *more])
    chat = _history(row.get("history"))
    add_prompt(chat, question)
    add_said(chat, "assistant", _stripped(row[told[0]]) if style_of(question) else row[told[0]])
    used = {*asked, *told, *further, "history"}
    if (
        "text" in row
        and isinstance(row["text"], str)
        and row[told[0]] in row["text"]
        and question in row["text"]
    ):
        used.add("text")  # Alpaca repeats the row there, in a template.
    return assemble(row, used, chat)


def calls_of_query(row: JsonObject) -> JsonObject:
    """Return a row of xLAM as a chat row: a question, and the calls that answer it."""
    if "answers" not in row:
        raise UnclearError(
            "The calls that answer the query are missing. Add them: "
            '"answers": [{"name": ..., "arguments": {...}}].'
        )
    chat = Chat()
    chat.say("user", row["query"])
    chat.call_from(row["answers"])
    return assemble(row, {"query", "answers"}, chat)


def prompt_keys(row: JsonObject) -> list[str]:
    """Return the keys of a row that hold a prompt."""
    return [key for key in PROMPT_KEYS if _is_said(row.get(key))]


def graded_prompt(row: JsonObject) -> JsonObject:
    """Return a row with a prompt and fields for a grader as a row for reinforcement; the fields stay."""
    key = prompt_keys(row)[0]
    chat = Chat()
    add_prompt(chat, row[key])
    beside = ("system", "system_prompt", "tools")
    system: JsonObject = {name: row[name] for name in beside if name in row}
    made = assemble(system, set(), chat)
    return {**made, **{name: value for name, value in row.items() if name != key and name not in system}}


def add_prompt(chat: Chat, said: JsonValue) -> None:
    """Add a prompt: a text, a text with marks between its turns, or messages."""
    if isinstance(said, str) and style_of(said):
        chat.messages += read_text(said, prompt=True)
    else:
        add_said(chat, "user", said)


def _stripped(said: JsonValue) -> JsonValue:
    """Take the spaces from an answer that followed the mark of its turn."""
    return said.strip() if isinstance(said, str) else said


def add_said(chat: Chat, role: str, said: JsonValue) -> None:
    """Add a text, or the messages of a list."""
    if isinstance(said, str):
        chat.say(role, said)
        return
    turns = [said] if isinstance(said, dict) else said
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise UnclearError("Write the question and the answer as texts, or as lists of messages.")
    chat.add_all(read_turns(turns))


def _is_said(value: object) -> bool:
    return (isinstance(value, str) and bool(value.strip())) or (
        isinstance(value, list) and bool(value) and all(isinstance(turn, (dict, str)) for turn in value)
    )


def _history(value: JsonValue) -> Chat:
    """Read the turns before the question: pairs of a question and an answer."""
    chat = Chat()
    if value and not isinstance(value, list):
        raise UnclearError("Write history as a list of pairs: [[question, answer], ...].")
    for turn in value or []:
        if isinstance(turn, dict):
            chat.add_all(read_turns([turn]))
        elif isinstance(turn, list) and len(turn) == 2 and all(isinstance(text, str) for text in turn):
            chat.say("user", turn[0])
            chat.say("assistant", turn[1])
        else:
            raise UnclearError("Write each turn of history as a pair: [question, answer].")
    return chat


def several_answers(row: JsonObject) -> str:
    """Name a row with one question and a choice of answers; "" for any other."""
    if len(prompt_keys(row)) != 1 or pair_name(row):
        return ""
    several = any(isinstance(row.get(key), (list, dict)) for key in ("answers", "responses", "candidates"))
    choice = any(isinstance(row.get(key), (list, dict)) for key in ("choices", "options"))
    return "question with several answers" if several else "multiple choice" if choice else ""


def unpaired(row: JsonObject) -> str:
    """Name a row that has one answer and a mark that says whether it is good; "" for any other."""
    label = first(row, ("label", "kto_tag"))
    answered = "completion" in row or "messages" in row or "conversations" in row
    return "TRL unpaired preference (KTO)" if isinstance(label, bool) and answered else ""


def graded_name(row: JsonObject) -> str:
    """Name a row with a prompt alone, or with fields for a grader; "" for any other."""
    answered = {"completion", "completions", "chosen", "rejected", "instruction"} & row.keys()
    return "TRL prompt-only" if len(prompt_keys(row)) == 1 and not answered else ""
