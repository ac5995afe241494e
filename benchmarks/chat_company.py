"""How long one learner waits for five tokens beside others: `python benchmarks/chat.py --company`."""

import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median

import httpx2
from chat_engines import course
from common import START_SECONDS

# Rewarding what was said before makes the model repeat itself until the context is full.
ENDLESS = {"temperature": 0, "frequency_penalty": -2, "presence_penalty": -2, "stream": True}
COMPANY = {
    "alone": (0, {}),
    "64 answers without an end": (64, ENDLESS | {"content": "la la la la la la"}),
    "2 x 4 MB prompts, again and again": (2, {"content": "la " * 1_300_000}),
    "4 x 1,000-token prompts, again and again": (4, {"content": "la " * 499, "max_tokens": 1}),
}


async def keep_asking(client: httpx2.AsyncClient, model: str, options: dict) -> None:
    """Send the same request again and again; refusals count as answers."""
    body = {"model": model, **options, "messages": [{"role": "user", "content": options["content"]}]}
    del body["content"]
    while True:
        async with client.stream("POST", "/chat/completions", json=body) as answer:
            async for _ in answer.aiter_raw():
                pass


async def waits(address: dict, model: str, count: int, options: dict, repeat: int) -> list[float]:
    """How long each of the questions took, one after the other, beside `count` others."""
    limits = httpx2.Limits(max_connections=None)
    async with httpx2.AsyncClient(
        base_url=address["base_url"],
        headers={"Authorization": f"Bearer {address['api_key']}"},
        limits=limits,
        timeout=START_SECONDS,
        trust_env=False,
    ) as client:
        others = [asyncio.create_task(keep_asking(client, model, options)) for _ in range(count)]
        await asyncio.sleep(5 if count else 0)
        body = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 5}
        seconds = []
        for _ in range(repeat):
            start = time.perf_counter()
            (await client.post("/chat/completions", json=body)).raise_for_status()
            seconds.append(time.perf_counter() - start)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return seconds


def in_company(model: Path, repeat: int) -> None:
    """Print what a five-token answer takes beside others."""
    print(f"{'five tokens, ' + str(repeat) + ' times':<42}{'median s':>9}{'longest':>9}")
    for name, (count, options) in COMPANY.items():
        with tempfile.TemporaryDirectory() as folder, course(model, Path(folder)) as (_, address, model_id):
            asyncio.run(waits(address, model_id, 0, {}, 2))
            seconds = asyncio.run(waits(address, model_id, count, options, repeat))
        print(f"{name:<42}{median(seconds):>9.3f}{max(seconds):>9.3f}", flush=True)
