"""Personal data and secrets of an example: named by kind and path, and never shown."""

from quality_samples import found, numbered, pair, row


def test_private_data_in_the_answer_that_is_not_preferred_is_named(check):
    report = check([pair("Who is it?", "I cannot say.", "It is ana@brasov.ro.")])

    assert found(report) == [(1, "non_preferred_output[0]", "email_address", "warning")]


def test_private_data_is_named_by_kind_and_path_and_never_shown(check):
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    call = {
        "id": "call_1",
        "type": "function",
        "function": {"name": "mail", "arguments": '{"to": "ana.pop@posta-mea.ro"}'},
    }
    rows = [
        *numbered(),
        row(f"Use {secret}, please.", "Done."),
        row("Write to Ana.", None, tool_calls=[call]),
    ]

    report = check(rows)

    assert found(report) == [
        (13, "messages[1]", "api_key", "warning"),
        (14, "messages[2]", "email_address", "warning"),
    ]
    assert [issue.found for issue in report.problems] == [
        "AWS access key AKIA••• (20 characters)",
        "an e-mail address a•••@•••.ro",
    ]
    assert not any(part in repr(report) for part in ("QWERTY", "ana.pop", "posta-mea"))


def test_private_data_in_the_system_prompt_of_all_rows_is_named_once_and_masked_in_its_variants(check):
    system = "You write for ana.pop@posta-mea.ro. Be short and kind."
    rows = [row(f"Question {number}?", f"Answer {number}.", system=system) for number in range(12)]

    report = check([*rows, row("Why?", "Because.", system=system.replace("kind", "kidn"))])

    assert [(issue.line, issue.code) for issue in report.problems] == [
        (1, "email_address"),
        (13, "email_address"),
        (13, "system_prompt_variants"),
    ]
    assert "posta-mea" not in repr(report)
