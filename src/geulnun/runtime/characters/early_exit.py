"""Early exit: a network in two parts, the second of which runs only where the first is unsure.

No bundled weights have the two parts; `configs/characters` trains some.

Source: Z. Li et al. 2018 (arXiv 1804.01259).
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

from geulnun.core.arrays import FloatMap, Floats, Mask
from geulnun.errors import UsageError
from geulnun.runtime.bundles.bundle import Bundle, has_parts
from geulnun.runtime.bundles.manifest import CASCADE_FOLDERS, InputSpec, Manifest, OutputSpec
from geulnun.runtime.bundles.session import Backend, Session, open_session

EARLY_FOLDER, LATE_FOLDER = CASCADE_FOLDERS

MAPS = "maps"
_CONFIDENCE = "exit_confidence"


def describe_early(manifest: Manifest, shape: tuple[str, ...] = ("C", "h", "w")) -> Manifest:
    """The manifest of the first part: it gives what the whole network gives, and its maps of such a shape."""
    maps = OutputSpec(name=MAPS, axes=("N", *shape), meaning="feature maps that the second part goes on from")
    return dataclasses.replace(manifest, outputs=(*manifest.outputs, maps), variants=())


def describe_late(manifest: Manifest, shape: tuple[str, ...] = ("C", "h", "w")) -> Manifest:
    """The manifest of the second part: it takes such maps and gives what the whole network gives."""
    given = InputSpec(
        name=MAPS, axes=("N", *shape), range=(-np.inf, np.inf), colour="grey", resize="none: what the first part gave"
    )
    return dataclasses.replace(manifest, input=given, variants=())


def find_exit_confidence(manifest: Manifest) -> float:
    """The confidence at which validation found early answers as good as late ones: the highest of all its sets.

    2, which no answer reaches, where nothing is known of it.
    """
    return max((each.values.get(_CONFIDENCE, 2.0) for each in manifest.metrics), default=2.0)


class CascadeSession:
    """Both parts, to be run like one network.

    Attributes:
        least_confidence: what an early answer needs to stand.
    """

    def __init__(self, early: Session, late: Session, tables: list[str], least_confidence: float) -> None:
        self.least_confidence = least_confidence
        self._early, self._late, self._tables = early, late, tables

    @property
    def backend(self) -> str:
        """What runs it."""
        return f"{self._early.backend}, cascade"

    def run(self, array: FloatMap) -> list[FloatMap]:
        """The tables of all characters (N, C, S, S)."""
        return self.run_told(array)[0]

    def run_told(self, array: FloatMap) -> tuple[list[FloatMap], Mask]:
        """The tables, and which characters (N,) were answered early; the second part saw only the others."""
        *tables, maps = self._early.run(array)
        sure = measure_confidence(dict(zip(self._tables, tables, strict=True))) >= self.least_confidence
        if not sure.all():
            rest = ~sure
            tables = [np.array(table) for table in tables]
            for table, late in zip(tables, self._late.run(np.ascontiguousarray(maps[rest])), strict=True):
                table[rest] = late
        return tables, sure


def open_cascade(
    bundle: Bundle, backend: Backend = "auto", threads: int | None = None, least_confidence: float | None = None
) -> CascadeSession:
    """The cascade of a bundle that has one.

    Args:
        bundle: What to run.
        backend: as of `open_session`.
        threads: as of `open_session`.
        least_confidence: 0..1, what an early answer needs to stand; as validation found if None.

    Raises:
        UsageError: the bundle has none, or such a confidence is impossible.
    """
    if not has_parts(bundle):
        raise UsageError(
            f"{bundle.manifest.name} answers nothing early: it has no {EARLY_FOLDER} and {LATE_FOLDER} part. Leave the "
            "confidence out, or train a network with early_exit."
        )
    if least_confidence is None:
        least_confidence = find_exit_confidence(bundle.manifest)
    elif not 0 <= least_confidence <= 1:
        raise UsageError(f"an exit at a confidence of {least_confidence} is impossible; allowed is 0 to 1.")
    early = Bundle(folder=bundle.folder / EARLY_FOLDER, manifest=describe_early(bundle.manifest))
    late = Bundle(folder=bundle.folder / LATE_FOLDER, manifest=describe_late(bundle.manifest))
    tables = [output.name for output in bundle.manifest.outputs]
    parts = open_session(early, backend, threads), open_session(late, backend, threads)
    return CascadeSession(*parts, tables, least_confidence)


def measure_confidence(tables: Mapping[str, Floats]) -> Floats:
    """Probability (N,) of the likeliest character: of the flat table where there is one, else of the three letters."""
    if "flat" in tables:
        return np.asarray(np.exp(tables["flat"].max(axis=1)))
    return np.asarray(np.exp(np.sum([table.max(axis=1) for table in tables.values()], axis=0)))
