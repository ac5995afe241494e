"""What services and models take, each figure with its source and date.

Sources: [guide] OpenAI's fine-tuning guides as archived in 2025; [spec] openapi.yaml, read 2026-08-21;
[logs] public job logs, Dec 2024 to Nov 2025.
"""

import json
from dataclasses import dataclass
from pathlib import Path

MIN_EXAMPLES = 10  # A job with fewer fails with `invalid_n_examples` [logs].
MAX_UPLOAD_BYTES = 512 * 1024**2  # One upload [guide].
MAX_FILE_BYTES = 8 * 1024**3  # An upload in parts [guide].

MAX_IMAGE_ROWS = 50_000  # Rows with images in a file [guide, vision].
MAX_IMAGES_PER_ROW = 10  # [guide, vision]
MAX_IMAGE_BYTES = 10 * 1024**2  # [guide, vision]
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")  # [guide, vision]


@dataclass(frozen=True)
class ContextLimit:
    """Longest training example of a family of models.

    Attributes:
        family: Start of the models' names.
        tokens: Tokens of one example that are trained; what follows is cut off.
        source: Where the figure is from, with its date.
    """

    family: str
    tokens: int
    source: str


GUIDE = "OpenAI fine-tuning guide, table of token limits, 2025"
# The longest family that a name starts with counts.
CONTEXT_LIMITS = (
    ContextLimit("gpt-4o", 65_536, GUIDE),
    ContextLimit("gpt-4.1", 65_536, "no page found that states it; taken to be that of gpt-4o"),
    ContextLimit("gpt-3.5-turbo", 16_385, GUIDE),
    ContextLimit("gpt-35-turbo", 16_385, f"{GUIDE}; Azure's spelling"),
    ContextLimit("periodic-tiny", 1_024, "data/base_model/config.json, max_position_embeddings, 2026"),
)


def context_limit(model: str | Path) -> ContextLimit | None:
    """Return how many tokens of an example a model trains on; None when no source says it.

    Args:
        model: A model id, fine-tuned (`ft:…`) or not, or the folder of a local model with its `config.json`.
    """
    if isinstance(model, Path):
        config = model / "config.json"
        tokens = (
            json.loads(config.read_text("utf-8")).get("max_position_embeddings") if config.exists() else None
        )
        return (
            ContextLimit(model.name, tokens, "max_position_embeddings in its config.json") if tokens else None
        )
    known = [limit for limit in CONTEXT_LIMITS if model.removeprefix("ft:").startswith(limit.family)]
    return max(known, key=lambda limit: len(limit.family), default=None)
