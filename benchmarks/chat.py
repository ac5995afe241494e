"""What short chat answers cost, and how soon they begin, beside llama.cpp, Transformers and its server.

`python benchmarks/chat.py` asks the base model about elements, at most 48 tokens each, temperature 0: 16
questions from one client, 32 from 8 clients and 64 from 64, each question only once, so that no cache
answers it. It prints answers per second of the processor, of the server with all its children: other programs
change that less than the clock, which stands beside it. Streamed rounds give the time to the first text.
Then: how long from the start of a server to its first answer. The engines take turns, each on one thread and
in float32; ratios are medians of rounds that followed each other. Beside the course's server:

- llama.cpp's own server, on the same weights as GGUF: `pip install gguf xllamacpp`, or a program of your own
  with `--llama-server COMMAND`;
- Transformers' `generate`, all clients in one padded batch;
- `transformers serve`, with and without `--continuous-batching`: `pip install "transformers[serving]"`.

What is missing has a line that says so. Takes about ten minutes on two cores; `--repeat 1` two and a half.
The limits are those of the tiny model; `--model FOLDER --clients 1 16` measures another.

`python benchmarks/chat.py --company` measures how long one learner waits for five tokens: alone, beside 64
answers without an end, beside prompts as large as a request may be, and beside prompts that fill the context.
Takes about two minutes.
"""

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from random import Random
from statistics import median

import httpx2
from chat_engines import (
    MAX_TOKENS,
    Chat,
    Engine,
    Round,
    bare,
    llama_cpp,
    local_server,
    transformers_serve,
)
from common import ROOT, SEED, Line, child_environment, machine, options, report

from finetune_dataset.models import PERIODIC_TINY

OURS, LLAMA, BARE = "the course's server", "llama.cpp", "bare generate"
SERVE, BATCHING = "transformers serve", "transformers serve, batching"
# Clients, and the questions that they ask in a round.
QUESTIONS = {1: 16, 8: 32, 64: 64}
# Ratios of answers per second of the processor.
LIMITS = {(LLAMA, 1): 0.5, (LLAMA, 8): 0.9, (LLAMA, 64): 1.0, (BATCHING, 1): 1.0, (BATCHING, 64): 2.0}
FIRST_TEXT_MS = {1: 15, 64: 300}
FIRST_ANSWER_SECONDS = 2
# Each is answered with the same facts, in 34 to 48 tokens.
WORDINGS = (
    "Tell me about {}",
    "What is {}?",
    "What do you know about {}?",
    "Describe {}",
    "Explain {} to me",
    "Say something about {}.",
    "Please tell me about {}.",
    "Can you describe {}?",
    "Give me facts about {}",
    "What can you tell me about {}?",
)


def questions() -> list[Chat]:
    """Different ones, in an order that mixes them: in each wording, about each element of the course."""
    with open(ROOT / "data" / "limericks.jsonl", encoding="utf-8") as lines:
        rows = [json.loads(line)["messages"] for line in lines]
    system, first = rows[0][0], WORDINGS[0].removesuffix("{}")
    asked = [row[1]["content"] for row in rows]
    names = [text.removeprefix(first) for text in asked if text.startswith(first)]
    texts = [words.format(name) for words, name in product(WORDINGS, names)]
    Random(SEED).shuffle(texts)
    return [[system, {"role": "user", "content": text}] for text in texts]


def first_line(error: Exception) -> str:
    """What went wrong, short enough for a table."""
    return str(error).partition("\n")[0] or type(error).__name__


class Rounds:
    """All engines that run here, and their rounds.

    Attributes:
        found: Rounds by engine, clients and whether they were streamed.
        first_answer: Seconds from the start of an engine to its first answer.
        problems: Why an engine is not measured.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, int, bool], list[Round]] = {}
        self.first_answer: dict[str, float] = {}
        self.problems: dict[str, str] = {}

    def measure(
        self, model: Path, repeat: int, clients_at_once: list[int], engines: list[str], command: str | None
    ) -> None:
        """Start the engines, and ask each in turn."""
        every = questions()

        def take(count: int) -> list[Chat]:
            taken, every[:] = every[:count], every[count:] + every[:count]
            return taken

        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            state, file = Path(folder), Path(folder) / "model.gguf"
            starts = {
                OURS: lambda: local_server(model, state / "server"),
                LLAMA: lambda: llama_cpp(model, state, file, command),
                BARE: lambda: bare(model, state),
                BATCHING: lambda: transformers_serve(model, state, "--continuous-batching"),
                SERVE: lambda: transformers_serve(model, state),
            }
            running: dict[str, Engine] = {}
            for name in engines:
                try:
                    if name == LLAMA:
                        # To write its file is no part of a start.
                        self._gguf(model, state, file)
                    began = time.perf_counter()
                    running[name] = stack.enter_context(starts[name]())
                    running[name].ask(take(1), 1)
                    self.first_answer[name] = time.perf_counter() - began
                    # A first round of many, which does not count.
                    running[name].ask(take(16), 16)
                except (RuntimeError, OSError, httpx2.HTTPError) as error:
                    running.pop(name, None)
                    self.problems[name] = first_line(error)
                print(name, self.problems.get(name, "runs"), file=sys.stderr, flush=True)
            for _ in range(repeat):
                for clients, streamed in product(clients_at_once, (False, True)):
                    chats = take(QUESTIONS.get(clients, max(16, clients)))
                    for name in list(running):
                        self._ask(running, name, chats, clients, streamed)

    def _gguf(self, model: Path, state: Path, file: Path) -> None:
        program = [sys.executable, Path(__file__).with_name("llama_cpp.py"), "--write"]
        command = [*program, "--model", model, "--file", file]
        done = subprocess.run(
            list(map(str, command)), env=child_environment(state), stderr=subprocess.PIPE, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{done.stderr.strip().splitlines()[-1]} (pip install gguf xllamacpp)")

    def _ask(
        self, running: dict[str, Engine], name: str, chats: list[Chat], clients: int, streamed: bool
    ) -> None:
        try:
            answered = running[name].ask(chats, clients, streamed)
            if not all(answered.texts):
                raise RuntimeError(f"{answered.texts.count('')} empty answers, {clients} clients")
        except (RuntimeError, OSError, httpx2.HTTPError) as error:
            # Such a round says nothing; the others still do.
            self.problems[name] = f"a round failed: {first_line(error)}"
            return
        self.found.setdefault((name, clients, streamed), []).append(answered)

    def middle(self, name: str, clients: int, what: str, streamed: bool = False) -> float | None:
        """The median of a figure; None where it was not measured."""
        rounds = self.found.get((name, clients, streamed), [])
        return median(getattr(one, what) for one in rounds) if rounds else None

    def ratio(self, name: str, clients: int) -> float | None:
        """Ours over theirs, in answers per second of the processor: the median of the rounds."""
        ours, theirs = (self.found.get((one, clients, False), []) for one in (OURS, name))
        pairs = [mine.rate / other.rate for mine, other in zip(ours, theirs, strict=False)]
        return median(pairs) if pairs else None

    def show(self) -> None:
        """Print a row for each engine and number of clients."""
        head = f"{'answers/s:':>18}{'processor':>10}{'clock':>8}{'first text, ms':>16}{'as ours':>12}"
        print(f"{'clients':>7}  {'':<16}{head}")
        for clients, name in product(*(dict.fromkeys(key[part] for key in self.found) for part in (1, 0))):
            rounds = self.found.get((name, clients, False), [])
            if not rounds:
                continue
            clock = median(len(one.texts) / one.seconds for one in rounds)
            first = self.middle(name, clients, "first", streamed=True)
            ours = self.found.get((OURS, clients, False), [])
            same = sum(map(str.__eq__, ours[-1].texts, rounds[-1].texts)) if ours else 0
            print(
                f"{clients:>7}  {name:<34}{self.middle(name, clients, 'rate'):>10.1f}{clock:>8.1f}"
                f"{'–' if first is None else f'{first:.1f}':>16}{same:>6} of {len(rounds[-1].texts)}"
            )
        for name, problem in self.problems.items():
            print(f"{'':>9}{name}: {problem}")


def lines(rounds: Rounds, clients_at_once: list[int], peers: list[str], *, limited: bool) -> list[Line]:
    """The figures that have a limit, beside the peers that were asked; without it for another model."""
    found = []
    for clients, peer in product(clients_at_once, peers):
        limit = LIMITS.get((peer, clients))
        if limited and limit is None:
            continue
        work, note = f"chat, clients: {clients}", rounds.problems.get(peer, "")
        ours, theirs = (rounds.middle(name, clients, "rate") for name in (OURS, peer))
        ratio = rounds.ratio(peer, clients)
        reach = limit if limited else None
        found.append(Line(work, "answers per processor s", ours, peer, theirs, ratio, reach, note=note))

    def at_most(limit: float | None, work: str, unit: str, ours: float | None, theirs: float | None) -> None:
        ratio = ours / theirs if ours and theirs else None
        reach = limit if limited else None
        found.append(Line(work, unit, ours, LLAMA, theirs, ratio, reach, at_least=False, limits="ours"))

    for clients in clients_at_once:
        both = (rounds.middle(name, clients, "first", streamed=True) for name in (OURS, LLAMA))
        at_most(FIRST_TEXT_MS.get(clients), f"first text, clients: {clients}", "ms", *both)
    both = (rounds.first_answer.get(name) for name in (OURS, LLAMA))
    at_most(FIRST_ANSWER_SECONDS, "server start to first answer", "s", *both)
    return found


def main() -> None:
    """Measure in turns and print the medians."""
    parser = options(__doc__)
    parser.add_argument("--model", type=Path, default=PERIODIC_TINY, help="folder of the base model")
    parser.add_argument(
        "--clients", type=int, nargs="+", default=list(QUESTIONS), metavar="1-64",
        choices=range(1, 65), help="who ask at the same time (default: 1 8 64)",
    )  # fmt: skip
    parser.add_argument("--repeat", type=int, default=5, help="rounds of each that count (default: 5)")
    parser.add_argument("--llama-server", metavar="COMMAND", help="a llama-server of your own")
    peers = [LLAMA, BARE, BATCHING, SERVE]
    parser.add_argument("--peers", nargs="+", choices=peers, default=peers, help="only these (default: all)")
    parser.add_argument("--company", action="store_true", help="measure a short question beside others")
    chosen = parser.parse_args()
    model = chosen.model.absolute()
    print(machine("torch", "transformers") + "; one thread each")
    if chosen.company:
        from chat_company import in_company

        in_company(model, chosen.repeat)
        return
    rounds = Rounds()
    rounds.measure(model, chosen.repeat, chosen.clients, [OURS, *chosen.peers], chosen.llama_server)
    print(f"answers of at most {MAX_TOKENS} tokens, medians of {chosen.repeat} rounds\n")
    rounds.show()
    limited = model == PERIODIC_TINY
    report(lines(rounds, chosen.clients, chosen.peers, limited=limited), chosen.lines)


if __name__ == "__main__":
    main()
