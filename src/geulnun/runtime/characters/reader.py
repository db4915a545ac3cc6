"""Single characters -> readings: the character reader."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geulnun.core.image import MAX_PIXELS, ImageSource, read_image
from geulnun.errors import BundleError, InputError
from geulnun.runtime.bundles.bundle import Bundle, choose_bundle, has_parts
from geulnun.runtime.bundles.manifest import Kind, Manifest
from geulnun.runtime.bundles.session import Backend, Session, open_session
from geulnun.runtime.characters.decode import CharReading, check_top, decode_chars
from geulnun.runtime.characters.prepare import batch_chars, prepare_char, prepare_ink

KIND: Kind = "characters"
MAX_BATCH = 64
_DEFAULT_SIZE_PX = 64


class CharacterReader:
    """Reads pictures of one Hangul syllable each. Immutable: make one, and share it between threads.

    >>> reader = geulnun.CharacterReader()
    >>> reading = reader.predict("가.png", n=5)[0]
    >>> reading.text, reading.confidence, reading.alternatives, reading.jung

    Args:
        weights: folder or name of a bundle; the one that comes with the package if None.
        threads: CPU threads to use; all that this process may use if None.
        backend: "onnxruntime", "openvino", or "auto" for the faster one that is installed.
        exit_confidence: of weights with a cascade, how sure an early answer must be to stand, 0..1; if None, as sure
            as validation found that it is right as often as the whole network. 1 runs nearly everything to the end.

    Raises:
        BundleError: weights that are missing, damaged or do not fit.
        MissingExtraError: a backend that is not installed.
        UsageError: an unknown backend or a wrong number of threads, or an `exit_confidence` and no cascade.
    """

    def __init__(
        self,
        weights: str | Path | None = None,
        threads: int | None = None,
        backend: Backend = "auto",
        exit_confidence: float | None = None,
    ) -> None:
        bundle = choose_bundle(weights, KIND)
        self._attach(bundle.manifest, _open_session(bundle, backend, threads, exit_confidence))

    @classmethod
    def from_session(cls, manifest: Manifest, session: Session) -> "CharacterReader":
        """A reader of a network that is open already.

        Raises:
            BundleError: a network that takes neither grey pictures nor direction maps.
        """
        reader = cls.__new__(cls)
        reader._attach(manifest, session)
        return reader

    def _attach(self, manifest: Manifest, session: Session) -> None:
        self.manifest = manifest
        self._session = session
        self._outputs = [output.name for output in manifest.outputs]
        self._channels, self._size_px = _find_input(manifest)
        self._prepare = prepare_ink if manifest.network.get("preparation") == "tight" else prepare_char

    @property
    def name(self) -> str:
        """What the weights are called."""
        return self.manifest.name

    @property
    def backend(self) -> str:
        """What runs the network, with its version."""
        return self._session.backend

    def predict(
        self,
        images: ImageSource | Sequence[ImageSource] | NDArray[np.uint8],
        n: int = 5,
        *,
        max_pixels: int = MAX_PIXELS,
    ) -> list[CharReading]:
        """A reading for each picture, in their order; none for none.

        Args:
            images: one picture (path, bytes of a file, (H, W) or (H, W, 3) array, PIL image) or several: a list of
                such, or an array (N, H, W) or (N, H, W, 3). Any size; colour becomes grey.
            n: how many of the likeliest syllables, initials, medials and finals to give.
            max_pixels: larger pictures are refused before they are decoded.

        Raises:
            InputError: what cannot be read as a picture; the message says which one.
            UsageError: n is not a whole number from 1 to 11,172.
        """
        check_top(n)
        readings: list[CharReading] = []
        batch: list[NDArray[np.uint8]] = []
        for image in _open_all(images, max_pixels):
            batch.append(self._prepare(image, self._size_px))
            if len(batch) == MAX_BATCH:
                readings += self._read_batch(batch, n)
                batch = []
        return readings + (self._read_batch(batch, n) if batch else [])

    def prepare(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Grey or RGB uint8 pictures as the network's input (N, 1 or 8, S, S).

        Raises:
            InputError: none, or one that is no such picture.
        """
        return self._batch([self._prepare(image, self._size_px) for image in images])

    def run(self, batch: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The network's tables of log-probabilities, by name, for what `prepare` gave."""
        return dict(zip(self._outputs, self._session.run(batch), strict=True))

    def _batch(self, chars: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        if self._channels == 1:
            return batch_chars(chars)
        from geulnun.runtime.characters.direction_maps import batch_directions  # which no bundled weights read

        return batch_directions(chars)

    def _read_batch(self, chars: Sequence[NDArray[np.uint8]], n: int) -> list[CharReading]:
        return decode_chars(self.run(self._batch(chars)), n)


def _open_session(bundle: Bundle, backend: Backend, threads: int | None, exit_confidence: float | None) -> Session:
    """The network of a bundle; both parts of one that answers early, as no bundled one does."""
    if exit_confidence is None and not has_parts(bundle):
        return open_session(bundle, backend, threads)
    from geulnun.runtime.characters.early_exit import open_cascade

    return open_cascade(bundle, backend, threads, exit_confidence)


def _find_input(manifest: Manifest) -> tuple[int, int]:
    """Channels of the network's input (1 grey, 8 direction maps) and side of the grey pictures in pixels."""
    axes = manifest.input.axes
    channels = int(axes[1]) if len(axes) == 4 and axes[1].isdigit() else 0
    if channels not in (1, 8):
        raise BundleError(
            f"{manifest.name} takes the input {axes}; (N, 1, S, S) grey or (N, 8, S, S) direction maps are known. "
            "Export the bundle anew with `geulnun export`."
        )
    if channels == 1 and axes[2].isdigit():
        return channels, int(axes[2])
    # Direction maps are made of grey pictures whose size only the network's config says.
    return channels, int(manifest.network.get("size_px", _DEFAULT_SIZE_PX))


def _open_all(
    images: ImageSource | Sequence[ImageSource] | NDArray[np.uint8], max_pixels: int
) -> Iterator[NDArray[np.uint8]]:
    listed = _list_images(images)
    for number, image in enumerate(listed):
        which = f"picture {number}: " if len(listed) > 1 else ""
        if not isinstance(image, str | bytes | os.PathLike | np.ndarray | Image.Image):
            raise _refuse(image, which)
        try:
            yield read_image(image, max_pixels=max_pixels)
        except InputError as error:
            raise InputError(f"{which}{error}") from error


def _list_images(images: ImageSource | Sequence[ImageSource] | NDArray[np.uint8]) -> Sequence[ImageSource]:
    """The pictures one by one; an array of four axes, or of three whose last is no colour, is a batch."""
    if isinstance(images, str | bytes | os.PathLike | Image.Image):
        return [images]
    if isinstance(images, np.ndarray):
        if images.ndim == 2 or (images.ndim == 3 and images.shape[2] in (1, 3, 4)):
            return [images]
        if images.ndim in (3, 4):
            return list(images)
        raise InputError(
            f"an array of shape {images.shape} is no picture. Allowed are (H, W), (H, W, 3), (N, H, W) and "
            "(N, H, W, 3)."
        )
    if isinstance(images, list | tuple):
        return images
    raise _refuse(images)


def _refuse(thing: object, where: str = "") -> InputError:
    return InputError(
        f"{where}{type(thing).__name__} is no picture. Give a path, bytes, an array, a PIL image, or a list of them."
    )
