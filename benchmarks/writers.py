"""Measures what adapting a character reader to one writer at a time, without labels, is worth.

    python benchmarks/writers.py BUNDLE STORE [--letters FOLDER] [--chars 300] [--materials materials]

BUNDLE is a reader by letters with weights to start from, such as runs/study/pretrained/directmap/directmap; STORE is
what it learned from (runs/study/drawn/...), for the means of its classes. A writer is a handwriting face that training
never draws with, and, with --letters, somebody whose single letters (labels.jsonl with `image`, `text` and `writer`)
syllables are put together from. Each writes so many syllables of KS X 1001, damaged as in training. It needs the train
extra.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from geulnun.core.hangul import FIRST_SYLLABLE
from geulnun.data.sample import CharSample
from geulnun.data.store_chars import CharStore
from geulnun.evaluation.characters.statistics import compare_paired
from geulnun.runtime.recognition.step_scores import split_syllables
from geulnun.synth.characters.jamo_pictures import JamoPictures
from geulnun.synth.characters.source import HANDWRITING_CLASSES, CharSource
from geulnun.synth.materials.fonts import FontLibrary
from geulnun.training.characters.activation_maps import open_network
from geulnun.training.characters.data import LabelledChar, collate_chars, label_char
from geulnun.training.characters.network_config import CharacterNetworkConfig
from geulnun.training.characters.networks.network import CharacterNet
from geulnun.training.characters.writer_adaptation import (
    OFFSET_STIFFNESS,
    STIFFNESS,
    ClassMeans,
    describe,
    find_syllables,
    find_vector_reader,
    read_adapted,
)
from script import run_script

_SEED = 3_000_017
_BATCH = 64


def main() -> None:
    """Print top-1 of each writer as the reader is and adapted, and a test of all writers together."""
    arguments = _read_arguments()
    torch.set_grad_enabled(False)
    network, config = open_network(arguments.bundle)
    reader = find_vector_reader(network)
    assert isinstance(network, CharacterNet)
    store = CharStore(arguments.store)
    learned = (store[place] for place in range(min(arguments.learned, len(store))))
    means = ClassMeans.measure(describe_all(network, config, learned))
    for kind, writers in (("faces", list_faces(arguments)), ("hands", list_hands(arguments))):
        before: list[bool] = []
        after: list[bool] = []
        letters: list[tuple[float, ...]] = []
        for name, source in writers:
            drawn = map(source.draw, range(arguments.chars))
            parts = list(zip(*describe_all(network, config, drawn), strict=True))
            features, truths = torch.cat(parts[0]), torch.cat(parts[1])
            read = find_syllables(reader.head(features))
            plain = read == truths
            letters.append(compare_letters(read, truths))
            scores = read_adapted(
                reader, features, means, stiffness=arguments.stiffness, offset_stiffness=arguments.offset_stiffness
            )
            adapted = find_syllables(scores) == truths
            before += plain.tolist()
            after += adapted.tolist()
            print(f"{kind}: {name}: {100 * plain.float().mean():.1f} -> {100 * adapted.float().mean():.1f} %")
        if before:
            test = compare_paired(after, before)
            shares = [100 * sum(each) / len(each) for each in (before, after)]
            print(f"{kind}: all {len(before):,}: {shares[0]:.2f} -> {shares[1]:.2f} %, p = {test.p_value:.2g}")
            right = [f"{100 * sum(each) / len(letters):.1f}" for each in zip(*letters, strict=True)]
            print(f"{kind}: initials {right[0]}, medials {right[1]}, finals {right[2]} % right without adaptation")


def compare_letters(read: Tensor, truths: Tensor) -> tuple[float, ...]:
    """The share of initials, medials and finals that are right in syllables (N,), by their numbers; -1 has none."""
    letters = zip(split_syllables(read.numpy()), split_syllables(truths.numpy()), strict=True)
    return tuple(float(((found == true) & (read >= 0).numpy()).mean()) for found, true in letters)


def describe_all(
    network: CharacterNet, config: CharacterNetworkConfig, samples: Iterator[CharSample]
) -> Iterator[tuple[Tensor, Tensor]]:
    """Features and syllables of samples, a batch at a time."""
    chars = []
    for sample in samples:
        char = label_char(sample, config)
        if char is not None:
            chars.append(char)
        if len(chars) == _BATCH:
            yield _describe_batch(network, config, chars)
            chars = []
    if chars:
        yield _describe_batch(network, config, chars)


def _describe_batch(
    network: CharacterNet, config: CharacterNetworkConfig, chars: list[LabelledChar]
) -> tuple[Tensor, Tensor]:
    images = collate_chars(chars, config, 0, "").images
    numbers = torch.tensor([ord(char.text) - FIRST_SYLLABLE for char in chars])
    return describe(network, images).float(), numbers


def list_faces(arguments: argparse.Namespace) -> Iterator[tuple[str, CharSource]]:
    """Handwriting faces of the split asked for, each a writer."""
    library = FontLibrary.read(arguments.materials)
    for face in library.split(arguments.split).korean:
        if face.glyph_class in HANDWRITING_CLASSES:
            one = FontLibrary([face], library.folder)
            yield f"{face.family} {face.style}", CharSource(_SEED, one, split="validation", styles=("handwritten",))


def list_hands(arguments: argparse.Namespace) -> Iterator[tuple[str, CharSource]]:
    """People whose letters lie in --letters."""
    if arguments.letters is None:
        return
    nothing = FontLibrary([], arguments.materials)
    for split in ("train", "validation"):
        for writer, letters in sorted(JamoPictures.read(arguments.letters, split).writers.items()):
            alone = JamoPictures(writers={writer: letters})
            yield writer, CharSource(_SEED, nothing, split="validation", styles=("handwritten",), jamo=alone)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--letters", type=Path)
    parser.add_argument("--chars", type=int, default=300, help="that each writer writes")
    parser.add_argument("--learned", type=int, default=40_000, help="characters of the store that means are taken of")
    parser.add_argument("--stiffness", type=float, default=STIFFNESS)
    parser.add_argument("--offset-stiffness", type=float, default=OFFSET_STIFFNESS)
    parser.add_argument("--split", default="validation", choices=("train", "validation"), help="whose faces write")
    parser.add_argument("--materials", type=Path, default=Path("materials"))
    return parser.parse_args()


if __name__ == "__main__":
    run_script(main)
