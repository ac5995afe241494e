"""Who joins, who makes room, and who waits. No model takes part."""

from types import SimpleNamespace

from local_server.generation.row import Row
from local_server.generation.turns import (
    FIRST_TURN,
    MAX_PASSED,
    MAX_PROMPT_TOKENS,
    MAX_ROWS,
    SHORT,
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


def test_all_join_in_order_while_there_is_room() -> None:
    rows = [row(number) for number in range(5)]

    assert waiting(*rows).next([]) == (rows, [])


def test_a_new_question_takes_the_place_of_the_answer_that_has_had_the_longest_turn() -> None:
    new, running = row(100), full(FIRST_TURN)
    running[7] = row(7, turn=FIRST_TURN + 1)

    assert waiting(new).next(running) == ([new], [running[7]])


def test_nobody_leaves_before_its_first_turn_is_over() -> None:
    assert waiting(row(100)).next(full(FIRST_TURN - 1)) == ([], [])


def test_an_answer_that_had_to_leave_comes_back_when_there_is_room_and_at_the_latest_after_a_turn() -> None:
    back = row(100, chosen=20)

    assert waiting(back).next(full(TURN - 1)) == ([], [])
    assert waiting(back).next(full(TURN)[1:]) == ([back], [])
    joining, leaving = waiting(back).next(full(TURN))
    assert (joining, len(leaving)) == ([back], 1)


def test_one_that_has_to_wait_does_not_hold_up_a_new_question() -> None:
    back, new = row(100, chosen=20), row(101)
    joining, leaving = waiting(back, new).next(full(FIRST_TURN))

    assert (joining, len(leaving)) == ([new], 1)


def test_a_request_for_many_choices_never_takes_more_than_its_share() -> None:
    many = [row(1, turn=TURN) for _ in range(MAX_ROWS)]
    others = [row(2) for _ in range(MAX_ROWS)]

    joining, leaving = waiting(*others).next(many)

    assert (len(joining), len(leaving)) == (MAX_ROWS // 2, MAX_ROWS // 2)
    assert waiting(row(1)).next([*full(TURN)[2:], row(1), row(1)]) == ([], [])


def test_choices_beyond_the_room_wait_for_their_own_and_others_pass_them() -> None:
    many = [row(1) for _ in range(128)]
    turns = waiting(*many)
    running, _ = turns.next([])
    new = row(2)
    turns.wait([new])
    for one in running:
        one.chosen = [7] * FIRST_TURN

    assert len(running) == MAX_ROWS
    joining, leaving = turns.next(running)
    assert (joining, len(leaving)) == ([new], 1)


def test_rows_that_are_too_wide_together_wait() -> None:
    wide = row(100, cells=32 * 1024)

    assert waiting(wide).next([row(1), row(2)]) == ([], [])
    assert waiting(wide).next([row(1)]) == ([wide], [])
    assert waiting(row(100, cells=10**6)).next([])[1] == []


def test_short_prompts_pass_long_ones_but_not_for_ever() -> None:
    long = row(1, prompt=SHORT + 1)
    turns = waiting(long, *(row(number) for number in range(2, 100)))

    joining, _ = turns.next([])

    assert joining.index(long) == MAX_PASSED


def test_long_prompts_are_read_a_few_at_a_time_and_the_more_seldom_while_others_wait_for_their_tokens() -> (
    None
):
    prompts = [row(number, prompt=1000) for number in range(20)]
    turns = waiting(*prompts)
    at_first, _ = turns.next([])
    running = [*at_first, row(100)]
    later = []
    for _ in range(8):
        joining, _ = turns.next(running)
        running += joining
        later.append(len(joining))

    assert len(at_first) == -(-MAX_PROMPT_TOKENS // 1000)
    assert max(later) == 1
    assert sum(later) <= 8 * 512 // 1000 + 1


def test_choices_of_one_request_cost_one_reading() -> None:
    choices = [row(1, prompt=1000) for _ in range(20)]

    assert waiting(*choices).next([]) == (choices, [])


def test_a_request_that_is_dropped_waits_no_longer() -> None:
    turns = waiting(row(1), row(2))
    turns.drop({1})

    assert [one.request for one in turns.next([])[0]] == [2]
