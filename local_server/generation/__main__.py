"""The chat process: reads questions as JSON lines on stdin, writes pieces of text as JSON lines on stdout.

Started by chat/worker.py. All requests are answered side by side. It ends when stdin closes, so it never
outlives the server.
"""

import gc

# Imports make a million objects that all stay: to search them for garbage is a fifth of the start
# (3.4 s of processor time instead of 2.6, measured Nov 2026). So the imports have to follow this line.
gc.disable()

import json
import queue
import sys
import threading
from itertools import chain

from local_server.generation.generator import Generator, Prepared
from local_server.generation.messages import Reply
from local_server.generation.models import Models
from local_server.generation.request import Request
from local_server.generation.weights.pages import keep_what_is_freed

gc.freeze()
gc.enable()


# Schemas that are nested deeply are compiled by functions that call themselves.
_STACK_BYTES = 64 * 1024**2
# How often an idle process looks whether a model has been idle for long.
_LOOK_SECONDS = 2.0


def _read_stdin(
    generator: Generator, inbox: queue.SimpleQueue[Prepared | None], with_schema: queue.SimpleQueue[Prepared]
) -> None:
    for line in sys.stdin:
        prepared = generator.prepare(json.loads(line))
        if isinstance(prepared, Request):
            (with_schema if prepared.constrained else inbox).put(prepared)
            continue
        inbox.put(prepared)
        if "cancel" in prepared:
            # It may have to follow a request that waits there.
            with_schema.put(prepared)
    inbox.put(None)


def _compile(
    generator: Generator, inbox: queue.SimpleQueue[Prepared | None], with_schema: queue.SimpleQueue[Prepared]
) -> None:
    while True:
        prepared = with_schema.get()
        inbox.put(generator.constrain(prepared) if isinstance(prepared, Request) else prepared)


def main() -> None:
    """Serve requests until stdin closes."""
    keep_what_is_freed()
    generator = Generator(Models(int(sys.argv[1]), float(sys.argv[2])))
    inbox: queue.SimpleQueue[Prepared | None] = queue.SimpleQueue()
    # Schemas have a thread of their own: a bad one holds up nobody who asks without one.
    with_schema: queue.SimpleQueue[Prepared] = queue.SimpleQueue()
    usual = threading.stack_size(_STACK_BYTES)
    for work in (_compile, _read_stdin):
        threading.Thread(target=work, args=(generator, inbox, with_schema), daemon=True).start()
        threading.stack_size(usual)
    while True:
        replies: list[Reply] = []
        # Wait for a message only when there is nothing else to do.
        generator.give_memory_back()
        while not inbox.empty() or not generator.busy:
            try:
                prepared = inbox.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                generator.give_memory_back()
                continue
            if prepared is None:
                return
            replies.extend(generator.take(prepared))
            if replies:
                break
        for new in chain([replies], generator.step()):
            if new:
                sys.stdout.write("".join(json.dumps(reply) + "\n" for reply in new))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
