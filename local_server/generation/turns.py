"""Whose turn it is: which rows grow side by side, and who makes room for somebody who has only just asked.

Nobody is known by name here, and each question may come on a connection of its own. So what is shared fairly
is rows: every request gets one before another gets its second, and everybody who waits gets a turn.
"""

from collections import Counter
from collections.abc import Callable

from local_server.generation.row import Piece, Prompt, Row

# Rows that grow at the same time. More would make every answer slower and none faster.
MAX_ROWS = 64
# Tokens of keys and values that all rows together may come to, padding included: 650 MB for the tiny model.
MAX_CELLS = 64 * 1024
# Prompt tokens that are read between two tokens of the running answers, on average: 0.08 s for the tiny one.
PROMPT_TOKENS = 512
# A longer prompt is read in pieces of so many tokens. Pieces of 256 took 8 % more time (measured Nov 2026).
PIECE = 512
# Where nobody grows and nobody's prompt is half read, so much is read at once: sixteen short questions that
# come together get every token together, which saves one reading of all weights in fifty.
FIRST_TOKENS = 1024
# Tokens that a row gets before one that has had none yet may take its place.
FIRST_TURN = 16
# Tokens that a row gets before one that had to make room may take its place: it has to be read again.
TURN = 256
# Shorter prompts pass longer ones. When so many of their tokens have passed the one that has waited longest,
# it gets a piece: half of all reading, at least.
PASSING_TOKENS = 256
# What one that passes counts at least: so that no more than 16 tiny ones do.
_PASSING_LEAST = PASSING_TOKENS // 16

# Who comes next, and which rows leave for it.
_Found = tuple[Prompt | Row, list[Row]]


class Turns:
    """Rows that wait, prompts that are half read, and the order in which they come in."""

    def __init__(self) -> None:
        self._waiting: list[Row] = []
        # Their rows have a place already. They never leave it before they have had a turn.
        self._begun: list[Prompt] = []
        self._left = PROMPT_TOKENS
        self._passed = 0

    def wait(self, rows: list[Row]) -> None:
        """Let rows wait behind those that are waiting already."""
        self._waiting += rows

    def drop(self, requests: set[int]) -> None:
        """Forget the rows of these requests."""
        self._waiting = [row for row in self._waiting if row.request not in requests]
        self._begun = [prompt for prompt in self._begun if prompt.request not in requests]

    def next(self, running: list[Row]) -> tuple[list[Piece], list[Row]]:
        """Decide what happens before everybody gets the next token.

        Args:
            running: The rows that grow now.

        Returns:
            What is read, and the rows that leave for it. Those that leave wait for their next turn.
        """
        staying = [*running, *(row for prompt in self._begun for row in prompt.rows)]
        pieces: list[Piece] = []
        leaving: list[Row] = []
        # What was not used for one token is not saved up: everybody would wait for it at the next. A piece
        # that was larger than what was left is made up for.
        self._left = min(PROMPT_TOKENS, self._left + PROMPT_TOKENS) if staying else FIRST_TOKENS
        # Further choices of a request join while its prompt is being read: it is read once.
        shared = {prompt.request: prompt for prompt in self._begun if not prompt.rows[0].chosen}
        while (self._waiting or self._begun) and (found := self._first(staying, shared)):
            one, out = found
            if isinstance(one, Row):
                self._waiting.remove(one)
                staying = [row for row in staying if row not in out] + [one]
                leaving += out
                one.joined = len(one.chosen)
                if not one.chosen and one.request in shared:
                    shared[one.request].rows.append(one)
                    continue
                one = _prompt(one)
                self._begun.append(one)
                if not one.rows[0].chosen:
                    shared[one.request] = one
            # A last token alone would be read as one that was chosen: its numbers are rounded otherwise.
            whole = len(one.tokens) - one.read <= PIECE + 1
            end = len(one.tokens) if whole else one.read + PIECE
            pieces.append(Piece(one, one.read, end))
            self._left -= end - one.read
            one.read = end
            if not one.unread:
                self._begun.remove(one)
        self._waiting += leaving
        return pieces, leaving

    def _first(self, staying: list[Row], shared: dict[int, Prompt]) -> _Found | None:
        """Whose prompt is read next, or who only has to take a place; and who has to leave for it."""
        count = Counter(row.request for row in staying)

        def unread(one: Prompt | Row) -> int:
            if isinstance(one, Prompt):
                return one.unread
            return 0 if not one.chosen and one.request in shared else len(one.prompt) + len(one.chosen)

        def places(one: Prompt | Row) -> int:
            return count[one.request] - (len(one.rows) if isinstance(one, Prompt) else 0)

        def by_size(one: Prompt | Row) -> tuple[int, int, int]:
            return places(one), unread(one).bit_length(), one.request

        def by_age(one: Prompt | Row) -> tuple[int, int, int]:
            return places(one), one.request, unread(one)

        # Those that had a turn came earlier. They may only not take anybody's place so soon.
        groups: list[list[Prompt | Row]] = [
            [*self._begun],
            [row for row in self._waiting if row.chosen],
            [row for row in self._waiting if not row.chosen],
        ]
        if self._left <= 0:
            groups = [[one for one in group if not unread(one)] for group in groups]

        def first(order: Callable[[Prompt | Row], tuple[int, int, int]]) -> _Found | None:
            for one in sorted((min(group, key=order) for group in groups if group), key=order):
                out = [] if isinstance(one, Prompt) else _leaving_for(one, staying, count)
                if out is not None:
                    return one, out
            return None

        shortest, oldest = first(by_size), first(by_age)
        found = (oldest or shortest) if self._passed >= PASSING_TOKENS else (shortest or oldest)
        if found and (tokens := min(unread(found[0]), PIECE)):
            passes = oldest is not None and found[0] is not oldest[0]
            self._passed = self._passed + max(tokens, _PASSING_LEAST) if passes else 0
        return found


def _prompt(row: Row) -> Prompt:
    """What is read before a row grows."""
    tokens = row.prompt + row.chosen
    kept = None if row.prefixes is None else row.prefixes.longest(tokens)
    known = 0 if kept is None else len(kept.tokens)
    if not row.chosen:
        row.cached = known
    return Prompt(tokens, [row], kept, known)


def _leaving_for(row: Row, staying: list[Row], count: Counter[int]) -> list[Row] | None:
    """Who has to leave so that a row fits; None when those who would have to may stay."""
    count, staying, leaving = count.copy(), list(staying), []
    turn = TURN if row.chosen else FIRST_TURN
    while not _fits(row, staying):
        others = [
            other for other in staying if other.turn >= turn and count[other.request] > count[row.request]
        ]
        if not others:
            return None
        out = max(others, key=lambda other: (count[other.request], other.turn))
        staying.remove(out)
        count[out.request] -= 1
        leaving.append(out)
    return leaving


def _fits(row: Row, staying: list[Row]) -> bool:
    widest = max((other.cells for other in staying), default=0)
    rows = len(staying) + 1
    # Whatever asks for more than there is room for runs alone.
    return not staying or (rows <= MAX_ROWS and rows * max(widest, row.cells) <= MAX_CELLS)
