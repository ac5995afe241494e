"""The dataset checker's names, as notebooks import them from `helpers`."""

from finetune_dataset import (
    DatasetError as DatasetError,
)
from finetune_dataset import (
    DatasetReport as DatasetReport,
)
from finetune_dataset import (
    FineTuneError as FineTuneError,
)
from finetune_dataset import (
    Issue as Issue,
)
from finetune_dataset import (
    Repair as Repair,
)
from finetune_dataset import (
    Statistics as Statistics,
)
from finetune_dataset import (
    TableRows as TableRows,
)
from finetune_dataset import (
    TokenCounts as TokenCounts,
)
from finetune_dataset import (
    check_line as check_line,
)
from finetune_dataset import (
    check_quality as check_quality,
)
from finetune_dataset import (
    count_dataset as count_dataset,
)
from finetune_dataset import (
    count_row as count_row,
)
from finetune_dataset import (
    count_tokens as count_tokens,
)
from finetune_dataset import (
    find_private as find_private,
)
from finetune_dataset import (
    mask_private as mask_private,
)
from finetune_dataset import (
    n_epochs_auto as n_epochs_auto,
)
from finetune_dataset import (
    overlap as overlap,
)
from finetune_dataset import (
    read_jsonl as read_jsonl,
)
from finetune_dataset import (
    repair_dataset as repair_dataset,
)
from finetune_dataset import (
    require_valid as require_valid,
)
from finetune_dataset import (
    rows_from_prompts as rows_from_prompts,
)
from finetune_dataset import (
    rows_from_table as rows_from_table,
)
from finetune_dataset import (
    split_dataset as split_dataset,
)
from finetune_dataset import (
    validate_dataset as validate_dataset,
)
from finetune_dataset import (
    write_jsonl as write_jsonl,
)
