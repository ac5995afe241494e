"""Whose turn it is: which rows grow side by side, and who makes room for somebody who has only just asked.

Nobody is known by name here, and each question may come on a connection of its own. So what is shared fairly
is rows: every request gets one before another gets its second, and everybody who waits gets a turn.
"""

from collections import Counter

from local_server.generation.row import Row

# Rows that grow at the same time. More would make every answer slower and none faster.
MAX_ROWS = 64
# Tokens of keys and values that all rows together may come to, padding included: 650 MB for the tiny model.
MAX_CELLS = 64 * 1024
# Prompt tokens that are read between two tokens of the running answers: 0.2 s for the tiny model.
MAX_PROMPT_TOKENS = 2048
# How many of them belong to long prompts, on average; where nothing is running, all may.
LONG_PROMPT_TOKENS = 512
# Tokens that a row gets before one that has had none yet may take its place.
FIRST_TURN = 16
# Tokens that a row gets before one that had to make room may take its place: it has to be read again.
TURN = 256
# Prompts up to this length are short. They pass longer ones.
SHORT = 256
# How many may pass the one that has waited longest.
MAX_PASSED = 16


class Turns:
    """Rows that wait, and the order in which they join."""

    def __init__(self) -> None:
        self._waiting: list[Row] = []
        self._for_long = MAX_PROMPT_TOKENS
        self._passed = 0

    def wait(self, rows: list[Row]) -> None:
        """Let rows wait behind those that are waiting already."""
        self._waiting += rows

    def drop(self, requests: set[int]) -> None:
        """Forget the rows of these requests."""
        self._waiting = [row for row in self._waiting if row.request not in requests]

    def next(self, running: list[Row]) -> tuple[list[Row], list[Row]]:
        """Decide what changes before everybody gets the next token.

        Args:
            running: The rows that grow now.

        Returns:
            Rows that join, and rows that leave for them. Those that leave wait for their next turn.
        """
        staying, joining, leaving = list(running), [], []
        # What was not used for one token is not saved up: everybody would wait for it at the next.
        between = min(LONG_PROMPT_TOKENS, self._for_long + LONG_PROMPT_TOKENS)
        self._for_long = between if running else MAX_PROMPT_TOKENS
        left = MAX_PROMPT_TOKENS
        shared: set[int] = set()
        while self._waiting and left > 0:
            found = self._first_with_room(staying)
            if found is None:
                break
            row, out = found
            self._passed = 0 if row is self._waiting[0] else self._passed + 1
            self._waiting.remove(row)
            staying = [other for other in staying if other not in out] + [row]
            joining.append(row)
            leaving += out
            # The choices of one request are read together.
            if row.chosen or row.request not in shared:
                left -= _to_read(row)
                self._for_long -= _to_read(row) if _to_read(row) > SHORT else 0
            if not row.chosen:
                shared.add(row.request)
        self._waiting += leaving
        return joining, leaving

    def _first_with_room(self, staying: list[Row]) -> tuple[Row, list[Row]] | None:
        """The first of those that wait for whom there is room, and who has to leave for it."""
        count = Counter(row.request for row in staying)

        def place(row: Row) -> tuple[int, bool]:
            return count[row.request], len(row.prompt) > SHORT and self._passed < MAX_PASSED

        now = [row for row in self._waiting if self._for_long > 0 or _to_read(row) <= SHORT]
        new = [row for row in now if not row.chosen]
        back = [row for row in now if row.chosen]
        # Those that had a turn first: they came earlier. They may only not take anybody's place so soon.
        for rows in (back, new):
            if rows:
                row = min(rows, key=place)
                out = _leaving_for(row, staying, count)
                if out is not None:
                    return row, out
        return None


def _to_read(row: Row) -> int:
    return len(row.prompt) + len(row.chosen)


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
