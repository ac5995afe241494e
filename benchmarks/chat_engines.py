"""Who answers in `chat.py`: the course's server, bare Transformers, `transformers serve` and llama.cpp.

Each runs in processes of its own with the same number of threads, and is asked in the same way.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import httpx2
from common import ROOT, START_SECONDS, child_environment, free_port, processor_seconds, until_it_listens

from local_server.base_models import read_base_model

MAX_TOKENS = 48
Chat = list[dict[str, str]]


@dataclass
class Round:
    """One round: how long it took, what it cost, when each answer began, and the answers.

    Attributes:
        seconds: Of the clock.
        first_ms: From each question to the first text of its answer; empty where nothing was streamed.
        texts: In the order of the questions.
        processor: Seconds of the engine with all its children.
    """

    seconds: float
    first_ms: list[float]
    texts: list[str]
    processor: float = field(default=0.0)

    @property
    def rate(self) -> float:
        """Answers per second of the processor."""
        return len(self.texts) / self.processor

    @property
    def first(self) -> float:
        """The middle time to the first text, in milliseconds."""
        return median(self.first_ms)


Ask = Callable[[list[Chat], int, bool], Round]


@dataclass(frozen=True)
class Engine:
    """An engine that runs.

    Args:
        pid: Of its first process.
        asked: Asks questions, from so many clients, streamed or not.
    """

    pid: int
    asked: Ask

    def ask(self, chats: list[Chat], clients: int, streamed: bool = False) -> Round:
        """Ask, and look what it costs."""
        before = processor_seconds(self.pid)
        answered = self.asked(chats, clients, streamed)
        answered.processor = processor_seconds(self.pid) - before
        return answered


async def ask_all(address: dict, model: str, chats: list[Chat], clients: int, streamed: bool) -> Round:
    """Let each client ask one question after the other until none is left."""
    limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=clients)
    headers = {"Authorization": f"Bearer {address['api_key']}"}
    texts, first_ms, waiting = [""] * len(chats), [], iter(enumerate(chats))
    async with httpx2.AsyncClient(
        base_url=address["base_url"], headers=headers, limits=limits, timeout=START_SECONDS, trust_env=False
    ) as http:

        async def whole(body: dict) -> str:
            answer = await http.post("/chat/completions", json=body)
            answer.raise_for_status()
            return answer.json()["choices"][0]["message"]["content"]

        async def pieces(body: dict) -> str:
            asked, text = time.perf_counter(), ""
            async with http.stream("POST", "/chat/completions", json={**body, "stream": True}) as answer:
                answer.raise_for_status()
                async for line in answer.aiter_lines():
                    if line.startswith("data: {"):
                        choices = json.loads(line.removeprefix("data: "))["choices"]
                        piece = (choices[0]["delta"].get("content") if choices else None) or ""
                        if piece and not text:
                            first_ms.append(1000 * (time.perf_counter() - asked))
                        text += piece
            return text

        async def client() -> None:
            for place, messages in waiting:
                body = {"model": model, "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0}
                texts[place] = await (pieces if streamed else whole)(body)

        start = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        return Round(time.perf_counter() - start, first_ms, texts)


def over_http(pid: int, address: dict, model: str) -> Engine:
    """A server of OpenAI's wire."""
    return Engine(pid, lambda *question: asyncio.run(ask_all(address, model, *question)))


@contextmanager
def running(command: list[object], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """A child process that is asked by its stdin and stdout, and ends with the block."""
    process = subprocess.Popen(
        list(map(str, command)), env=environment, cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def said(process: subprocess.Popen, missing: str) -> dict:
    """The next line of a child.

    Raises:
        RuntimeError: It has ended; with what may be missing.
    """
    if line := process.stdout.readline():
        return json.loads(line)
    raise RuntimeError(f"it does not run here: {missing}")


@contextmanager
def course(model: Path, state: Path, *options: str) -> Iterator[tuple[int, dict, str]]:
    """The course's server with its own settings: its process id, its address, and its base model's id."""
    command = [sys.executable, "-m", "local_server", "--port", 0, "--state", state, "--model", model]
    with running([*command, *options]) as process:
        yield process.pid, said(process, "see its log"), read_base_model(model).id


@contextmanager
def local_server(model: Path, state: Path) -> Iterator[Engine]:
    """The course's server, asked."""
    with course(model, state) as (pid, address, model_id):
        yield over_http(pid, address, model_id)


@contextmanager
def llama_cpp(model: Path, state: Path, file: Path, command: str | None) -> Iterator[Engine]:
    """llama.cpp's server on the same weights in float32."""
    options = ["--llama-server", command] if command else []
    program = [sys.executable, Path(__file__).with_name("llama_cpp.py"), "--model", model, "--file", file]
    with running([*program, *options], child_environment(state)) as process:
        address = said(process, "pip install gguf xllamacpp, or give --llama-server")
        yield over_http(process.pid, {"api_key": "none", **address}, str(model))


@contextmanager
def transformers_serve(model: Path, state: Path, *options: str) -> Iterator[Engine]:
    """`transformers serve` on the same folder, in float32 as the others."""
    port, program = free_port(), Path(sys.executable).with_name("transformers")
    command = [program, "serve", model, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
    with running([*command, "--dtype", "float32", *options], child_environment(state)) as process:
        try:
            until_it_listens(process, port)
        except RuntimeError as error:
            raise RuntimeError(f"{error}: pip install 'transformers[serving]'") from error
        address = {"base_url": f"http://127.0.0.1:{port}/v1", "api_key": "none"}
        yield over_http(process.pid, address, str(model))


@contextmanager
def bare(model: Path, state: Path) -> Iterator[Engine]:
    """Transformers' `generate` in a process of its own, one padded batch after the other."""
    with running([sys.executable, __file__, model], child_environment(state)) as process:

        def ask(*question: object) -> Round:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            return Round(**said(process, "transformers cannot load the model"))

        yield Engine(process.pid, ask)


def bare_loop(folder: str) -> None:
    """For each line on stdin, generate its answers in batches and print the round as JSON."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, StoppingCriteria

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")

    class FirstToken(StoppingCriteria):
        """Stops nothing; notes when the first token was there."""

        seen = 0.0

        def __call__(self, ids: torch.Tensor, *_: object, **__: object) -> torch.Tensor:
            self.seen = self.seen or time.perf_counter()
            return torch.zeros(len(ids), dtype=torch.bool)

    for line in sys.stdin:
        chats, clients, _ = json.loads(line)
        start, texts, first_ms = time.perf_counter(), [], []
        for place in range(0, len(chats), clients):
            began, first = time.perf_counter(), FirstToken()
            batch = tokenizer.apply_chat_template(
                chats[place : place + clients],
                add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True,
            )  # fmt: skip
            with torch.inference_mode():
                output = model.generate(
                    **batch, max_new_tokens=MAX_TOKENS, do_sample=False, stopping_criteria=[first]
                )
            answers = output[:, batch["input_ids"].shape[1] :]
            texts += tokenizer.batch_decode(answers, skip_special_tokens=True)
            first_ms += [1000 * (first.seen - began)] * len(answers)
        print(json.dumps(asdict(Round(time.perf_counter() - start, first_ms, texts))), flush=True)


if __name__ == "__main__":
    bare_loop(sys.argv[1])
