"""Services side by side: price, its date and evidence, and how long a fine-tune would live."""

from billed_rows import ROW, TODAY

from helpers.costs.cost_table import cost_table


def test_a_table_compares_services_with_price_date_evidence_and_days_to_live(report_of):
    models = [
        ("azure", "gpt-4.1"),
        ("openai", "gpt-4.1-mini"),
        ("openai", "gpt-4o"),
        ("openai", "gpt-6-luna"),
    ]

    table = cost_table(report_of([ROW] * 10), models, 1, prices={("openai", "gpt-4o"): 9.0}, today=TODAY)

    columns = [
        "USD per 1M",
        "as of",
        "evidence",
        "billed tokens",
        "USD high",
        "hosting USD/h",
        "days to live",
    ]
    shown = table[columns].astype(object).where(table[columns].notna(), None).to_numpy().tolist()
    assert shown == [
        [2.0, "2026-03-19", "illustrative, 247 days old, look it up", 1000, 0.002, 1.7, 327],
        [5.0, "2026-11", "unverified", 210, 0.00115, None, 54],
        [9.0, None, "given by you", 210, 0.00207, None, 54],
        [None, None, None, 210, None, None, None],
    ]
