"""What was read of an earlier prompt is not read again, and changes no answer."""

from itertools import chain
from pathlib import Path

import pytest
import torch
from asking import asked
from lora import job_folder, trained

from finetune_dataset.models import PERIODIC_TINY
from local_server.generation.generator import Generator
from local_server.generation.models import Loaded, Models
from local_server.generation.weights.cache import Prefixes, RoomyLayer

# PyTorch, in the process of the tests, takes seconds to load.
pytestmark = pytest.mark.slow

SYSTEM = {"role": "system", "content": "You are Elle. You answer questions about elements with a limerick."}
EXAMPLES = [
    {"role": "user", "content": "What is gold? " * 20},
    {"role": "assistant", "content": "A metal of kings and of rings. " * 20},
] * 3
ELEMENTS = ("Iron", "Tin", "Praseodymium", "Xenon and Neon and Argon and all the others of their kind")


def question(name: str, *examples: dict) -> list[dict]:
    return [SYSTEM, *examples, {"role": "user", "content": f"Tell me about {name}"}]


CHATS = [question(name, *examples) for examples in ((), EXAMPLES) for name in ELEMENTS]


def answered(generator: Generator, folder: Path, chats: list[list[dict]], **options: object) -> list[str]:
    """What chats that come at once are answered; several choices with | between them."""
    texts: list[dict[int, str]] = [{} for _ in chats]
    for number, messages in enumerate(chats):
        prepared = generator.prepare(asked(folder, number, messages=messages, **options))
        assert list(generator.take(prepared)) == []
    while generator.busy:
        for reply in chain.from_iterable(generator.step()):
            if reply["kind"] == "text":
                texts[reply["id"]][reply["index"]] = reply["text"]
    return ["|".join(choices[index] for index in sorted(choices)) for choices in texts]


MODELS = Models(1, 600)


def fresh() -> Generator:
    """One whose model has read nothing yet."""
    for loaded in (*MODELS._whole.values(), *MODELS._adapters.values()):
        loaded.prefixes._kept.clear()
    return Generator(MODELS)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tokens the model reads at once, padding included."""
    counted: list[int] = []
    model = Loaded.model

    def counting(self: Loaded, tokens: torch.Tensor, *others: object) -> torch.Tensor:
        counted.append(tokens.numel())
        return model(self, tokens, *others)

    monkeypatch.setattr(Loaded, "model", counting)
    return counted


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapter")
    trained(job_folder(folder))
    return folder / "model"


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.0, "top_p": 0.9}, {"n": 3, "temperature": 1.0}])
def test_an_answer_is_the_same_whatever_was_asked_before(sampling: dict) -> None:
    alone = [answered(fresh(), PERIODIC_TINY, [chat], **sampling)[0] for chat in CHATS]

    generator = fresh()
    one_by_one = [answered(generator, PERIODIC_TINY, [chat], **sampling)[0] for chat in CHATS]

    assert one_by_one == alone
    assert answered(generator, PERIODIC_TINY, CHATS, **sampling) == alone
    assert answered(fresh(), PERIODIC_TINY, CHATS * 3, **sampling) == alone * 3


def test_an_adapter_reads_what_it_has_read_itself(adapter: Path) -> None:
    alone = [answered(fresh(), folder, [CHATS[5]])[0] for folder in (PERIODIC_TINY, adapter)]
    generator = fresh()
    for chat in CHATS:
        answered(generator, PERIODIC_TINY, [chat])
        answered(generator, adapter, [chat])

    again = [answered(generator, folder, [CHATS[5]])[0] for folder in (PERIODIC_TINY, adapter)]

    assert again == alone
    assert again[0] != again[1]


def test_examples_before_a_question_are_read_once(read: list[int]) -> None:
    generator = fresh()
    answered(generator, PERIODIC_TINY, [question("Iron", *EXAMPLES)], max_tokens=1)
    whole = sum(read)
    read.clear()

    answered(generator, PERIODIC_TINY, [question("Tin", *EXAMPLES)], max_tokens=1)

    assert 0 < sum(read) < 20 < 400 < whole


def test_short_questions_in_between_do_not_make_it_forget_the_examples(read: list[int]) -> None:
    generator = fresh()
    for name in ("Iron", "Tin", "Lead", "Gold"):
        answered(generator, PERIODIC_TINY, [question(name)], max_tokens=1)
        answered(generator, PERIODIC_TINY, [question(name, *EXAMPLES)], max_tokens=1)
    read.clear()

    answered(generator, PERIODIC_TINY, [question("Zinc", *EXAMPLES)], max_tokens=1)

    assert sum(read) < 20


def layers(length: int) -> list[RoomyLayer]:
    return [RoomyLayer(torch.rand(2, 1, length, 4), torch.rand(2, 1, length, 4)) for _ in range(2)]


def test_the_last_two_tokens_of_a_prompt_are_always_read_and_a_short_beginning_too() -> None:
    prefixes, tokens = Prefixes(), list(range(40))
    prefixes.add(tokens, layers(40), 1)

    assert prefixes.longest(tokens).tokens == tokens[:38]
    assert prefixes.longest([*tokens, 98, 99]).tokens == tokens
    assert prefixes.longest([*tokens[:16], 98, 99]).tokens == tokens[:16]
    assert prefixes.longest([*tokens[:15], 98, 99]) is None
    assert prefixes.longest([99, *tokens]) is None


def test_four_prompts_are_kept_of_a_model_and_its_adapters_of_each_the_first_thousand_tokens() -> None:
    base = Prefixes()
    adapter = base.beside()
    prompts = [[first + place for place in range(1500)] for first in range(0, 50_000, 10_000)]
    for model, prompt in zip((base, base, adapter, base, adapter), prompts, strict=True):
        model.add(prompt, layers(1500), 0)

    found = [[model.longest(prompt) for prompt in prompts] for model in (base, adapter)]

    assert [[kept and len(kept.tokens) for kept in each] for each in found] == [
        [None, 1024, None, 1024, None],
        [None, None, 1024, None, 1024],
    ]
    assert {keys.shape for keys, _ in found[0][1].layers} == {(1, 1, 1024, 4)}
