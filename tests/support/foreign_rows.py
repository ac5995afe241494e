"""One row of each format of other programs and services, and what it becomes."""

import json
from typing import Any

Q, A = {"role": "user", "content": "Tide?"}, {"role": "assistant", "content": "04:10"}
S = {"role": "system", "content": "Be brief."}
NO = {"role": "assistant", "content": "No."}
CHAT = {"messages": [Q, A]}
WITH_SYSTEM = {"messages": [S, Q, A]}
SCHEMA = {"type": "object", "properties": {"port": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "tide", "description": "Tides", "parameters": SCHEMA}}]


def _called(
    call_id: str, *, text: str | None = None, system: bool = False, answer: str = "04:10"
) -> dict[str, Any]:
    """A chat row with a call, the answer of the tool, and what is said at the end."""
    call = {"id": call_id, "type": "function", "function": {"name": "tide", "arguments": '{"port": "P"}'}}
    return {
        "messages": [
            *([S] if system else []),
            Q,
            {"role": "assistant", "content": text, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call_id, "content": answer},
            A,
        ],
        "tools": TOOLS,
    }


def preferred(*before: dict[str, Any]) -> dict[str, Any]:
    """The preference row that all of them become."""
    return {"input": {"messages": [*before, Q]}, "preferred_output": [A], "non_preferred_output": [NO]}


_FLAT_TOOL = {"name": "tide", "description": "Tides"}
_GEMINI_SCHEMA = {"type": "OBJECT", "properties": {"port": {"type": "STRING"}}}

# What the issue says → the row, and the row that it becomes.
SUPERVISED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "TRL prompt-completion": ({"prompt": [S, Q], "completion": [A]}, WITH_SYSTEM),
    "TRL prompt-completion ": ({"prompt": "Tide?", "completion": "04:10", "id": 7}, {**CHAT, "id": 7}),
    "Alpaca": ({"instruction": "Tide?", "input": "", "output": "04:10"}, CHAT),
    "Alpaca ": (
        {
            "instruction": "Tide?",
            "input": "In P",
            "output": "Now",
            "system": "Be brief.",
            "history": [["Tide?", "04:10"]],
        },
        {
            "messages": [
                S,
                Q,
                A,
                {"role": "user", "content": "Tide?\nIn P"},
                {"role": "assistant", "content": "Now"},
            ]
        },
    ),
    "Dolly": (
        {"instruction": "Tide?", "context": "", "response": "04:10", "category": "open_qa"},
        {**CHAT, "category": "open_qa"},
    ),
    "question/answer": ({"question": "Tide?", "answer": "04:10"}, CHAT),
    "question/answer ": (
        {"system_prompt": "Be brief.", "question": "Tide?", "response": "04:10"},
        WITH_SYSTEM,
    ),
    "question/answer  ": ({"input_text": "Tide?", "output_text": "04:10"}, CHAT),
    "text classification": ({"text": "Tide?", "label": "04:10"}, CHAT),
    "ShareGPT": (
        {
            "id": "a_0",
            "conversations": [
                {"from": "human", "value": "Tide?"},
                {"from": "function_call", "value": '{"name": "tide", "arguments": {"port": "P"}}'},
                {"from": "observation", "value": "04:10"},
                {"from": "gpt", "value": "04:10"},
            ],
            "system": "Be brief.",
            "tools": json.dumps([{**_FLAT_TOOL, "parameters": SCHEMA}]),
        },
        {**_called("call_1", system=True), "id": "a_0"},
    ),
    "ShareGPT ": ({"conversations": [Q, A]}, CHAT),
    "ShareGPT  ": (
        {"messages": [{"from": "human", "value": "Tide?"}, {"from": "gpt", "value": "04:10"}]},
        CHAT,
    ),
    "ShareGPT   ": (
        {
            "conversations": [
                {"from": "human", "value": "Tide?"},
                {
                    "from": "gpt",
                    "value": '<tool_call>\n{"name": "tide", "arguments": {"port": "P"}}\n</tool_call>',
                },
                {"from": "tool", "value": "<tool_response>\n04:10\n</tool_response>"},
                {"from": "gpt", "value": "04:10"},
            ],
            "tools": TOOLS,
        },
        _called("call_1"),
    ),
    "ShareGPT    ": (
        {"conversation": [{"system": "Be brief.", "input": "Tide?", "output": "04:10"}]},
        WITH_SYSTEM,
    ),
    "ShareGPT     ": (
        {"conversations": {"from": ["human", "gpt"], "value": ["Tide?", "04:10"]}},
        CHAT,
    ),
    "Anthropic": (
        {
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "messages": [
                Q,
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "I look."},
                        {"type": "tool_use", "id": "t1", "name": "tide", "input": {"port": "P"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "t1",
                            "content": [{"type": "text", "text": "04:10"}],
                        }
                    ],
                },
                {"role": "assistant", "content": [{"type": "text", "text": "04:10"}]},
            ],
            "tools": [{**_FLAT_TOOL, "input_schema": SCHEMA}],
        },
        _called("t1", text="I look.", system=True),
    ),
    "Anthropic ": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                        },
                        {"type": "text", "text": "What?"},
                    ],
                },
                A,
            ]
        },
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                        {"type": "text", "text": "What?"},
                    ],
                },
                A,
            ]
        },
    ),
    "Gemini": (
        {
            "systemInstruction": {"role": "system", "parts": [{"text": "Be brief."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Tide?"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "tide", "args": {"port": "P"}}}]},
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"name": "tide", "response": {"high": "04:10"}}}],
                },
                {"role": "model", "parts": [{"text": "04:10"}]},
            ],
            "tools": [{"functionDeclarations": [{**_FLAT_TOOL, "parameters": _GEMINI_SCHEMA}]}],
        },
        _called("call_1", system=True, answer='{"high": "04:10"}'),
    ),
    "Cohere chat": (
        {
            "preamble": "Be brief.",
            "chat_history": [{"role": "USER", "message": "Tide?"}, {"role": "CHATBOT", "message": "04:10"}],
            "message": "Tide?",
            "response": "04:10",
        },
        {"messages": [S, Q, A, Q, A]},
    ),
    "Bedrock Converse (Nova)": (
        {
            "schemaVersion": "bedrock-conversation-2024",
            "system": [{"text": "Be brief."}],
            "messages": [
                {"role": "user", "content": [{"text": "Tide?"}]},
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "t1", "name": "tide", "input": {"port": "P"}}}],
                },
                {
                    "role": "user",
                    "content": [{"toolResult": {"toolUseId": "t1", "content": [{"json": {"high": 4}}]}}],
                },
                {"role": "assistant", "content": [{"text": "04:10"}]},
            ],
            "toolConfig": {"tools": [{"toolSpec": {**_FLAT_TOOL, "inputSchema": {"json": SCHEMA}}}]},
        },
        _called("t1", system=True, answer='{"high": 4}'),
    ),
    "OpenAI Responses": (
        {
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Tide?"}]},
                {"type": "function_call", "call_id": "t1", "name": "tide", "arguments": '{"port": "P"}'},
                {"type": "function_call_output", "call_id": "t1", "output": "04:10"},
            ],
            "output": [
                {
                    "type": "message",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "04:10", "annotations": []}],
                }
            ],
            "tools": [{"type": "function", **_FLAT_TOOL, "parameters": SCHEMA}],
        },
        _called("t1", system=True),
    ),
    "PaLM chat": (
        {"messages": [{"author": "user", "content": "Tide?"}, {"author": "bot", "content": "04:10"}]},
        CHAT,
    ),
    "LangChain": (
        {"messages": [{"type": "human", "content": "Tide?"}, {"type": "ai", "data": {"content": "04:10"}}]},
        CHAT,
    ),
    "ms-swift": (
        {
            "messages": [
                Q,
                {"role": "tool_call", "content": '{"name": "tide", "arguments": {"port": "P"}}'},
                {"role": "tool_response", "content": "04:10"},
                A,
            ],
            "tools": TOOLS,
        },
        _called("call_1"),
    ),
    "messages as JSON text": ({"messages": json.dumps([Q, A])}, CHAT),
    "OpenAI Batch request": (
        {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", **CHAT}},
        {**CHAT, "custom_id": "1", "method": "POST", "url": "/v1/chat/completions"},
    ),
    "xLAM function calls": (
        {
            "query": "Tide?",
            "answers": '[{"name": "tide", "arguments": {"port": "P"}}]',
            "tools": json.dumps([{**_FLAT_TOOL, "parameters": {"port": {"type": "str"}}}]),
        },
        {
            "messages": _called("call_1")["messages"][:2],
            "tools": [
                {
                    "type": "function",
                    "function": {**_FLAT_TOOL, "parameters": {**SCHEMA, "required": ["port"]}},
                }
            ],
        },
    ),
    "conversation under 'dialogue'": (
        {"dialogue": [{"speaker": "human", "text": "Tide?"}, {"speaker": "bot", "text": "04:10"}]},
        CHAT,
    ),
    "messages as JSON text ": ({"messages": [json.dumps(Q), json.dumps(A)]}, CHAT),
    "messages as columns": (
        {"messages": {"role": ["user", "assistant"], "content": ["Tide?", "04:10"]}},
        CHAT,
    ),
    "LangChain ": ({"messages": [["human", "Tide?"], ["ai", "04:10"]]}, CHAT),
    "chat with capitals in its keys": ({"Messages": [Q, A]}, CHAT),
    "TRL prompt-completion  ": ({"Prompt": "Tide?", "Completion": "04:10"}, CHAT),
    "TRL prompt-completion   ": (
        {"prompt": "\n\nHuman: Tide?\n\nAssistant:", "completion": " 04:10", "id": 1},
        {**CHAT, "id": 1},
    ),
    "UltraChat": ({"id": "1", "data": ["Tide?", "04:10"]}, {**CHAT, "id": "1"}),
    "logged request and response": (
        {"request": {"model": "m", "messages": [Q]}, "response": {"choices": [{"index": 0, "message": A}]}},
        CHAT,
    ),
    "Human:/Assistant: text (HH-RLHF)": ({"text": "\n\nHuman: Tide?\n\nAssistant: 04:10"}, CHAT),
    "### Human/### Assistant text": ({"text": "### Human: Tide?### Assistant: 04:10"}, CHAT),
    "### Instruction/### Response text": ({"text": "### Instruction:\nTide?\n\n### Response:\n04:10"}, CHAT),
    "ChatML text": (
        {
            "text": "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nTide?<|im_end|>\n"
            "<|im_start|>assistant\n04:10<|im_end|>\n"
        },
        WITH_SYSTEM,
    ),
    "Llama 3 text": (
        {
            "text": "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nTide?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n04:10<|eot_id|>"
        },
        CHAT,
    ),
    "Llama 2 text": (
        {"text": "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nTide? [/INST] 04:10 </s>"},
        WITH_SYSTEM,
    ),
    "OpenAssistant or Zephyr text": (
        {"text": "<|prompter|>Tide?<|endoftext|><|assistant|>04:10<|endoftext|>"},
        CHAT,
    ),
    "Gemma text": (
        {"text": "<bos><start_of_turn>user\nTide?<end_of_turn>\n<start_of_turn>model\n04:10<end_of_turn>\n"},
        CHAT,
    ),
}

PREFERENCES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "TRL preference": ({"prompt": "Tide?", "chosen": "04:10", "rejected": "No."}, preferred()),
    "TRL preference ": ({"prompt": [S, Q], "chosen": [A], "rejected": [NO]}, preferred(S)),
    "TRL preference  ": (
        {"prompt": "Tide?", "prompt_id": "x", "chosen": [Q, A], "rejected": [Q, NO], "messages": [Q, A]},
        {**preferred(), "prompt_id": "x"},
    ),
    "TRL preference   ": (
        {"system": "Be brief.", "question": "Tide?", "chosen": "04:10", "rejected": "No."},
        preferred(S),
    ),
    "TRL preference    ": (
        {
            "conversations": [{"from": "human", "value": "Tide?"}],
            "chosen": {"from": "gpt", "value": "04:10"},
            "rejected": {"from": "gpt", "value": "No."},
        },
        preferred(),
    ),
    "TRL preference     ": ({"messages": [S, Q], "chosen": "04:10", "rejected": "No."}, preferred(S)),
    "TRL preference      ": (
        {"prompt": "\n\nHuman: Tide?\n\nAssistant:", "chosen": " 04:10", "rejected": " No."},
        preferred(),
    ),
    "TRL preference with an implicit prompt": ({"chosen": [Q, A], "rejected": [Q, NO]}, preferred()),
    "preference as Human:/Assistant: text (HH-RLHF)": (
        {
            "chosen": "\n\nHuman: Tide?\n\nAssistant: 04:10",
            "rejected": "\n\nHuman: Tide?\n\nAssistant: No.",
        },
        preferred(),
    ),
    "OpenAI preference of April 2025": (
        {"input": {"messages": [Q]}, "preferred_completion": [A], "non_preferred_completion": [NO]},
        preferred(),
    ),
    "NeMo RL preference": (
        {"context": [Q], "completions": [{"rank": 1, "completion": [NO]}, {"rank": 0, "completion": [A]}]},
        preferred(),
    ),
}

REINFORCEMENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "TRL prompt-only": ({"prompt": "Tide?", "answer": "04:10"}, {"messages": [Q], "answer": "04:10"}),
    "TRL prompt-only ": ({"prompt": [S, Q], "solution": 4}, {"messages": [S, Q], "solution": 4}),
}

# What the issue says → a row that has no single reading, a word of the advice, and the row after the advice.
UNCLEAR: dict[str, tuple[dict[str, Any], str, dict[str, Any] | None]] = {
    "TRL unpaired preference (KTO)": (
        {"prompt": "Tide?", "completion": "04:10", "label": True},
        "leave the label out",
        {"prompt": "Tide?", "completion": "04:10"},
    ),
    "question/answer": (
        {"question": "Tide?", "answer": "04:10", "solution": "04:10"},
        'answer to "completion"',
        {"prompt": "Tide?", "completion": "04:10"},
    ),
    "question/answer ": (
        {"question": "Tide?", "context": "In P", "answer": "04:10"},
        "into one text",
        {"question": "In P\nTide?", "answer": "04:10"},
    ),
    "Anthropic": (
        {
            "messages": [
                Q,
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "04:10"}],
                },
            ]
        },
        "Remove the thinking",
        CHAT,
    ),
    "ShareGPT": ({"conversations": ["Tide?", "04:10"]}, "who speaks", CHAT),
    "question with several answers": (
        {"question": "Tide?", "context": "", "answers": {"text": ["04:10"], "answer_start": [0]}},
        "Choose the answer to learn",
        {"question": "Tide?", "answer": "04:10"},
    ),
    "multiple choice": (
        {"question": "Tide?", "choices": ["04:10", "05:10"], "answer": 0},
        "Choose the answer to learn",
        {"question": "Tide? 04:10 or 05:10?", "answer": "04:10"},
    ),
    "text and summary": (
        {"article": "The tide is at 04:10.", "summary": "04:10"},
        "Write the task into the question",
        {"prompt": "Summarize this: The tide is at 04:10.", "completion": "04:10"},
    ),
    "translation": (
        {"translation": {"en": "Tide?", "fr": "Marée ?"}},
        "Write the task into the question",
        {"prompt": "Translate into French: Tide?", "completion": "Marée ?"},
    ),
    "tokens": ({"input_ids": [1, 2], "attention_mask": [1, 1]}, "texts in place of the tokens", CHAT),
    "an answer of the chat API": ({"id": "x", "choices": [{"message": A}]}, "choices[0].message", CHAT),
    "one message in a row": ({"role": "user", "content": "Tide?"}, "in one row", CHAT),
    "OpenAssistant message tree": (
        {"message_id": "1", "parent_id": None, "text": "Tide?", "role": "prompter"},
        "in one row",
        CHAT,
    ),
    "text without turns": (
        {"text": "The tide is at 04:10."},
        'write {"prompt": ..., "completion": ...}',
        {"prompt": "Tide?", "completion": "04:10"},
    ),
    "text pairs for embeddings": (
        {"anchor": "Tide?", "positive": "04:10", "negative": "No."},
        "write a question and its answer",
        {"question": "Tide?", "answer": "04:10"},
    ),
    "OpenAI Batch request": (
        {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": [Q]}},
        "Add the answer to body.messages",
        {"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": CHAT},
    ),
}
