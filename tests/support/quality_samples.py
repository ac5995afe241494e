"""Rows for the quality checks."""

LONG = (
    "The old lighthouse keeper counted every ship that passed the rocks at night, wrote its name in a thick "
    "green book, and told the children of the village in the morning which flags it had shown before dawn."
)


def row(question, answer, system="Answer in one word.", **message):
    first = [{"role": "system", "content": system}] if system else []
    return {
        "messages": [
            *first,
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer, **message},
        ]
    }


def numbered(count=12):
    return [row(f"What is {number} times {number}?", f"It is {number * number}.") for number in range(count)]


def seen(url, answer, question="What does this chart show? Answer in one word, please."):
    parts = [{"type": "text", "text": question}, {"type": "image_url", "image_url": {"url": url}}]
    return {
        "messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": answer}],
    }


def pair(question, good, bad):
    answers = [[{"role": "assistant", "content": text}] for text in (good, bad)]
    prompt = {"messages": [{"role": "user", "content": question}]}
    return {"input": prompt, "preferred_output": answers[0], "non_preferred_output": answers[1]}


def found(report):
    return [(issue.line, issue.path, issue.code, issue.severity) for issue in report.problems]
