"""Random rows of every format, good ones and broken ones.

`FUZZ_INPUTS=100000 pytest tests/finetune_dataset/check` runs longer.
"""

import json
import os

from hypothesis import given, settings, strategies as st

INPUTS = int(os.environ.get("FUZZ_INPUTS", "1500"))


MODEL = "gpt-4o-mini"


# No half surrogate pairs: UTF-8 cannot hold them. Pipes are tested by name below.
characters = st.characters(exclude_categories=["Cs"], exclude_characters="|")


texts = st.text(characters, min_size=1, max_size=30).filter(lambda text: not text.isspace())


names = st.from_regex(r"item_[a-z]{1,9}", fullmatch=True) | st.just("input")


questions = st.fixed_dictionaries({"role": st.just("user"), "content": texts}, optional={"name": texts})


image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}


shown = st.fixed_dictionaries(
    {
        "role": st.just("user"),
        "content": texts.map(lambda text: [{"type": "text", "text": text}, image]),
    }
)


answers = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": texts}, optional={"weight": st.just(1), "name": texts}
)


skipped = answers.map(lambda answer: {**answer, "weight": 0})


refusals = st.fixed_dictionaries({"role": st.just("assistant"), "content": st.none(), "refusal": texts})


instructions = st.fixed_dictionaries({"role": st.sampled_from(["system", "developer"]), "content": texts})


tool = {
    "type": "function",
    "function": {
        "name": "find",
        "description": "Find a text.",
        "parameters": {
            "type": "object",
            "properties": {"text": {"type": "string"}, "limit": {"type": "integer"}},
            "required": ["text"],
        },
    },
}


@st.composite
def called(draw):
    """A question, one or two calls, and an answer to each."""
    calls, replies = [], []
    for number in range(draw(st.integers(1, 2))):
        arguments = json.dumps({"text": draw(texts), "limit": draw(st.integers(-5, 5))})
        function = {"name": "find", "arguments": arguments}
        calls.append({"id": f"call_{number}", "type": "function", "function": function})
        replies.append({"role": "tool", "tool_call_id": f"call_{number}", "content": draw(texts)})
    content = draw(st.sampled_from([{"content": None}, {}, {"content": "One moment."}]))
    return [draw(questions), {"role": "assistant", **content, "tool_calls": calls}, *replies]


@st.composite
def prompts(draw, last=questions | shown):
    messages = draw(st.lists(instructions, max_size=1))
    with_tools = draw(st.booleans())
    for _ in range(draw(st.integers(0, 2))):
        messages += draw(called()) if with_tools else [draw(questions)]
        messages.append(draw(answers | skipped | refusals))
    messages.append(draw(last))
    extra = {"tools": [tool], "parallel_tool_calls": draw(st.booleans())} if with_tools else {}
    return {"messages": messages, **extra}


@st.composite
def supervised(draw):
    row = draw(prompts())
    row["messages"].append(draw(answers))
    return row


@st.composite
def preferences(draw):
    answer = st.fixed_dictionaries({"role": st.just("assistant"), "content": texts})
    good = draw(answer)
    bad = draw(answer.filter(lambda other: other != good))
    return {
        "input": draw(prompts(last=questions)),
        "preferred_output": [good],
        "non_preferred_output": [bad],
    }


@st.composite
def reinforced(draw):
    extra = draw(
        st.dictionaries(names.filter(lambda name: name not in ("tools", "messages")), texts, max_size=3)
    )
    return {**extra, **draw(prompts())}


VALID = {"supervised": supervised(), "dpo": preferences(), "reinforcement": reinforced()}


SEPARATORS = [(", ", ": "), (",", ":"), (" , ", " : ")]


def line_of(row, chance):
    """Write a row as one of many writers would."""
    separators, ascii_only = chance.choice(SEPARATORS), chance.random() < 0.5
    row = json.loads(json.dumps(row, sort_keys=chance.random() < 0.5))
    return json.dumps(row, ensure_ascii=ascii_only, separators=separators).encode()


def break_bytes(raw, chance):
    """Change, take out, put in, repeat or cut a few bytes."""
    broken = bytearray(raw)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(broken) + 1)
        match chance.randrange(6):
            case 0:
                broken[at : at + 1] = bytes([chance.choice(b'{}[]",:\\\x00\n\r\t |<>eE+-.019au\xff\xc3\xed')])
            case 1:
                del broken[at : at + chance.randrange(1, 12)]
            case 2:
                broken[at:at] = chance.choice(PIECES)
            case 3:
                broken[at:at] = broken[max(0, at - chance.randrange(1, 40)) : at]
            case 4:
                del broken[at:]
            case 5:
                broken = bytearray(bytes(broken).replace(*chance.choice(REPLACED)))
    return bytes(broken)


PIECES = [
    b"NaN", b"Infinity", b"1e999", b"null", b"true", b'""', b'" "', b"[]", b"{}", b"\\ud800", b"\\u007c",
    b'"role": "user", ', b'"content": "x", ', b'"weight": 0, ', b"<|im_end|>", b"\\u003c|end|\\u003e",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\u0000", b"\\x", b",", b"'", b"9" * 5000, b"[" * 2000,
]  # fmt: skip


REPLACED = [
    (b'"user"', b'"usr"'), (b'"assistant"', b'"model"'), (b'"content"', b'"contents"'), (b'"', b"'"),
    (b'"role"', b'"r\\u006fle"'), (b'": "', b'" : "'), (b'"content": "', b'"content": "\\u2003'),
    (b'"function"', b"null"), (b'"weight": 1', b'"weight": 1.0'), (b'"messages"', b'"message"'),
    (b"|", b"\\u007c"),
]  # fmt: skip


def places_in(value):
    """Every place in a value: the object or list, and the key or index there."""
    places = [*value.items()] if isinstance(value, dict) else [*enumerate(value)]
    found = [(value, key) for key, _ in places]
    for _, each in places:
        found += places_in(each) if isinstance(each, (dict, list)) else []
    return found


def break_values(row, chance):
    """Take out a key, rename it, or replace its value by one of another kind."""
    row = json.loads(json.dumps(row))
    container, key = chance.choice(places_in(row))
    match chance.randrange(3):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[key + "s"] = container.pop(key)
        case _:
            container[key] = chance.choice([None, 5, 0.5, "", " ", "x", True, [], {}, [5], {"a": 1}, ["x"]])
    return row


def valid_rows(number, method="supervised"):
    """Collect rows of a format; drawing each anew would take most of the time."""
    found = []

    @settings(max_examples=number, derandomize=True)
    @given(VALID[method])
    def collect(row):
        found.append(row)

    collect()
    return found


# Values for a key that stands twice: some look like the messages that come after it.
_TWICE = (
    "x",
    None,
    5,
    [],
    [{"a": 1}, {"role": "user", "content": "y"}],
    {"role": "user", "content": "a"},
    [{"type": "text", "text": "b"}],
)
# What stands in odd texts: pipes and spaces in each spelling, halves of pairs, quotes.
_INSIDE = (
    *(
        "\\u007c",
        "|",
        "<|im_end|>",
        "\\u003c|a\\u007C>",
        "<|a\\u007c>",
        "7",
        "\\u2003",
        "\\u0020",
        "\\n",
        "\u3000",
    ),
    *(
        "\\ud83d",
        "\\ud83d\\ude00",
        "\\/",
        "\\\\",
        '\\"',
        '\\"}, {\\"role\\": \\"user\\"',
        "\\u0000",
        "\x7f",
        "é",
        "😀",
    ),
)


def write_oddly(value, chance, odd):
    """Write a value as no library would: each separator anew, keys in any order and twice, odd texts."""
    if isinstance(value, str):
        escaped = (
            f"\\u{ord(each):04x}" if ord(each) < 65536 and chance.random() < odd else json.dumps(each)[1:-1]
            for each in value
        )
        text = "".join(escaped)
        if chance.random() < odd:
            text = chance.choice([text + chance.choice(_INSIDE), chance.choice(_INSIDE) + text, ""])
        return f'"{text}"'
    if not isinstance(value, dict | list):
        return json.dumps(value)
    comma, colon = (", ", ": ") if chance.random() > odd else chance.choice(SEPARATORS)
    if isinstance(value, list):
        return f"[{comma.join(write_oddly(each, chance, odd) for each in value)}]"
    pairs = list(value.items())
    if pairs and chance.random() < odd:
        key, same = chance.choice(pairs)
        pairs.insert(chance.randrange(len(pairs) + 1), (key, chance.choice([same, *_TWICE])))
    if chance.random() < odd:
        chance.shuffle(pairs)
    written = (
        f"{write_oddly(key, chance, odd)}{colon}{write_oddly(each, chance, odd)}" for key, each in pairs
    )
    return f"{{{comma.join(written)}}}"
