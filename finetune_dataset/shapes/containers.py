"""What a file is that is no JSON Lines text: told by its first bytes, with the way out.

The marks are those that the formats document: RFC 1952 (gzip), RFC 8878 (Zstandard), PKWARE's APPNOTE (zip),
the specifications of bzip2, xz, Parquet, Arrow, HDF5, SQLite and PDF; the encodings are those of Unicode 16,
section 23.8.
"""

_UNPACK = "Unpack it first, and give the .jsonl file that is in it: "
_TO_LINES = "Load it in the program that made it, and save the rows with write_jsonl."
_TO_TABLE = "Load it in the program that made it, and save the table as CSV (UTF-8)."
# First bytes → what it is, and what to do.
_MARKS: dict[bytes, tuple[str, str]] = {
    b"\x1f\x8b": ("a gzip file (.gz)", f"{_UNPACK}gunzip < FILE > unpacked.jsonl."),
    b"\x1f\x9d": ("a file of compress (.Z)", f"{_UNPACK}uncompress < FILE > unpacked.jsonl."),
    b"LZIP": ("an lzip file (.lz)", f"{_UNPACK}lzip -d < FILE > unpacked.jsonl."),
    b"\x5d\0\0": ("an LZMA file (.lzma)", f"{_UNPACK}unlzma < FILE > unpacked.jsonl."),
    b"\xff\x06\0\0sNaPpY": ("a Snappy file (.sz)", f"{_UNPACK}snzip -d < FILE > unpacked.jsonl."),
    b"BZh": ("a bzip2 file (.bz2)", f"{_UNPACK}bunzip2 < FILE > unpacked.jsonl."),
    b"\xfd7zXZ\x00": ("an xz file (.xz)", f"{_UNPACK}unxz < FILE > unpacked.jsonl."),
    b"\x28\xb5\x2f\xfd": ("a Zstandard file (.zst)", f"{_UNPACK}unzstd < FILE > unpacked.jsonl."),
    b"\x04\x22\x4d\x18": ("an LZ4 file (.lz4)", f"{_UNPACK}unlz4 < FILE > unpacked.jsonl."),
    b"7z\xbc\xaf\x27\x1c": ("a 7-Zip archive", f"{_UNPACK}7z x FILE."),
    b"Rar!": ("a RAR archive", f"{_UNPACK}unrar x FILE."),
    b"PK\x03\x04": (
        "a zip archive",
        f"{_UNPACK}unzip FILE. An Excel file (.xlsx) is one, too: see rows_from_table.",
    ),
    b"PK\x05\x06": ("an empty zip archive", "Give the file with the examples."),
    b"PAR1": (
        "a Parquet file",
        'Read it with pandas: write_jsonl("train.jsonl", pandas.read_parquet(FILE).to_dict("records")).',
    ),
    b"ARROW1": ("an Arrow file", _TO_LINES),
    # A stream begins with this mark and the size of its schema; `save_to_disk` of `datasets` writes it.
    b"\xff\xff\xff\xff": (
        "an Arrow stream",
        'Read it with datasets, which writes lines: Dataset.from_file(FILE).to_json("train.jsonl").',
    ),
    b"FEA1": ("a Feather file", _TO_LINES),
    b"Obj\x01": ("an Avro file", _TO_LINES),
    b"\x89HDF": ("an HDF5 file", _TO_LINES),
    b"\x93NUMPY": ("a NumPy file", _TO_LINES),
    b"\x80\x02": ("a pickle", _TO_LINES),
    b"\x80\x03": ("a pickle", _TO_LINES),
    b"\x80\x04\x95": ("a pickle", _TO_LINES),
    b"\x80\x05\x95": ("a pickle", _TO_LINES),
    b"SQLite format 3": ("an SQLite database", _TO_LINES),
    b"%PDF": (
        "a PDF document",
        "Copy the questions and answers into a table; rows_from_table makes chats of it.",
    ),
    b"{\\rtf": ("a rich text document (.rtf)", "Save it as plain text, in UTF-8."),
    b"\xd0\xcf\x11\xe0": (
        "an old Office file (.xls or .doc)",
        "Open it, and save it as .xlsx or as CSV (UTF-8); rows_from_table makes chats of a table.",
    ),
    b"\x89PNG": ("an image (PNG)", "Give the file with the examples."),
    b"GIF8": ("an image (GIF)", "Give the file with the examples."),
    b"\xff\xd8\xff": ("an image (JPEG)", "Give the file with the examples."),
    b"version https://git-lfs": (
        "a pointer of Git LFS, not the file itself",
        "Download the file itself: git lfs pull.",
    ),
}
_OFFICE = (b"[Content_Types].xml", b"xl/", b"_rels/", b"docProps/")
_EXCEL = (
    "an Office file, such as an Excel table (.xlsx)",
    "rows_from_table makes chats of a table; write_jsonl saves them.",
)
_HTML = (
    "a page (HTML)",
    "It is a page, perhaps of a sign-in or of an error: download the file itself, by its direct address.",
)
_XML = ("an XML document", _TO_LINES)
# Bytes of a text of which the encoding can be told.
_SAMPLE = 64


def other_kind(start: bytes) -> tuple[str, str] | None:
    """Say what a file is that is no text of JSON.

    Args:
        start: Its first bytes, or its first line.

    Returns:
        What it is and what to do, in words; None for a file that may be JSON Lines.
    """
    if start.startswith(b"PK\x03\x04") and any(name in start[:400] for name in _OFFICE):
        return _EXCEL
    for mark, found in _MARKS.items():
        if start.startswith(mark):
            return found
    if start[3:10] == b'\0\0\0\0\0{"':
        return "weights of a model (.safetensors)", "Give the file with the examples."
    if start[257:262] == b"ustar":
        return "a tar archive", f"{_UNPACK}tar xf FILE."
    page = start[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if page.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return _HTML
    return _XML if page.startswith((b"<?xml", b"<!--", b"<rss", b"<feed")) else None


def kind_of_table(start: bytes) -> tuple[str, str] | None:
    """Say what a file is that is no text with a table, as `other_kind` does for JSON.

    Args:
        start: Its first bytes.

    Returns:
        What it is and what to do, in words; None for a file that may be a table.
    """
    if (found := other_kind(start)) is None:
        return None
    kind, advice = found
    if start.startswith(b"PAR1"):
        return (
            kind,
            "Read it with pandas, and give the table: rows_from_table(pandas.read_parquet(FILE), ...).",
        )
    if start.startswith((b"ARROW1", b"FEA1")):
        return (
            kind,
            "Read it with pandas, and give the table: rows_from_table(pandas.read_feather(FILE), ...).",
        )
    if start.startswith(b"\xff\xff\xff\xff"):
        return kind, "Read it with datasets: rows_from_table(Dataset.from_file(FILE).to_pandas(), ...)."
    if kind == _EXCEL[0]:
        return kind, "Rename it, so that its name ends in .xlsx, if it is an Excel table."
    advice = advice.replace("the .jsonl file that is in it", "the table that is in it")
    return kind, advice.replace("unpacked.jsonl", "unpacked.csv").replace(_TO_LINES, _TO_TABLE)


def unicode_encoding(start: bytes) -> str | None:
    """Tell the encoding of a text in UTF-16 or UTF-32, with its mark or without.

    Args:
        start: Its first bytes.

    Returns:
        A name for `bytes.decode`; None for any other text, or where it cannot be told.
    """
    if start.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    sample = start[: min(_SAMPLE, len(start)) // 4 * 4]
    # Which bytes of a character are zero, in a text that begins in ASCII; no other text has zero bytes.
    zeros = [sample[place::4].count(0) * 4 > len(sample) * 0.4 for place in range(4)]
    return {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }.get((zeros[0], zeros[1], zeros[2], zeros[3]))
