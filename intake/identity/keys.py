"""The pseudonym key: one secret for the whole state, for ever. Another key would make every student a new student."""

import hmac
import os
import secrets
import tempfile
from pathlib import Path

_KEY_BYTES = 32
_MIN_CONFIGURED = 32
_CHECK_LABEL = b"openslds pseudonym key check"


class KeyMismatch(Exception):
    """The key at hand is not the one this home was built with (or is none at all). Never holds the key."""


def load_key(home: str | Path, *, configured: str | None = None) -> bytes:
    """Return the pseudonym key: the configured one, else the one in `private/pseudonym.key`, made on first use.

    `private/pseudonym.check` remembers a fingerprint of the key (of which nothing can be derived), so that a different
    key is noticed before it splits students in two. Raises KeyMismatch if the key differs, is lost, or is too short
    (a configured key: 32 characters of random text at the least).
    """
    private = Path(home) / "private"
    private.mkdir(parents=True, exist_ok=True, mode=0o700)
    private.chmod(0o700)
    key_file, check_file = private / "pseudonym.key", private / "pseudonym.check"
    if configured is not None:
        key = configured.strip().encode()
        if len(key) < _MIN_CONFIGURED:
            raise KeyMismatch(f"the configured pseudonym key is shorter than {_MIN_CONFIGURED} characters")
    else:
        key = _read_key(key_file, check_file)
    check = hmac.digest(key, _CHECK_LABEL, "sha256").hex().encode() + b"\n"
    if not hmac.compare_digest(_create_once(check_file, check), check):
        raise KeyMismatch(f"{check_file.name}: this home was built with another pseudonym key")
    return key


def _read_key(key_file: Path, check_file: Path) -> bytes:
    if not key_file.exists() and check_file.exists():
        raise KeyMismatch(f"{key_file.name} is gone and no key is configured; a new one would not match")
    stored = _create_once(key_file, secrets.token_hex(_KEY_BYTES).encode() + b"\n")
    key = stored.strip()
    if len(key) < _MIN_CONFIGURED:
        raise KeyMismatch(f"{key_file.name} does not hold a key")
    return key


def _create_once(path: Path, content: bytes) -> bytes:
    """Create the file with mode 0600 unless it is there, and return what it then holds.

    A hard link appears whole or fails if the name is taken: of two processes that start together, one makes the key and
    both use it.
    """
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(temporary)
    return path.read_bytes()

