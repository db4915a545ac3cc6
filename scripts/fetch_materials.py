"""Fetches fonts, background photographs and cut-out pictures from Debian and npm packages, and locks what it fetched.

The list is `materials.tsv`, the lock `materials.lock.json` beside it. Everything is written below the ignored
folder `materials/`: `fonts/`, `backgrounds/`, `cutouts/` and `fonts.json`, which `geulnun.synth.materials.fonts` reads.
With a lock, exactly the locked versions are asked for and every SHA-256 must match; `--update` writes a new lock.
"""

import argparse
import csv
import dataclasses
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import Image, ImageStat, UnidentifiedImageError

from bitmap_font import read_pcf, write_truetype

HERE = Path(__file__).resolve().parent
TABLE = HERE / "materials.tsv"
LOCK = HERE / "materials.lock.json"
Record = dict[str, object]
"""One package in the lock, or one font in fonts.json."""
FOLDERS = {"font": "fonts", "backgrounds": "backgrounds", "cutouts": "cutouts"}
"""Where what the table calls by these kinds is written."""

PHOTO_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
PHOTO_SIDE_PX = 1600
# Spread of grey levels below which a picture is a plain colour (many wallpapers are transparent drawings).
FLAT_LEVELS = 4.0
# Pictures with lettering or a logo, which as background would teach that letters are not text; and second sizes.
PHOTOS_LEFT_OUT = re.compile(
    r"symbolic|vnc-|Float-into-MATE|GreenTraditional|screenshot|focal-ubuntukylin|firstgeneration|Elephants_"
)

CUTOUT_SIDE_PX = 480
CUTOUT_LEAST_PX = 150
# Those that show letters or figures, and mirrored copies.
CUTOUTS_LEFT_OUT = re.compile(
    r"/symbols/|/alphabets/|/money/|clock|watch|calculator|keyboard|sign|license|ruler|measuring|_mirror|grave|dreydl|"
    r"police|tender|firetruck|garbagetruck|usps|toolbox|indycar|747"
)


class FetchError(Exception):
    """A package could not be fetched or is not what the lock promises."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of `materials.tsv`."""

    kind: str
    source: str
    package: str
    path: str
    index: int
    family: str
    style: str
    glyph_class: str
    licence: str
    split: str


def read_table(path: Path) -> list[Row]:
    """The rows of the table, comments left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = csv.DictReader(lines, delimiter="\t")
    return [
        Row(
            kind=row["kind"],
            source=row["source"],
            package=row["package"],
            path=row["path"],
            index=int(row["index"]),
            family=row["family"],
            style=row["style"],
            glyph_class=row["class"],
            licence=row["licence"],
            split=row["split"],
        )
        for row in rows
    ]


def run_client(command: Sequence[str], folder: Path) -> str:
    """Standard output of a package client run in `folder`.

    Raises:
        FetchError: the client is not installed, or it failed.
    """
    if shutil.which(command[0]) is None:
        raise FetchError(f"`{command[0]}` is not installed; it is needed to fetch packages. Install it and run again.")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise FetchError(f"`{' '.join(command)}` failed: {reason[0]}. Check the network and the package list.")
    return done.stdout


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch_debian(package: str, version: str | None, folder: Path) -> tuple[Path, str]:
    """The downloaded .deb and its version."""
    run_client(["apt-get", "download", "-qq", f"{package}={version}" if version else package], folder)
    archive = next(folder.glob(f"{package}_*.deb"))
    return archive, run_client(["dpkg-deb", "-f", str(archive), "Version"], folder).strip()


def fetch_npm(package: str, version: str | None, folder: Path) -> tuple[Path, str]:
    """The downloaded .tgz and its version."""
    out = run_client(["npm", "pack", "--silent", "--json", f"{package}@{version}" if version else package], folder)
    record = json.loads(out)[0]
    archives = list(folder.glob("*.tgz"))
    return archives[0], record["version"]


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the package's files into `folder`."""
    folder.mkdir()
    if archive.suffix == ".deb":
        run_client(["dpkg-deb", "-x", str(archive), str(folder)], folder)
    else:
        run_client(["tar", "xzf", str(archive), "--strip-components=1", "-C", str(folder)], folder)


def find_member(folder: Path, path: str) -> Path:
    """The file of an unpacked package: its exact path, or (Debian) its bare name anywhere.

    Raises:
        FetchError: the package has no such file.
    """
    exact = folder / path
    if exact.is_file():
        return exact
    found = sorted(p for p in folder.rglob(Path(path).name) if p.is_file())
    if not found:
        raise FetchError(f"the package holds no file named {path}; correct its line in {TABLE.name}.")
    return found[0]


def write_font(member: Path, target: Path, row: Row) -> None:
    """Write the font to `target` as plain TrueType or OpenType: unpacked from WOFF, or traced from bitmaps."""
    if member.name.endswith(".pcf.gz"):
        write_truetype(read_pcf(member), int(row.style.removesuffix("px")), row.family, target)
        return
    if member.suffix not in {".woff", ".woff2"}:
        shutil.copyfile(member, target)
        return
    with TTFont(member, recalcTimestamp=False, lazy=True) as font:
        font.flavor = None
        font.save(target)


def font_target_name(row: Row) -> str:
    """File name of a fetched face; WOFF members get the suffix of what is inside, bitmaps become TrueType."""
    path = Path(row.path.replace(".pcf.gz", ".ttf"))
    return re.sub(r"-korean-(\d+)-normal", r"-\1", path.stem).replace(" ", "") + (
        ".ttf" if path.suffix.startswith(".woff") else path.suffix
    )


def write_photos(folder: Path, package: str, target: Path) -> dict[str, str]:
    """SHA-256 of each source picture by written name; pictures lie in `target`, longest side 1600 px."""
    hashes: dict[str, str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES):
        where = str(path.relative_to(folder))
        if path.is_symlink() or PHOTOS_LEFT_OUT.search(where):
            continue
        label = re.sub(r"[^A-Za-z0-9]+", "-", where.removeprefix("usr/share/").rsplit(".", 1)[0]).strip("-")
        name = f"{package}--{label.lower()}.jpg"
        try:
            with Image.open(path) as picture:
                small = picture.convert("RGB")
        except (UnidentifiedImageError, OSError):
            continue
        if min(small.size) < 400 or ImageStat.Stat(small.convert("L")).stddev[0] < FLAT_LEVELS:
            continue
        small.thumbnail((PHOTO_SIDE_PX, PHOTO_SIDE_PX), Image.Resampling.LANCZOS)
        small.save(target / name, quality=88)
        hashes[name] = hash_file(path)
    return hashes


def write_cutouts(folder: Path, package: str, target: Path) -> dict[str, str]:
    """SHA-256 of each source picture by written name; things without a background, longest side 480 px, in `target`."""
    hashes: dict[str, str] = {}
    for path in sorted(folder.rglob("*.png")):
        where = str(path.relative_to(folder))
        if path.is_symlink() or CUTOUTS_LEFT_OUT.search(where):
            continue
        with Image.open(path) as picture:
            small = picture.convert("RGBA")
        # A picture that fills its square has a background of its own.
        if max(small.size) < CUTOUT_LEAST_PX or ImageStat.Stat(small.getchannel("A")).mean[0] > 250:
            continue
        small.thumbnail((CUTOUT_SIDE_PX, CUTOUT_SIDE_PX), Image.Resampling.LANCZOS)
        label = re.sub(r"[^A-Za-z0-9]+", "-", where.split("/stamps/")[-1].rsplit(".", 1)[0]).strip("-")
        name = f"{package}--{label.lower()}.png"
        small.save(target / name)
        hashes[name] = hash_file(path)
    return hashes


def check_lock(name: str, got: Record, locked: Record | None) -> None:
    """Compare a fetched package with its entry in the lock; without one, every package is accepted.

    Raises:
        FetchError: archive or members differ from what the lock holds.
    """
    if locked is None:
        return
    for key in ("version", "sha256", "files"):
        if got[key] != locked[key]:
            raise FetchError(
                f"package {name}: {key} is {str(got[key])[:90]}, the lock says {str(locked[key])[:90]}. "
                "Nothing else is allowed; if the change is wanted, run scripts/materials --update and commit the lock."
            )


def fetch_package(rows: Sequence[Row], out: Path, locked: Record | None) -> tuple[Record, list[Record]]:
    """The lock entry of one package and the font records (for fonts.json) it yields.

    Raises:
        FetchError: the package cannot be had, or is not what the lock holds; nothing of it is then left in `out`.
    """
    first = rows[0]
    version = str(locked["version"]) if locked else None
    # In `out`, so that finished files are moved into place at once, and a stopped call leaves no half of one.
    with tempfile.TemporaryDirectory(dir=out, prefix=".fetch-") as scratch:
        folder = Path(scratch).resolve()  # where clients run, too
        fetch = fetch_debian if first.source == "debian" else fetch_npm
        archive, got_version = fetch(first.package, version, folder)
        files: dict[str, str] = {}
        entry: Record = {
            "source": first.source,
            "version": got_version,
            "licence": first.licence,
            "sha256": hash_file(archive),
            "files": files,
        }
        unpack(archive, folder / "unpacked")
        written = folder / "written"
        written.mkdir()
        fonts = []
        if first.kind == "backgrounds":
            files |= write_photos(folder / "unpacked", first.package, written)
        if first.kind == "cutouts":
            files |= write_cutouts(folder / "unpacked", first.package, written)
        for row in rows if first.kind == "font" else ():
            target = written / font_target_name(row)
            if target.name not in files:  # several faces share one .ttc
                member = find_member(folder / "unpacked", row.path)
                files[target.name] = hash_file(member)
                write_font(member, target, row)
            fonts.append(describe_font(row, target, got_version))
        check_lock(first.package, entry, locked)
        for path in written.iterdir():
            path.replace(out / FOLDERS[first.kind] / path.name)
    return entry, fonts


def describe_font(row: Row, path: Path, version: str) -> Record:
    """One record of fonts.json."""
    return {
        "file": path.name,
        "index": row.index,
        "family": row.family,
        "style": row.style,
        "class": row.glyph_class,
        "licence": row.licence,
        "source": f"{row.source} {row.package}",
        "version": version,
        "sha256": hash_file(path),
        "split": row.split,
    }


def group_by_package(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by package, in the order of the table."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.package, []).append(row)
    return groups


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=HERE.parent / "materials", help="folder to write")
    parser.add_argument("--update", action="store_true", help="accept newer versions and write a new lock")
    parser.add_argument("--only", choices=tuple(FOLDERS), help="fetch one kind; the lock is then left alone")
    return parser.parse_args()


def main() -> int:
    """Exit code: 0 when every package of the table lies in the folder."""
    options = parse_arguments()
    locked = {} if options.update or not LOCK.exists() else json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    for part in FOLDERS.values():
        (options.output / part).mkdir(parents=True, exist_ok=True)
    entries: dict[str, Record] = {}
    fonts: list[Record] = []
    failed = 0
    groups = group_by_package(row for row in read_table(TABLE) if options.only in (None, row.kind))
    for number, (package, rows) in enumerate(groups.items(), start=1):
        try:
            entries[package], found = fetch_package(rows, options.output, locked.get(package))
        except FetchError as error:
            print(f"error: {package}: {error}", file=sys.stderr)
            failed += 1
            continue
        fonts += found
        print(f"[{number}/{len(groups)}] {package} {entries[package]['version']}", flush=True)
    if failed:
        print(
            f"error: {failed} of {len(groups)} packages failed; fonts.json and the lock are left alone.",
            file=sys.stderr,
        )
        return 1
    if options.only in (None, "font"):
        text = json.dumps(fonts, indent=1, ensure_ascii=False)
        (options.output / "fonts.json").write_text(text + "\n", encoding="utf-8")
    if options.only is None and not locked:
        lock = {"schema": 1, "packages": entries}
        LOCK.write_text(json.dumps(lock, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
