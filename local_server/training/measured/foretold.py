"""How well a model foretells the trained tokens of a batch."""

from typing import NamedTuple

import torch

from local_server.training.rows.tokenize import IGNORED


class Foretold(NamedTuple):
    """What a model says of the places at which some row of a batch has a trained token.

    Args:
        losses: Of each token in nats, shape (rows, places); 0 where a row has none.
        right: Whether the model ranked the token first; false where a row has none.
        trained: Whether a row has a trained token there.
    """

    losses: torch.Tensor
    right: torch.Tensor
    trained: torch.Tensor


def foretold(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> Foretold:
    """Let a model foretell the trained tokens of a batch.

    Scores of the vocabulary are only computed where some row has a trained token: they are costly.

    Args:
        model: The model.
        batch: `input_ids`, `attention_mask` and `labels`, each of shape (rows, tokens).
    """
    device = next(model.parameters()).device
    # The trainer has moved its own batches; those of the validation are made once and stay.
    batch = {name: tensor.to(device) for name, tensor in batch.items()}
    # The scores at one position foretell the token at the next.
    following = batch["labels"][:, 1:]
    places = (following != IGNORED).any(dim=0).nonzero().squeeze(1)
    labels = following[:, places]
    output = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        logits_to_keep=places,
        use_cache=False,
    )
    logits = output.logits.float()
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return Foretold(losses.view_as(labels), logits.argmax(dim=-1) == labels, labels != IGNORED)
