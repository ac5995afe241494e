"""What services take, each figure with its source and date.

Sources: [guide] OpenAI's fine-tuning guides as archived in 2025; [logs] public job logs, Dec 2024 to
Nov 2025.
How long a row may be depends on the model, see `models`.
"""

MIN_EXAMPLES = 10  # A job with fewer fails with `invalid_n_examples` [logs].
MAX_UPLOAD_BYTES = 512 * 1024**2  # One upload [guide].
MAX_FILE_BYTES = 8 * 1024**3  # An upload in parts [guide].

MAX_IMAGE_ROWS = 50_000  # Rows with images in a file [guide, vision].
MAX_IMAGES_PER_ROW = 10  # [guide, vision]
MAX_IMAGE_BYTES = 10 * 1024**2  # [guide, vision]
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")  # [guide, vision]

# What is read of a table; this course's choices. A table is in memory as a whole, with its cells as objects.
MAX_TABLE_BYTES = 256 * 1024**2  # Of a workbook, when it is unpacked.
MAX_TABLE_CELLS = 20_000_000
MAX_TABLE_COLUMNS = 16_384  # As in Excel.
