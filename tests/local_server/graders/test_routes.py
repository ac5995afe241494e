"""Graders: rewards, failures as flags, and what happens to the processes of python graders."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import openai
import psutil
import pytest
from openai.types.fine_tuning.alpha import GraderRunResponse, GraderValidateResponse
from serving import BASE_MODEL, LocalServer, serve, wait_until

from local_server.graders import formula
from local_server.graders.routes import score_in
from local_server.graders.sandbox import Sandbox, SandboxFailed
from local_server.graders.templates import TooLong, fill
from local_server.settings import DEFAULT_MODEL, Settings

ECHO = {"type": "string_check", "name": "echo", "operation": "eq", "input": "a", "reference": "a"}
ALIKE = {
    "type": "text_similarity",
    "name": "alike",
    "evaluation_metric": "gleu",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference}}",
    "pass_threshold": 0.5,
}
QUESTION = {"type": "input_text", "text": "What is the {{ item.property }} of iron?"}
IRON = {
    "type": "score_model",
    "name": "iron",
    "model": BASE_MODEL,
    "input": [{"role": "user", "content": [QUESTION]}],
    "sampling_params": {"temperature": 0, "max_completions_tokens": 60},
}


def python(source: str, name: str = "p") -> dict:
    return {"type": "python", "name": name, "source": source}


def multi(graders: object, calculate_output: str) -> dict:
    return {"type": "multi", "name": "both", "graders": graders, "calculate_output": calculate_output}


def run(client: openai.OpenAI, grader: dict, sample: str = "", item: dict | None = None) -> GraderRunResponse:
    answer = client.fine_tuning.alpha.graders.with_raw_response.run(
        grader=grader, model_sample=sample, item=item or {}
    )
    return GraderRunResponse.model_validate(json.loads(answer.content))


def flags(result: GraderRunResponse) -> dict:
    """The errors that are set; a grader that failed must give the reward 0."""
    errors = result.metadata.errors.model_dump(by_alias=True)
    found = {name: value for name, value in errors.items() if value}
    assert not found or result.reward == 0
    return found


def refusal(call: Callable, **arguments: object) -> tuple[int, str | None, str]:
    with pytest.raises(openai.APIStatusError) as caught:
        call(**arguments)
    return caught.value.status_code, caught.value.body["param"], caught.value.body["message"]


def test_a_run_answers_with_every_field_of_the_api(client: openai.OpenAI) -> None:
    grader = ECHO | {"input": "{{ sample.output_text }}", "reference": "{{item.answer}}"}
    answer = client.fine_tuning.alpha.graders.with_raw_response.run(
        grader=grader, model_sample="26", item={"answer": 26}
    )
    body = json.loads(answer.content)

    assert body["metadata"].pop("execution_time") > 0
    assert body == {
        "reward": 1.0,
        "metadata": {
            "name": "echo",
            "type": "string_check",
            "errors": {
                "formula_parse_error": False,
                "sample_parse_error": False,
                "truncated_observation_error": False,
                "unresponsive_reward_error": False,
                "invalid_variable_error": False,
                "other_error": False,
                "python_grader_server_error": False,
                "python_grader_server_error_type": None,
                "python_grader_runtime_error": False,
                "python_grader_runtime_error_details": None,
                "model_grader_server_error": False,
                "model_grader_refusal_error": False,
                "model_grader_parse_error": False,
                "model_grader_server_error_details": None,
            },
            "scores": {},
            "token_usage": None,
            "sampled_model_name": None,
        },
        "sub_rewards": {},
        "model_grader_token_usage_per_model": {},
    }


@pytest.mark.parametrize(
    ("operation", "text", "reference", "reward"),
    [
        ("eq", "Iron", "Iron", 1),
        ("eq", "Iron", "iron", 0),
        ("ne", "Iron", "iron", 1),
        ("ne", "Iron", "Iron", 0),
        ("like", "Iron is a metal", "Iron", 1),
        ("like", "Iron is a metal", "iron", 0),
        ("ilike", "Iron is a metal", "IRON", 1),
        ("ilike", "Iron", "Iron is a metal", 0),
    ],
)
def test_string_checks(client: openai.OpenAI, operation: str, text: str, reference: str, reward: int) -> None:
    grader = ECHO | {"operation": operation, "input": "{{sample.output_text}}", "reference": reference}
    assert run(client, grader, text).reward == reward


@pytest.mark.parametrize(
    ("metric", "reward"),
    [
        # Of rouge-score 0.1.2, sacrebleu 2.6.0, nltk 3.10 and rapidfuzz 3.14, asked directly.
        ("fuzzy_match", 0.83125),
        ("bleu", 0.24177237),
        ("gleu", 0.33333333),
        ("meteor", 0.63920455),
        ("rouge_1", 0.76923077),
        ("rouge_2", 0.54545455),
        ("rouge_3", 0.22222222),
        ("rouge_4", 0),
        ("rouge_5", 0),
        ("rouge_l", 0.76923077),
    ],
)
def test_text_similarity(client: openai.OpenAI, metric: str, reward: float) -> None:
    item = {"reference": "The cat lay on the mat, asleep."}
    result = run(client, ALIKE | {"evaluation_metric": metric}, "The cat sat on the mat.", item)
    assert result.reward == pytest.approx(reward, abs=1e-8)


@pytest.mark.parametrize(
    ("template", "sample", "expected"),
    [
        ("{{ item.facts[1].value }}", "", "26"),
        ("{{item.facts}}", "", '[{"value": "Fe"}, {"value": 26}]'),
        ("{{sample.output_json.symbol}}!", '{"symbol": "Fe"}', "Fe!"),
        ("{{sample.choices[0].message.content}}", "Fe", "Fe"),
        ("{ {item.facts} } {}", "", "{ {item.facts} } {}"),
    ],
)
def test_templates_reach_into_item_and_sample(
    client: openai.OpenAI, template: str, sample: str, expected: str
) -> None:
    item = {"facts": [{"value": "Fe"}, {"value": 26}]}
    assert run(client, ECHO | {"input": template, "reference": expected}, sample, item).reward == 1


@pytest.mark.parametrize(
    ("template", "flag"),
    [
        ("{{item.nothing}}", "invalid_variable_error"),
        ("{{item.facts[9]}}", "invalid_variable_error"),
        ("{{secret.key}}", "invalid_variable_error"),
        ("{{sample.output_json.symbol}}", "sample_parse_error"),
    ],
)
def test_an_unknown_path_sets_its_flag(client: openai.OpenAI, template: str, flag: str) -> None:
    result = run(client, ECHO | {"operation": "ne", "input": template}, "no JSON", {"facts": []})
    assert flags(result) == {flag: True}


def test_a_text_cannot_grow_without_end() -> None:
    with pytest.raises(TooLong):
        fill("{{sample.output_text}}" * 1000, {"sample": {"output_text": "x" * 1001}})


def test_a_python_grader_sees_sample_and_item_and_may_print(client: openai.OpenAI) -> None:
    source = """
import sys
import rapidfuzz
print("x" * 100_000)
def grade(sample, item):
    print('{"reward": 7}', flush=True)
    print("noise", file=sys.stderr)
    assert sample["output_json"] == {"symbol": "Fe"}
    return rapidfuzz.fuzz.ratio(sample["output_text"], item["reference"]) / 200
"""
    answer = '{"symbol": "Fe"}'
    result = run(client, python(source), answer, {"reference": answer})
    assert (result.reward, flags(result)) == (0.5, {})


@pytest.mark.parametrize(
    ("body", "last_line"),
    [
        ("return 1 / 0", "ZeroDivisionError: division by zero"),
        ("return '1'", "grade() returned '1'. Return a finite number."),
        ("return float('nan')", "grade() returned nan. Return a finite number."),
        ("raise SystemExit(0)", "SystemExit: 0"),
        ("return bytearray(3 * 1024**3)[0]", "MemoryError"),
        ("raise ValueError('\\ud800')", "ValueError: ?"),
    ],
)
def test_a_python_grader_that_fails_says_why(client: openai.OpenAI, body: str, last_line: str) -> None:
    errors = flags(run(client, python(f"def grade(sample, item):\n    {body}\n")))

    details = errors.pop("python_grader_runtime_error_details")
    assert details.splitlines()[-1] == last_line
    assert str(Path(__file__).parents[3]) not in details
    assert errors == {"python_grader_runtime_error": True}


def test_a_python_grader_that_ends_its_process_is_told_apart(client: openai.OpenAI) -> None:
    result = run(client, python("import os\ndef grade(sample, item):\n    os._exit(0)\n"))
    assert flags(result) == {
        "python_grader_server_error": True,
        "python_grader_server_error_type": "process_died",
    }


def test_a_python_grader_gets_no_secrets_and_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    source = """
import os
def grade(sample, item):
    raise ValueError(f"{sorted(os.environ)} {os.listdir()}")
"""
    sandbox = Sandbox(Settings(tmp_path, DEFAULT_MODEL, "key"))
    problem = asyncio.run(sandbox.grade(source, {}, {}))["problem"]

    names, _, files = problem.splitlines()[-1].partition("] ")
    assert "KEY" not in names
    assert files == "[]"


def test_a_python_grader_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    source = """
import subprocess, sys, time
def grade(sample, item):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(item["note"], "w") as note:
        note.write(str(child.pid))
    time.sleep(600)
"""
    note = tmp_path / "pid"
    before = set(psutil.Process().children(recursive=True))
    sandbox = Sandbox(Settings(tmp_path, DEFAULT_MODEL, "key", grader_seconds=1.5))

    with pytest.raises(SandboxFailed, match="timeout"):
        asyncio.run(sandbox.grade(source, {}, {"note": str(note)}))

    child = int(note.read_text())
    # A container may have no process that collects the dead.
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie", bool)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_other_requests_are_answered_while_a_grader_works(client: openai.OpenAI, tmp_path: Path) -> None:
    source = """
import os, time
def grade(sample, item):
    while not os.path.exists(item["signal"]):
        time.sleep(0.01)
    return 1
"""
    results = []
    item = {"signal": str(tmp_path / "signal")}
    # More than run at once, so that some wait for their turn.
    threads = [
        threading.Thread(target=lambda: results.append(run(client, python(source), item=item).reward))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    client.models.list()
    (tmp_path / "signal").touch()
    for thread in threads:
        thread.join(60)

    assert results == [1, 1, 1]


def test_no_grader_outlives_a_killed_server(tmp_path: Path) -> None:
    source = """
import os, time
def grade(sample, item):
    with open(item["note"], "w") as note:
        note.write(str(os.getpid()))
    time.sleep(600)
"""
    note = tmp_path / "pid"
    with serve(tmp_path / "state") as server:
        caller = threading.Thread(target=_run_in_vain, args=(server, python(source), {"note": str(note)}))
        caller.start()
        grader = int(wait_until(lambda: note.read_text() if note.exists() else "", bool))
        server.process.kill()
        caller.join(20)
        wait_until(lambda: not psutil.pid_exists(grader) or psutil.Process(grader).status() == "zombie", bool)


def _run_in_vain(server: LocalServer, grader: dict, item: dict) -> None:
    with pytest.raises(openai.APIError):
        run(server.client(), grader, item=item)


@pytest.mark.parametrize(("ends", "reward"), [([0, 118], 26), ([0, 1], 1), ([30, 40], 30)])
def test_a_model_of_this_server_gives_the_score(
    client: openai.OpenAI, ends: list[int], reward: float
) -> None:
    result = run(client, IRON | {"range": ends}, item={"property": "atomic number"})
    used = result.api_model_grader_token_usage_per_model[BASE_MODEL]

    assert (result.reward, flags(result)) == (reward, {})
    assert result.metadata.sampled_model_name == BASE_MODEL
    assert used["total_tokens"] == used["prompt_tokens"] + used["completion_tokens"]
    assert result.metadata.token_usage == used["total_tokens"]


def test_a_model_that_gives_no_score_sets_the_flag_and_is_counted(client: openai.OpenAI) -> None:
    grader = IRON | {"input": [{"role": "user", "content": "Hello"}]}
    result = run(client, grader | {"sampling_params": {"temperature": 0, "max_completions_tokens": 5}})

    assert flags(result) == {"model_grader_parse_error": True}
    assert result.metadata.token_usage > 5


def test_a_question_too_long_for_the_model_is_reported(client: openai.OpenAI) -> None:
    errors = flags(run(client, IRON, item={"property": "weight " * 2000}))

    assert "maximum context length is 1024 tokens" in errors.pop("model_grader_server_error_details")
    assert errors == {"model_grader_server_error": True}


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("0.8", 0.8),
        ("Score: -3.5e-1.", -0.35),
        ('{"steps": [1, 2], "result": 1}', 1),
        ('{"result": "good"}', None),
        ('{"result": NaN}', None),
        ("Between 2 and 3.", None),
        ("good", None),
        ("", None),
    ],
)
def test_a_score_is_read_only_where_there_is_no_doubt(answer: str, score: float | None) -> None:
    assert score_in(answer) == score


@pytest.mark.parametrize(
    ("graders", "calculate_output", "reward", "sub_rewards"),
    [
        (ECHO, "echo * 2", 2, {"echo": 1}),
        ([ECHO, ECHO | {"name": "no", "operation": "ne"}], "(echo + no) / 2", 0.5, {"echo": 1, "no": 0}),
        ({"a": ECHO, "b": python("def grade(s, i): return 3")}, "min(a, b) + 2 * b^2", 19, {"a": 1, "b": 3}),
    ],
    ids=["one grader", "a list", "by name"],
)
def test_a_multi_grader_combines_rewards(
    client: openai.OpenAI, graders: object, calculate_output: str, reward: float, sub_rewards: dict
) -> None:
    result = run(client, multi(graders, calculate_output))
    assert (result.reward, result.sub_rewards, flags(result)) == (reward, sub_rewards, {})


def test_a_multi_grader_adds_up_flags_and_tokens(client: openai.OpenAI) -> None:
    graders = {"a": IRON, "b": IRON, "c": ECHO | {"input": "{{item.nothing}}"}}
    result = run(client, multi(graders, "c * a * b"), item={"property": "atomic number"})

    assert flags(result) == {"invalid_variable_error": True}
    assert result.sub_rewards == {"a": 1, "b": 1, "c": 0}
    single = run(client, IRON, item={"property": "atomic number"})
    assert result.metadata.token_usage == 2 * single.metadata.token_usage


@pytest.mark.parametrize(
    ("calculate_output", "flag"),
    [("echo +", "formula_parse_error"), ("other", "formula_parse_error"), ("1 / (echo - 1)", "other_error")],
)
def test_a_formula_that_fails_sets_its_flag(client: openai.OpenAI, calculate_output: str, flag: str) -> None:
    assert flags(run(client, multi(ECHO, calculate_output))) == {flag: True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5 * a + b", 4.0),
        ("-a^2", -4.0),
        ("2 * b ^ 2", 18.0),
        ("max(a, b, 1) - min(a)", 1.0),
        ("floor(2.5) + ceil(2.5) + abs(-1)", 6.0),
        ("exp(0) + sqrt(4) + log(1)", 3.0),
    ],
)
def test_a_formula_is_arithmetic(text: str, value: float) -> None:
    values = {"a": 2.0, "b": 3.0}
    assert formula.calculate(formula.parse(text, values), values) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c",
        "a ** 2",
        "a.real",
        "a[0]",
        "a if a else b",
        "a < b",
        "True",
        "'a'",
        "1j",
        "pow(a, 2)",
        "sqrt(a, b)",
        "min()",
        "min(*a)",
        "max(a, key=abs)",
        "__import__('os')",
        "(lambda: a)()",
        "a; b",
        "-" * 5000 + "a",
        "(" * 900,
        "\0",
        "9" * 5000,
    ],
)
def test_nothing_but_arithmetic_is_a_formula(text: str) -> None:
    with pytest.raises(formula.BadFormula):
        formula.parse(text, {"a": 2.0, "b": 3.0})


@pytest.mark.parametrize(
    "grader",
    [
        ECHO,
        ALIKE,
        python("def grade(sample, item):\n    return 1"),
        IRON | {"range": [0, 10]},
        multi(ECHO, "echo / 2"),
    ],
    ids=lambda grader: grader["type"],
)
def test_a_good_grader_comes_back_as_understood(client: openai.OpenAI, grader: dict) -> None:
    answer = client.fine_tuning.alpha.graders.with_raw_response.validate(grader=grader)
    body = json.loads(answer.content)

    GraderValidateResponse.model_validate(body)
    assert body == {"grader": grader}


@pytest.mark.parametrize(
    ("grader", "param", "words"),
    [
        ({"type": "label_model"}, "grader.type", "cannot be run here"),
        ({"type": "magic"}, "grader.type", "string_check, text_similarity, python, score_model, multi"),
        ({"type": "string_check", "operation": "eq", "input": "a"}, "grader.reference", "Missing"),
        (ECHO | {"operation": "is"}, "grader.operation", "'eq', 'ne', 'like' or 'ilike'"),
        (ECHO | {"strict": True}, "grader.strict", "Unknown"),
        (ECHO | {"input": "{{secret.key}}"}, "grader.input", "{{secret.key}}"),
        (
            ALIKE | {"evaluation_metric": "cosine"},
            "grader.evaluation_metric",
            "rouge_l (cosine needs an embedding model",
        ),
        (python("def grade(sample:"), "grader.source", "SyntaxError"),
        (python("def score(sample, item): return 1"), "grader.source", "no function 'grade'"),
        (python("#" * 262_145), "grader.source", "at most 262,144 bytes"),
        (IRON | {"model": "gpt-9"}, "grader.model", f"It grades with {BASE_MODEL}"),
        (IRON | {"range": [1, 0]}, "grader.range", "the smaller one first"),
        (
            IRON | {"sampling_params": {"reasoning_effort": "low"}},
            "grader.sampling_params.reasoning_effort",
            "None",
        ),
        (
            IRON | {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "x"}]}]},
            "grader.input.0.content",
            "'input_text'",
        ),
        (multi({}, "1"), "grader.graders", "one or more graders"),
        (multi([ECHO, ECHO], "echo"), "grader.graders", "its own name"),
        (multi({"a": multi(ECHO, "echo")}, "a"), "grader.graders.a.type", "Found 'multi'"),
        (multi({"a": ECHO | {"input": 1}}, "a"), "grader.graders.a.input", "a valid string"),
        (multi({"a": ECHO | {"input": "{{x}}"}}, "a"), "grader.graders.a.input", "{{x}}"),
        (multi({"a": ECHO}, "a + b"), "grader.calculate_output", "Known names: a"),
    ],
)
def test_a_faulty_grader_is_refused_with_the_place_of_its_fault(
    client: openai.OpenAI, grader: dict, param: str, words: str
) -> None:
    status, found, message = refusal(client.fine_tuning.alpha.graders.validate, grader=grader)

    assert (status, found) == (400, param)
    assert words in message


def test_a_text_too_long_to_compare_is_refused(client: openai.OpenAI) -> None:
    status, param, message = refusal(
        client.fine_tuning.alpha.graders.run,
        grader=ALIKE,
        model_sample="a" * 20_001,
        item={"reference": "a"},
    )

    assert (status, param) == (400, "grader")
    assert "20,001 characters" in message


def test_half_a_character_is_refused(server: LocalServer) -> None:
    # The SDK cannot send it; JSON can say it.
    request = urllib.request.Request(
        f"{server.base_url}/fine_tuning/alpha/graders/validate",
        data=json.dumps({"grader": ECHO | {"name": "\ud800"}}).encode(),
        headers={"Authorization": f"Bearer {server.api_key}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400
