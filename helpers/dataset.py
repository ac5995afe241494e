"""The dataset checker's names, as notebooks import them from `helpers`."""

from finetune_dataset import (
    DatasetError as DatasetError,
    check_quality as check_quality,
    read_jsonl as read_jsonl,
    repair_dataset as repair_dataset,
    require_valid as require_valid,
    split_dataset as split_dataset,
    validate_dataset as validate_dataset,
    write_jsonl as write_jsonl,
)
