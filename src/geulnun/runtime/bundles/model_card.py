"""The model card of a bundle, rendered from its manifest and from nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

_NOUNS = {"characters": "reader of characters", "orientation": "finder of orientation"}
_USES = {
    "detector": "finds characters and the links between them in pictures of pages; `geulnun` makes words of them",
    "characters": "reads one Hangul syllable, printed or handwritten, from a picture of it",
    "orientation": "sees which way up the letters of a word are, so that pages lying on a side or upside down are read",
    "recognizer": "reads one line of Korean (with Latin letters, figures and symbols) from a straightened strip",
}


def render_card(manifest: Mapping[str, Any]) -> str:
    """The card as Markdown, for a manifest as plain JSON types."""
    parts = [
        f"# {manifest['name']}",
        f"A {_NOUNS.get(manifest['kind'], manifest['kind'])} with {manifest['parameters']:,} parameters: it "
        f"{_USES[manifest['kind']]}. "
        f"Licence: {manifest['licence']}.",
        _render_interface(manifest),
        _render_metrics(manifest["metrics"]) + _render_calibration(manifest.get("calibration")),
        *(_render_variant(variant) for variant in manifest.get("variants", ())),
        _render_provenance(manifest["provenance"]),
        _render_files(manifest["files"]),
    ]
    if manifest["notes"]:
        parts.append(_render_section("Notes", [f"- {note}" for note in manifest["notes"]]))
    return "\n\n".join(parts) + "\n"


def _render_section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {title}", "", *lines])


def _render_interface(manifest: Mapping[str, Any]) -> str:
    given = manifest["input"]
    low, high = given["range"]
    lines = [
        f"- Input `{given['name']}` ({', '.join(given['axes'])}), {given['colour']}, {low:g}..{high:g}: "
        f"{given['resize']}."
    ]
    lines += [
        f"- Output `{each['name']}` ({', '.join(each['axes'])}): {each['meaning']}." for each in manifest["outputs"]
    ]
    if manifest["charset"]:
        charset = manifest["charset"]
        more = f" and {' '.join(charset['added'])}" if charset.get("added") else ""
        lines.append(f"- Charset {charset['name']}{more}, SHA-256 `{charset['sha256']}`.")
    return _render_section("Interface", lines)


def _render_metrics(metrics: Sequence[Mapping[str, Any]]) -> str:
    if not metrics:
        return _render_section("Measured", ["Nothing yet."])
    lines = ["| set | samples | measure | value |", "|---|---:|---|---:|"]
    for record in metrics:
        for name, value in record["values"].items():
            lines.append(f"| {record['set']} | {record['samples']:,} | {name} | {value:.4g} |")
    return _render_section("Measured", lines)


def _render_variant(variant: Mapping[str, Any]) -> str:
    lines = [f"{variant['method'][0].upper()}{variant['method'][1:]}.", "", "| backend | samples | measure | loss |"]
    lines.append("|---|---:|---|---:|")
    for loss in variant["losses"]:
        for name, value in loss["values"].items():
            lines.append(f"| {loss['backend']} | {loss['samples']:,} | {name} | {value:+.4f} |")
    lines += ["", f"Opened unless told otherwise by: {', '.join(variant['default_for']) or 'none'}."]
    return _render_section(f"In {variant['precision']} (`{variant['file']}`)", lines)


def _render_calibration(line: Mapping[str, float] | None) -> str:
    if line is None:
        return ""
    return (
        "\n\nConfidences are calibrated on validation strips: log-odds of the network's probability, "
        f"times {line['scale']:.4g}, plus {line['offset']:.4g}."
    )


def _render_provenance(made: Mapping[str, Any]) -> str:
    lines = [
        f"- Config `{made['config']}` (values' SHA-256 `{made['config_sha256']}`), code at `{made['commit']}`, "
        f"seed {made['seed']}.",
        f"- {made['samples_seen']:,} samples seen{', on ' + made['device'] if made['device'] else ''}.",
    ]
    if made["initial"]:
        before = made.get("samples_before", 0)  # unknown to the first bundles
        lines.append(f"- Started from {made['initial']}{f', which had seen {before:,}' if before else ''}.")
    for title in ("fonts", "corpora", "backgrounds"):
        if made[title]:
            lines.append(f"- {title.capitalize()} ({len(made[title])}): {'; '.join(made[title])}.")
    return _render_section("Made", lines)


def _render_files(files: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| file | bytes | SHA-256 |", "|---|---:|---|"]
    lines += [f"| {name} | {each['size_bytes']:,} | `{each['sha256']}` |" for name, each in files.items()]
    return _render_section("Files", lines)
