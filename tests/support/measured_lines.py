"""Lines as benchmarks/rivals.py writes them, made up: nothing here was measured."""

BIG, SMALL = "smollm2-135m-instruct", "periodic-tiny-2026-11"


def line(way="base", right=10, n=10, base_model=BIG, seed=None, prompt=100.0, rows=0, **more):
    """The first `right` of `n` questions were right in form and facts; one more was right in its form."""
    form = "".join(str(int(place < right + 1)) for place in range(n))
    facts = "".join(str(int(place < right)) for place in range(n))
    return {
        "base_model": base_model,
        "way": way,
        "seed": seed,
        "trained_rows": rows,
        "trained_on": "facts" if rows else None,
        "training_seconds": 120.0 if rows else 0.0,
        "step": None,
        "n": n,
        "scores": {"form": form.count("1") / n, "facts": right / n},
        "all": right / n,
        "marks": {"form": form, "facts": facts},
        "prompt_tokens": prompt,
        "completion_tokens": 50.0,
        "cached_tokens": 0.0,
        "latency_median": 1.0,
        "latency_p95": 2.0,
        "seconds": 5.0,
        "date": "2026-11-29",
        "command": "python benchmarks/rivals.py",
        "machine": "a machine",
        **more,
    }


def tuned(right=10, seed=1, rows=144, **more):
    """A training."""
    return line("fine_tuned", right, seed=seed, rows=rows, **more)
