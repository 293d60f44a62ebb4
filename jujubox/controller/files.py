"""Charms and resources on the controller's disk, each file named by the sha256 of its content.

Knows: copying, packing, digests.
Must not know: which application uses a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from jujubox.charm import Documents, pack, read_documents

YOUTH = 600.0
"""Seconds that a file is kept though nothing refers to it yet."""


class Files:
    """A folder of files by content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add_charm(self, path: Path) -> tuple[str, Documents]:
        """Keep a copy of a charm, packed if it is a directory; its sha256 and documents. Raises CharmError, OSError."""
        documents = read_documents(path)
        with self._draft() as draft:
            if path.is_dir():
                pack(path, draft)
            else:
                shutil.copyfile(path, draft)
            return self._keep(draft), documents

    def add(self, path: Path) -> tuple[str, int]:
        """Keep a copy of a file; its sha256 and size. Raises OSError."""
        with self._draft() as draft:
            shutil.copyfile(path, draft)
            size = draft.stat().st_size
            return self._keep(draft), size

    def keep_only(self, wanted: set[str]) -> None:
        """Remove other files, but for young ones: somebody may be about to need them."""
        for path in self.folder.iterdir():
            if path.name not in wanted and time.time() - path.stat().st_mtime > YOUTH:
                path.unlink(missing_ok=True)

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        """A part of a file. Raises OSError."""
        with self.path(sha256).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def size(self, sha256: str) -> int:
        """Bytes in a file."""
        return self.path(sha256).stat().st_size

    def path(self, sha256: str) -> Path:
        """Where a file is."""
        return self.folder / sha256

    @contextlib.contextmanager
    def _draft(self) -> Iterator[Path]:
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix="new-", delete=False) as file:
            draft = Path(file.name)
        try:
            yield draft
        finally:
            draft.unlink(missing_ok=True)

    def _keep(self, draft: Path) -> str:
        with draft.open("rb") as file:
            digest = hashlib.sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        sha256 = digest.hexdigest()
        draft.chmod(0o600)
        draft.replace(self.path(sha256))
        return sha256
