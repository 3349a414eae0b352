"""Copy the few browser modules that others wrote into knowledge/static/vendor, each under its exact version.

    python deploy/vendor.py

Run it after changing WANTED; what it copies is committed, so that running Praxis needs nothing from elsewhere.
The manifest names version, licence and SHA-256 of every file; a test holds the files to it.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "knowledge" / "static" / "vendor"
WANTED = {  # package -> its version, and what to take from it under which name
    "idb": ("8.0.4", {"build/index.js": "index.js", "LICENSE": "LICENSE"}),
    "turndown": ("7.2.5", {"lib/turndown.browser.es.js": "turndown.js", "LICENSE": "LICENSE"}),
    "turndown-plugin-gfm": ("1.0.2", {"lib/turndown-plugin-gfm.browser.es.js": "gfm.js", "LICENSE": "LICENSE"}),
}


def packed(name: str, version: str) -> tarfile.TarFile:
    """The published archive of a package."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)  # noqa: S603
        return tarfile.open(fileobj=io.BytesIO((Path(folder) / done.stdout.strip()).read_bytes()))


def copied(name: str, version: str, files: dict[str, str]) -> dict[str, object]:
    """Copy the files of a package; what the manifest says of it."""
    folder, archive, hashes = VENDOR / f"{name}@{version}", packed(name, version), {}
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in files.items():
        taken = archive.extractfile(f"package/{source}")
        assert taken is not None, source
        content = taken.read()
        (folder / target).write_bytes(content)
        hashes[target] = hashlib.sha256(content).hexdigest()
    about = archive.extractfile("package/package.json")
    assert about is not None
    return {"version": version, "licence": json.load(about)["license"], "sha256": hashes}


def main() -> None:
    """Copy everything and write the manifest."""
    manifest = {name: copied(name, version, files) for name, (version, files) in WANTED.items()}
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    sys.stdout.write(f"{len(manifest)} packages in {VENDOR}\n")


if __name__ == "__main__":
    main()
