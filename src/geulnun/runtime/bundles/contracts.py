"""The interface expected of each kind of network, and the check of a manifest against it."""

from pathlib import Path
from typing import Literal

from geulnun.core.charset import CHARSET_V1, Charset
from geulnun.core.hangul import CHO_COUNT, COMPATIBILITY_JAMO, JONG_COUNT, JUNG_COUNT, KSX1001, SYLLABLE_COUNT
from geulnun.errors import BundleError
from geulnun.runtime.bundles.manifest import ADVICE, MODEL_FILE, CharsetRecord, InputSpec, Kind, Manifest, OutputSpec

CHARSETS = {CHARSET_V1.name: CHARSET_V1}
"""The charsets that a recogniser may write, by name."""

DETECTOR_INPUT = InputSpec(
    name="image",
    axes=("N", "3", "H", "W"),
    range=(-1.0, 1.0),
    colour="rgb",
    resize="scaled so that letters are about 12 to 64 px high; H and W are padded to multiples of 32",
)
DETECTOR_OUTPUTS = (
    OutputSpec(
        name="maps",
        axes=("N", "2", "H/2", "W/2"),
        meaning="region and affinity, about 0..1: a Gaussian of sigma 0.3 sides over each character and each link",
    ),
)
STRIP_HEIGHTS_PX = (32, 40, 48)
"""Heights of strips; bundled weights read 32 px, the others are of `configs/experiments`."""


def specify_strips(height_px: int) -> InputSpec:
    """The input of a recogniser of strips of this height."""
    return InputSpec(
        name="strips",
        axes=("N", "1", str(height_px), "W"),
        range=(-1.0, 1.0),
        colour="grey",
        resize=f"one line, {height_px} px high in proportion; W is padded on the right with 0 to a multiple of 8",
    )


_CHO, _JUNG, _JONG = str(CHO_COUNT), str(JUNG_COUNT), str(JONG_COUNT)
_GATE = OutputSpec(name="gate", axes=("N", "W/4", "G"), meaning="log-probabilities: 0 blank, 1 hangul, 2 + i symbol i")
RECOGNIZER_OUTPUTS = (
    _GATE,
    OutputSpec(name="cho", axes=("N", "W/4", _CHO), meaning="log-probabilities of the initial, given hangul"),
    OutputSpec(name="jung", axes=("N", "W/4", _JUNG), meaning="log-probabilities of the medial, given hangul"),
    OutputSpec(name="jong", axes=("N", "W/4", _JONG), meaning="log-probabilities of the final, given hangul"),
)
CHAINED_OUTPUTS = (
    _GATE,
    OutputSpec(name="cho", axes=("N", "W/4", _CHO), meaning="log-probabilities of the initial, given hangul"),
    OutputSpec(
        name="jung",
        axes=("N", "W/4", _CHO, _JUNG),
        meaning="log-probabilities of the medial, given the initial",
    ),
    OutputSpec(
        name="jong",
        axes=("N", "W/4", _CHO, _JONG),
        meaning="log-probabilities of the final, given the initial",
    ),
)
MIXED_OUTPUTS = (
    _GATE,
    OutputSpec(name="share", axes=("N", "W/4", "R"), meaning="log-probabilities of each part, given hangul"),
    OutputSpec(name="cho", axes=("N", "W/4", "R", _CHO), meaning="log-probabilities of the initial in each part"),
    OutputSpec(name="jung", axes=("N", "W/4", "R", _JUNG), meaning="log-probabilities of the medial in each part"),
    OutputSpec(name="jong", axes=("N", "W/4", "R", _JONG), meaning="log-probabilities of the final in each part"),
)
FLAT_OUTPUTS = (
    OutputSpec(name="classes", axes=("N", "W/4", "C"), meaning="log-probabilities of all classes, 0 blank"),
)
HEAD_OUTPUTS: dict[str, tuple[OutputSpec, ...]] = {
    "factorised": RECOGNIZER_OUTPUTS,
    "chained": CHAINED_OUTPUTS,
    "mixed": MIXED_OUTPUTS,
    "flat": FLAT_OUTPUTS,
}
"""What each head of a recogniser gives; bundled weights have the factorised one."""

FIXED_STRIPS = "fixed_strips"
ATTENTION_OUTPUT = "attention"
ALPHABET_OUTPUTS: dict[str, Literal["flat", "jamo"]] = {"classes": "flat", "letters": "jamo"}
"""Outputs of recognisers of fixed-size strips, and the alphabet whose numbers they score."""


def specify_fixed_strips(height_px: int, width_px: int, *, keep_ratio: bool = False) -> InputSpec:
    """The input of a recogniser of strips of this size; see `fit_strip`."""
    rule = f"one line, bicubic to {height_px} x {width_px} px without keeping proportions"
    if keep_ratio:
        rule = f"one line, bicubic to {height_px} px high in proportion, its last column repeated up to {width_px} px"
    axes = ("N", "1", str(height_px), str(width_px))
    return InputSpec(name=FIXED_STRIPS, axes=axes, range=(-1.0, 1.0), colour="grey", resize=rule)


def specify_fixed_outputs(alphabet: str, *, attention: bool) -> tuple[OutputSpec, ...]:
    """What a recogniser of fixed-size strips gives: by CTC over T steps, or of an attention decoder's L characters."""
    name = next(name for name, known in ALPHABET_OUTPUTS.items() if known == alphabet)
    what = "all characters of the charset" if alphabet == "flat" else "symbols, initials, medials and finals"
    if not attention:
        return (OutputSpec(name=name, axes=("N", "T", "C"), meaning=f"log-probabilities: 0 blank, then {what}"),)
    meaning = f"log-probabilities, each after the likeliest before: 0 start, 1 end, then {what}"
    shares = "share of each time step in each character"
    return (
        OutputSpec(name=name, axes=("N", "L", "C"), meaning=meaning),
        OutputSpec(name=ATTENTION_OUTPUT, axes=("N", "L", "T"), meaning=shares),
    )


def has_fixed_size(manifest: Manifest) -> bool:
    """Whether a recogniser takes strips of one size."""
    return manifest.input.name == FIXED_STRIPS


def find_alphabet(manifest: Manifest) -> Literal["flat", "jamo"]:
    """What the outputs of a recogniser of fixed-size strips are scores of."""
    return ALPHABET_OUTPUTS[manifest.outputs[0].name]


CHAR_SIZES_PX = (32, 40, 48, 64, 96, 128)


def specify_chars(channels: int, size_px: int, *, tight: bool = False) -> InputSpec:
    """The input of a reader of characters: 1 channel of grey, or 8 of stroke directions.

    A tight one is cut about its ink and brought to one contrast, black on white.
    """
    grey = f"one character, padded to a square with its paper and resized to {size_px} px with 4 px of paper around"
    if tight:
        grey = f"the box of one character's ink, black on white at full contrast, to fit {size_px} px with 1 px around"
    return InputSpec(
        name="chars",
        axes=("N", str(channels), str(size_px), str(size_px)),
        range=(0.0, 1.0),
        colour="grey",
        resize=f"{grey}; (255 - x) / 255, so that ink is 1" if channels == 1 else "eight direction maps of a character",
    )


def specify_char_outputs(letters: tuple[int, int, int] | None, characters: int | None) -> tuple[OutputSpec, ...]:
    """The outputs of a reader of characters: classes of initial, medial and final, and of whole characters, if any."""
    sizes = dict(zip(("cho", "jung", "jong"), letters, strict=True)) if letters else {}
    names = {"cho": "the initial", "jung": "the medial", "jong": "the final, 0 being none"}
    tables = [
        OutputSpec(name=name, axes=("N", str(size)), meaning=f"log-probabilities of {names[name]}")
        for name, size in sizes.items()
    ]
    if characters:
        meaning = "log-probabilities of whole characters, in code order"
        tables.append(OutputSpec(name="flat", axes=("N", str(characters)), meaning=meaning))
    return tuple(tables)


# Heads that also read bare jamo have one class more, "none", of initials and of medials.
_LETTERS = ((CHO_COUNT, JUNG_COUNT, JONG_COUNT), (CHO_COUNT + 1, JUNG_COUNT + 1, JONG_COUNT))
_SYLLABLES, _JAMO = (len(KSX1001), SYLLABLE_COUNT), len(COMPATIBILITY_JAMO)
CHAR_INPUTS = (
    *(specify_chars(1, size, tight=tight) for size in CHAR_SIZES_PX for tight in (False, True)),
    specify_chars(8, 32),
)
CHAR_OUTPUTS = tuple(
    specify_char_outputs(sizes, count)
    for letters, jamo in zip(_LETTERS, (0, _JAMO), strict=True)
    for sizes, count in (
        (letters, None),
        *((each, count + jamo) for each in (letters, None) for count in _SYLLABLES),
    )
)
"""What readers of characters give: letters, whole characters or both, with bare jamo among them or without."""

ORIENTATION_INPUT = InputSpec(
    name="snippets",
    axes=("N", "1", "24", "160"),
    range=(-1.0, 1.0),
    colour="grey",
    resize="a piece of a line laid from left to right, 24 px high in proportion, repeated until it is 160 px wide",
)
ORIENTATION_OUTPUTS = (
    OutputSpec(
        name="turns",
        axes=("N", "4"),
        meaning="log-probabilities that the letters are turned clockwise by 0, 90, 180 and 270 degrees",
    ),
)

_CONTRACTS: dict[Kind, tuple[tuple[InputSpec, ...], tuple[tuple[OutputSpec, ...], ...]]] = {
    "detector": ((DETECTOR_INPUT,), (DETECTOR_OUTPUTS,)),
    "recognizer": (tuple(map(specify_strips, STRIP_HEIGHTS_PX)), tuple(HEAD_OUTPUTS.values())),
    "characters": (CHAR_INPUTS, CHAR_OUTPUTS),
    "orientation": ((ORIENTATION_INPUT,), (ORIENTATION_OUTPUTS,)),
}


def _list_known(manifest: Manifest) -> tuple[tuple[InputSpec, ...], tuple[tuple[OutputSpec, ...], ...]]:
    """The inputs and outputs that a network of the manifest's kind may have."""
    height, width = manifest.input.axes[2:4] if len(manifest.input.axes) == 4 else ("", "")
    if manifest.kind != "recognizer" or not (has_fixed_size(manifest) and height.isdigit() and width.isdigit()):
        return _CONTRACTS[manifest.kind]
    outputs = [
        specify_fixed_outputs(alphabet, attention=attention)
        for alphabet in ALPHABET_OUTPUTS.values()
        for attention in (False, True)
    ]
    return (specify_fixed_strips(int(height), int(width)),), tuple(outputs)


def record_charset(charset: Charset, added: str = "") -> CharsetRecord:
    """What a manifest says about a charset with some symbols added."""
    return CharsetRecord(name=charset.name, sha256=charset.extend(added).hash, added=added)


def find_charset(record: CharsetRecord) -> Charset:
    """The charset that a manifest names, with the symbols that it adds.

    Raises:
        KeyError: this version does not know it.
        ValueError: it adds what it has already.
    """
    return CHARSETS[record.name].extend(record.added)


def check_contract(folder: Path, manifest: Manifest) -> None:
    """Check that this version can feed the network and understand it.

    Raises:
        BundleError: it cannot.
    """
    if MODEL_FILE not in manifest.files:
        raise BundleError(f"the manifest of {folder} does not list {MODEL_FILE}. {ADVICE}")
    for variant in manifest.variants:
        if variant.file not in manifest.files:
            raise BundleError(f"the manifest of {folder} names {variant.file} and does not list it. {ADVICE}")
    inputs, outputs = _list_known(manifest)
    seen = (manifest.input.name, manifest.input.axes, manifest.input.range, manifest.input.colour)
    wanted = [(each.name, each.axes, each.range, each.colour) for each in inputs]
    if seen not in wanted:
        allowed = " or ".join(map(str, wanted))
        raise BundleError(f"{folder} wants the input {seen}; this version gives a {manifest.kind} {allowed}. {ADVICE}")
    given = [(each.name, each.axes) for each in manifest.outputs]
    if given not in [[(each.name, each.axes) for each in known] for known in outputs]:
        allowed = " or ".join(str([each.name for each in known]) for known in outputs)
        raise BundleError(
            f"{folder} gives the outputs {[name for name, _ in given]}; this version understands "
            f"{allowed} of a {manifest.kind}. {ADVICE}"
        )
    if manifest.kind == "recognizer":
        _check_charset(folder, manifest.charset)


def _check_charset(folder: Path, record: CharsetRecord | None) -> None:
    try:
        known = find_charset(record) if record else None
    except (KeyError, ValueError):
        known = None
    if record is None or known is None or known.hash != record.sha256:
        seen = f"{record.name} ({record.sha256[:12]}…)" if record else "none"
        allowed = ", ".join(f"{each.name} ({each.hash[:12]}…)" for each in CHARSETS.values())
        raise BundleError(f"{folder} writes the charset {seen}; this version knows {allowed}. {ADVICE}")
