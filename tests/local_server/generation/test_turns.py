"""Who joins, who makes room, and who waits. No model takes part."""

from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

from local_server.generation.row import Piece, Row
from local_server.generation.turns import (
    FIRST_TURN,
    MAX_ROWS,
    PASSING_TOKENS,
    PIECE,
    PROMPT_TOKENS,
    TURN,
    Turns,
)


def row(request: int, *, prompt: int = 10, turn: int = 0, chosen: int = 0, cells: int = 1024) -> Row:
    answer = SimpleNamespace()
    had = max(turn, chosen)
    return Row(
        request=request, prompt=[7] * prompt, cells=cells, index=0, answer=answer, temperature=0, top_p=1,
        rng=None, chosen=[7] * had, joined=had - turn,
    )  # fmt: skip


def full(turn: int) -> list[Row]:
    """As many answers as fit, each of a request of its own."""
    return [row(number, turn=turn) for number in range(MAX_ROWS)]


def waiting(*rows: Row) -> Turns:
    turns = Turns()
    turns.wait(list(rows))
    return turns


def decided(turns: Turns, running: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows that take a place, and rows that leave for them."""
    pieces, leaving = turns.next(running)
    return [row for piece in pieces if piece.begin == 0 for row in piece.prompt.rows], leaving


def test_all_join_in_order_while_there_is_room() -> None:
    rows = [row(number) for number in range(5)]

    assert decided(waiting(*rows), []) == (rows, [])


def test_a_new_question_takes_the_place_of_the_answer_that_has_had_the_longest_turn() -> None:
    new, running = row(100), full(FIRST_TURN)
    running[7] = row(7, turn=FIRST_TURN + 1)

    assert decided(waiting(new), running) == ([new], [running[7]])


def test_nobody_leaves_before_its_first_turn_is_over() -> None:
    assert decided(waiting(row(100)), full(FIRST_TURN - 1)) == ([], [])


def test_an_answer_that_had_to_leave_comes_back_when_there_is_room_and_at_the_latest_after_a_turn() -> None:
    back = row(100, chosen=20)

    assert decided(waiting(back), full(TURN - 1)) == ([], [])
    assert decided(waiting(back), full(TURN)[1:]) == ([back], [])
    joining, leaving = decided(waiting(back), full(TURN))
    assert (joining, len(leaving)) == ([back], 1)


def test_one_that_has_to_wait_does_not_hold_up_a_new_question() -> None:
    back, new = row(100, chosen=20), row(101)
    joining, leaving = decided(waiting(back, new), full(FIRST_TURN))

    assert (joining, len(leaving)) == ([new], 1)


def test_a_request_for_many_choices_never_takes_more_than_its_share() -> None:
    many = [row(1, turn=TURN) for _ in range(MAX_ROWS)]
    others = [row(2) for _ in range(MAX_ROWS)]

    joining, leaving = decided(waiting(*others), many)

    assert (len(joining), len(leaving)) == (MAX_ROWS // 2, MAX_ROWS // 2)
    assert decided(waiting(row(1)), [*full(TURN)[2:], row(1), row(1)]) == ([], [])


def test_choices_beyond_the_room_wait_for_their_own_and_others_pass_them() -> None:
    many = [row(1) for _ in range(128)]
    turns = waiting(*many)
    running, _ = decided(turns, [])
    new = row(2)
    turns.wait([new])
    for one in running:
        one.chosen = [7] * FIRST_TURN

    assert len(running) == MAX_ROWS
    joining, leaving = decided(turns, running)
    assert (joining, len(leaving)) == ([new], 1)


def test_rows_that_are_too_wide_together_wait() -> None:
    wide = row(100, cells=32 * 1024)

    assert decided(waiting(wide), [row(1), row(2)]) == ([], [])
    assert decided(waiting(wide), [row(1)]) == ([wide], [])
    assert decided(waiting(row(100, cells=10**6)), [])[1] == []


def steps(turns: Turns) -> Iterator[list[Piece]]:
    """What is read each time, while all that have been read go on to grow."""
    running: list[Row] = []
    while True:
        pieces, leaving = turns.next(running)
        running = [one for one in running if one not in leaving]
        running += [one for piece in pieces if piece.last for one in piece.prompt.rows]
        yield pieces


def test_a_long_prompt_is_read_in_pieces_that_begin_at_the_same_places_in_any_company() -> None:
    def pieces_of_the_long(*others: Row) -> list[tuple[int, int]]:
        turns = waiting(row(1, prompt=2 * PIECE + 100), *others)
        return [
            (piece.begin, piece.end)
            for pieces in islice(steps(turns), 20)
            for piece in pieces
            if piece.prompt.request == 1
        ]

    alone = pieces_of_the_long()
    beside = pieces_of_the_long(*(row(number, prompt=37 * number) for number in range(2, 12)))

    assert alone == [(0, PIECE), (PIECE, 2 * PIECE), (2 * PIECE, 2 * PIECE + 100)]
    assert beside == alone


def test_no_more_is_read_between_two_tokens_than_the_bound_and_one_piece() -> None:
    turns = waiting(*(row(number, prompt=1 + 61 * number % 1000) for number in range(60)))
    read = [sum(piece.end - piece.begin for piece in pieces) for pieces in islice(steps(turns), 80)]

    assert max(read) < PROMPT_TOKENS + PIECE
    # What was too much once is made up for.
    assert all(sum(read[: place + 1]) < PROMPT_TOKENS * (place + 1) + PIECE for place in range(len(read)))
    assert sum(read) == sum(1 + 61 * number % 1000 for number in range(60))


def test_a_short_question_is_read_at_once_however_many_long_prompts_wait() -> None:
    turns = waiting(*(row(number, prompt=1000) for number in range(60)))
    reading = steps(turns)
    for _ in range(7):
        next(reading)
    turns.wait([row(100)])
    soon = [piece.prompt.request for pieces in islice(reading, 2) for piece in pieces]

    assert 100 in soon


def test_shorter_prompts_pass_long_ones_but_not_for_ever() -> None:
    turns = waiting(row(1, prompt=1000))
    reading, number, passed = steps(turns), 1, 0
    while passed < 100_000:
        # Always more than can be read.
        turns.wait([row(number := number + 1, prompt=100) for _ in range(6)])
        pieces = next(reading)
        turns.drop({piece.prompt.request for piece in pieces if piece.prompt.request != 1 and piece.last})
        passed += sum(piece.end - piece.begin for piece in pieces if piece.prompt.request != 1)
        if any(piece.last for piece in pieces if piece.prompt.request == 1):
            break

    assert passed <= 4 * (PASSING_TOKENS + PROMPT_TOKENS)


def test_tiny_prompts_pass_a_long_one_sixteen_times_for_each_piece() -> None:
    turns = waiting(row(1, prompt=PIECE), *(row(number, prompt=1) for number in range(2, 100)))
    order = [piece.prompt.request for pieces in islice(steps(turns), 3) for piece in pieces]

    assert order.index(1) == 16


def test_the_one_that_came_first_is_not_kept_waiting_by_those_that_are_a_little_shorter() -> None:
    turns = waiting(row(1, prompt=1000))
    for number, pieces in enumerate(steps(turns), start=2):
        turns.wait([row(number, prompt=300)])
        if any(piece.last for piece in pieces if piece.prompt.request == 1) or number > 40:
            break

    assert number < 14


def test_choices_of_one_request_cost_one_reading_also_when_it_takes_many_pieces() -> None:
    choices = [row(1, prompt=1000) for _ in range(20)]
    pieces = [piece for pieces in islice(steps(waiting(*choices)), 8) for piece in pieces]

    assert [piece.end for piece in pieces] == [PIECE, 1000]
    assert pieces[0].prompt.rows == choices


def test_rows_that_had_to_leave_are_read_with_what_they_have_chosen() -> None:
    back = row(1, prompt=PIECE + 44, chosen=20)
    pieces = [piece for pieces in islice(steps(waiting(back)), 4) for piece in pieces]

    assert [piece.end for piece in pieces] == [PIECE, PIECE + 64]
    assert back.turn == 0


def test_a_row_whose_prompt_is_half_read_keeps_its_place() -> None:
    turns = waiting(row(1, prompt=4 * PIECE))
    decided(turns, full(TURN)[1:])
    joining, leaving = decided(turns, full(FIRST_TURN - 1)[1:])

    assert (joining, leaving) == ([], [])
    turns.wait([row(100)])
    assert decided(turns, full(FIRST_TURN - 1)[1:]) == ([], [])


def test_a_request_that_is_dropped_waits_no_longer_and_is_read_no_further() -> None:
    turns = waiting(row(1, prompt=1000), row(2, prompt=1000))
    turns.next([])
    turns.drop({1})

    assert {piece.prompt.request for pieces in islice(steps(turns), 9) for piece in pieces} == {2}
