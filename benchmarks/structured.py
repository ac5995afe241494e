"""Do answers in a format always fit it, what does it cost, and which schemas can be asked for?

`python benchmarks/structured.py` asks for `--answers` answers at temperature 1, in turn for each schema of
tests/support/schemas.py, then for a tenth as many of any JSON object, 16 at a time. It prints how many are
valid JSON and fit their schema by the package `jsonschema`, formats included; an answer that came to its
token limit is no whole JSON and counts apart. Then it prints the processor time of a token with a schema
and of one without, in batches of 16. Takes two minutes on two cores for the tiny model, ten for SmolLM2-135M
(`--model FOLDER`).

`python benchmarks/structured.py --coverage FOLDER` reads schemas with instances: `tests/draft2020-12` of
github.com/json-schema-org/JSON-Schema-Test-Suite, or `maskbench/data` of
github.com/guidance-ai/jsonschemabench (`--schemas 1000` draws as many of its 11,306). It prints how many
schemas the server takes, why it refuses the others, and which instances were judged wrongly. Instances are
written as an answer would be: properties in the order of the schema.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jsonschema
import openai
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

from common import machine, serve  # noqa: E402
from schemas import FREE, STRICT, wanted  # noqa: E402

AT_ONCE = 16
NAMES = [*STRICT, *FREE]
MAX_TOKENS = 400


def generations(client: openai.OpenAI, model: str, names: list[str], count: int, max_tokens: int) -> None:
    """Ask for answers in these formats, and check each."""

    def answer(number: int) -> tuple[str, str]:
        name = names[number % len(names)]
        choice = client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "Tell me something, as JSON."}],
            response_format={"type": "json_object"} if name == "json_object" else wanted(name),
            temperature=1,
            seed=number,
            max_tokens=max_tokens,
        ).choices[0]
        if choice.finish_reason == "length":
            return name, "cut off at the token limit"
        try:
            value = json.loads(choice.message.content)
            schema = {"type": "object"} if name == "json_object" else STRICT.get(name) or FREE[name]
            jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())
        except (ValueError, jsonschema.ValidationError) as error:
            print(f"{name}: {choice.message.content!r}: {error}"[:300])
            return name, "WRONG"
        return name, "valid"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(answer, range(count)))
    print(f"{count} answers in {len(names)} formats:", dict(Counter(what for _, what in found)))
    if cut := Counter(name for name, what in found if what.startswith("cut off")):
        print(f"cut off at {max_tokens} tokens:", dict(cut))


def cost(client: openai.OpenAI, server_pid: int, model: str) -> None:
    """Processor time of a token with and without a schema, for 16 answers side by side."""
    endless = {"type": "array", "items": {"type": "array", "items": {"type": "boolean"}}, "minItems": 10**6}
    schema = {"type": "json_schema", "json_schema": {"name": "endless", "schema": endless}}

    def used() -> float:
        processes = psutil.Process(server_pid).children(recursive=True)
        return sum(sum(process.cpu_times()[:2]) for process in processes)

    def a_round(form: dict[str, Any]) -> float:
        before = used()
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "JSON"}], temperature=1, seed=1, n=AT_ONCE,
            max_tokens=100, response_format=form,
        )  # fmt: skip
        return (used() - before) / answer.usage.completion_tokens * 1000

    for form in (schema, {"type": "text"}):
        a_round(form)
    rounds = [(a_round(schema), a_round({"type": "text"})) for _ in range(3)]
    with_one, without = (sorted(times)[1] for times in zip(*rounds, strict=True))
    print(f"a token with a schema: {with_one:.2f} ms of processor time, without: {without:.2f} ms")


def cases(folder: Path, count: int | None) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    """Schemas of a folder, each with its instances."""
    files = sorted(folder.glob("*.json"))
    if count is not None:
        files = random.Random(0).sample(files, count)
    for path in files:
        content = json.loads(path.read_text(encoding="utf-8"))
        for group in content if isinstance(content, list) else [content]:
            yield f"{path.stem}: {group.get('description', '')}", group["schema"], group["tests"]


def ordered(schema: object, value: object, root: dict[str, Any], depth: int = 0) -> object:
    """The same value with its properties as an answer has them: in the order of the schema."""
    if not isinstance(schema, dict) or depth > 30:
        return value
    steps = schema.get("$ref")
    if isinstance(steps, str) and steps.startswith("#/"):
        target: Any = root
        for step in steps[2:].split("/"):
            target = target.get(step) if isinstance(target, dict) else None
        value = ordered(target, value, root, depth + 1)
    named = schema.get("properties")
    properties = named if isinstance(named, dict) else {}
    if isinstance(value, dict):
        required = schema.get("required")
        first = [*properties, *(required if isinstance(required, list) else ())]
        names = [*(name for name in dict.fromkeys(first) if name in value), *value]
        others = schema.get("additionalProperties")
        value = {
            name: ordered(properties.get(name, others), value[name], root, depth + 1)
            for name in dict.fromkeys(names)
        }
    if isinstance(value, list):
        value = [ordered(schema.get("items"), item, root, depth + 1) for item in value]
    for keyword in ("allOf", "anyOf", "oneOf"):
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else ():
            value = ordered(branch, value, root, depth + 1)
    return value


def coverage(folder: Path, count: int | None, model: Path) -> None:
    """Try each schema as the server does, and let it judge its instances."""
    from transformers import AutoTokenizer

    from local_server.chat.structured.rules import Broken, checked
    from local_server.generation.structured.constraint import Constraint, Unsupported, vocabulary
    from local_server.generation.structured.trial import tried

    tokenizer = AutoTokenizer.from_pretrained(model)
    text, ends = tokenizer.backend_tokenizer.to_str(), (tokenizer.eos_token_id,)
    tokens, refused, judged, wrong = vocabulary(text, ends), Counter(), Counter(), []
    taken = schemas = 0

    def accepts(constraint: Constraint, ids: list[int]) -> bool:
        try:
            for token in [*ids, *ends]:
                if not constraint.allowed()[token // 8] >> token % 8 & 1:
                    return False
                constraint.take(token)
        except Unsupported:
            return False
        return True

    for name, schema, tests in cases(folder, count):
        schemas += 1
        if not isinstance(schema, dict):
            refused["true or false is no object"] += 1
            continue
        try:
            schema_text = json.dumps(checked(schema, strict=False))
            problem = tried(text, ends, schema_text)
        except Broken as broken:
            problem = str(broken)
        if problem:
            refused[problem.partition("), ")[2][:70]] += 1
            continue
        taken += 1
        compiled = Constraint.compiled(tokens, schema_text)
        for test in tests:
            written = json.dumps(ordered(schema, test["data"], schema), ensure_ascii=False)
            ids = tokenizer.encode(written, add_special_tokens=False)
            accepted = accepts(compiled.copy(), ids)
            judged[test["valid"], accepted] += 1
            if accepted != test["valid"]:
                judgement = "invalid" if accepted else "valid"
                wrong.append(f"{name}: {written[:80]} is {judgement}")
    print(f"{taken} of {schemas} schemas are taken; refused:")
    for reason, times in refused.most_common(40):
        print(f"  {times:4} {reason}")
    invalid, valid = (sum(judged[kind, found] for found in (True, False)) for kind in (False, True))
    print(f"invalid instances that it would write: {judged[False, True]} of {invalid}")
    print(f"valid instances that it would not: {judged[True, False]} of {valid}")
    print("\n".join(wrong[:40]))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=ROOT / "data" / "base_model", help="folder of a model")
    parser.add_argument("--answers", type=int, default=500)
    parser.add_argument("--max-tokens", type=int, default=MAX_TOKENS, help="of an answer")
    parser.add_argument("--coverage", type=Path, help="folder of schemas with instances")
    parser.add_argument("--schemas", type=int, help="draw so many files of that folder")
    options = parser.parse_args()
    print(machine("llguidance", "transformers"), f"; {options.model.name}")
    begun = time.monotonic()
    if options.coverage:
        coverage(options.coverage, options.schemas, options.model)
    else:
        with serve("--model", str(options.model)) as server:
            client = openai.OpenAI(base_url=server.base_url, api_key=server.api_key, max_retries=0)
            model = client.models.list().data[0].id
            generations(client, model, NAMES, options.answers, options.max_tokens)
            generations(client, model, ["json_object"], options.answers // 10, options.max_tokens)
            cost(client, server.pid, model)
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
