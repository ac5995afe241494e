"""Bytes on their way to the disk: under which name they lie, and what is not kept."""

import gzip
import lzma

import openai
import pytest
from serving import (
    LocalServer,
    refusal,
)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "/etc/passwd",
        "..",
        "nul\x00inside.jsonl",
        "two\nlines.jsonl",
        'quo"ted.jsonl',
        "x" * 3000 + ".jsonl",
        "Übungsdaten – данные 数据.jsonl",
    ],
)
def test_a_file_name_is_kept_as_sent_and_never_used_as_a_path(
    client: openai.OpenAI, server: LocalServer, name: str
) -> None:
    # In a form, the SDK itself writes control characters and quotes as %00; in JSON they stay.
    in_a_form = name.replace("\x00", "%00").replace("\n", "%0A").replace('"', "%22")

    whole = client.files.create(file=(name, b"some text"), purpose="vision")
    in_parts = client.uploads.upload_file_chunked(
        file=b"some text", filename=name, bytes=9, mime_type="text/plain", purpose="vision"
    )

    assert (whole.filename, in_parts.file.filename) == (in_a_form, name)
    assert {client.files.content(id).read() for id in (whole.id, in_parts.file.id)} == {b"some text"}
    assert {path.name for path in (server.state / "files").iterdir()} >= {whole.id, in_parts.file.id}
    assert all(path.name.startswith("file-") for path in (server.state / "files").iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"caf\xe9 au lait\n", "0xe9"), (b"caf\xc3", "0xc3"), (b"", "0 bytes")],
)
def test_a_file_that_is_empty_or_not_utf8_is_not_kept(
    client: openai.OpenAI, content: bytes, words: str
) -> None:
    files_before = len(list(client.files.list()))
    refused = refusal(client.files.create, file=("bad.jsonl", content), purpose="fine-tune")
    assert refused["status"] == 400
    assert words in refused["message"]
    assert len(list(client.files.list())) == files_before


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("train.jsonl.gz", gzip.compress(b"{}\n" * 99, mtime=0), "found a gzip file (.gz). Unpack it first"),
        ("train.jsonl", gzip.compress(b"{}\n" * 99, mtime=0), "found a gzip file (.gz). Unpack it first"),
        ("train.xz", lzma.compress(b"{}\n" * 99), "found an xz file (.xz). Unpack it first"),
        ("table.parquet", b"PAR1\x15\x04\x94", "found a Parquet file. Read it with pandas"),
        ("data.arrow", b"\xff\xff\xff\xff\x68\x01\0\0", "found an Arrow stream. Read it with datasets"),
        ("table.xlsx", b"PK\x03\x04\x14\0[Content_Types].xml\xad", "found an Office file"),
        ("train.zip", b"PK\x03\x04\x14\0train.jsonl\xad", "found a zip archive. Unpack it first"),
        ("train.jsonl", "{}\n".encode("utf-16"), "found UTF-16 text. Save the file as UTF-8"),
        ("train.jsonl", b'{"a": "caf\xe9"}', "found the byte 0xe9 at position 10. Save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_named_for_what_it_is(
    client: openai.OpenAI, name: str, content: bytes, said: str
) -> None:
    refused = refusal(client.files.create, file=(name, content), purpose="fine-tune")

    assert (refused["status"], refused["code"]) == (400, "invalid_file_format")
    assert said in refused["message"]
