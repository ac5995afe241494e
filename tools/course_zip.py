"""Write the course as one file for Google Colab and for the bundle: `make course-zip`.

The archive holds what a learner needs, and neither the tests nor the benchmarks. The same files give the same
bytes (with the same zlib and liblzma), so whoever has the checksum knows what is inside. The weights of the
small model are in it as an .xz file, which the local server unpacks at its first start; `xz -d` does it too.
"""

import argparse
import hashlib
import lzma
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFAULT = ROOT / "dist" / "course.zip"
FOLDERS = ("data", "docs", "finetune_dataset", "helpers", "local_server", "locks", "notebooks", "tools")
FILES = ("CHANGELOG.md", "CITATION.cff", "LICENSE", "Makefile", "README.md", "SECURITY.md", "pyproject.toml")
REQUIREMENTS = ("requirements-dev.txt", "requirements-local.txt", "requirements.txt")
"""Last in the archive: requirements.txt tells the set-up cell of the notebooks that all is unpacked."""
SKIPPED = ("__pycache__", "node_modules")
NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The first that the format can say."""
UNIX, READ_BY_ALL = 3, 0o644
WEIGHTS = "data/base_model/model.safetensors"
PACKED = f"{WEIGHTS}.xz"
TWO_BYTES_EACH = [{"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 3, "lp": 1, "pb": 1}]
"""A bfloat16 number has a byte that shrinks and one that does not: `lp` 1 tells them apart. So the weights
take 6.0 MB; in the compression that every unzip knows they take 7.1 MB (Nov 2026)."""


def files(root: Path = ROOT) -> Iterator[Path]:
    """Yield the files of the archive, in its order; what begins with a dot, `.env` above all, stays out.

    Args:
        root: The course's folder.

    Yields:
        Paths below `root`.

    Raises:
        FileNotFoundError: A file or a folder of the course is not there; it is named.
    """
    for name in (*FOLDERS, *FILES, *REQUIREMENTS):
        path = root / name
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there: the archive needs the whole course.")
        found = (
            sorted(path.rglob("*"), key=lambda found: found.relative_to(root).parts)
            if path.is_dir()
            else [path]
        )
        for file in found:
            parts = file.relative_to(root).parts
            if file.is_file() and not any(part.startswith(".") or part in SKIPPED for part in parts):
                yield file


def write(target: Path, root: Path = ROOT) -> str:
    """Write the archive; it appears whole, or not at all.

    Args:
        target: The file. An older one is replaced.
        root: The course's folder.

    Returns:
        The SHA-256 of the archive.

    Raises:
        FileNotFoundError: As for `files`.
        OSError: The disk is full, or the folder cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(draft, "w") as archive:
        for path in files(root):
            name, content = path.relative_to(root).as_posix(), path.read_bytes()
            if name == WEIGHTS:
                name, content = PACKED, lzma.compress(content, filters=TWO_BYTES_EACH)
            entry = zipfile.ZipInfo(name, NO_DATE)
            entry.create_system, entry.external_attr = UNIX, READ_BY_ALL << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)
    os.replace(draft, target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def main() -> int:
    """Write the archive, and say where it is, how large, and its checksum."""
    parser = argparse.ArgumentParser(
        prog="python tools/course_zip.py", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("target", nargs="?", type=Path, default=DEFAULT, help="default: dist/course.zip")
    target = parser.parse_args().target
    try:
        checksum = write(target)
    except OSError as error:
        print(f"{target} was not written: {error}", file=sys.stderr)
        return 1
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, SHA-256 {checksum}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
