"""Stored sets of samples: they stay the same when the code that draws them changes."""

from pathlib import Path

from geulnun.data import open_dataset
from geulnun.data.sample import LabelledPicture, Sample, StripSample
from geulnun.data.sources.labels import read_labelled_pictures
from geulnun.data.store import read_pictures
from geulnun.errors import ConfigError, DatasetError


class StoredStrips:
    """The strips of a folder with a `labels.jsonl`, in their order.

    Raises:
        ConfigError: its strips have another height.
    """

    def __init__(self, folder: Path, height_px: int) -> None:
        self.folder, self.height_px = folder, height_px
        self.pictures = list(read_labelled_pictures(folder))

    def draw(self, index: int) -> StripSample:
        """The strip of that number: (H, W) uint8 grey, and its text."""
        picture = _pick(self.pictures, index, self.folder)
        image = picture.read_image()[:, :, 0]
        if len(image) != self.height_px:
            raise ConfigError(
                f"{picture.image_path} is {len(image)} px high, and the network reads strips of {self.height_px} px. "
                "Store strips of that height, or leave source.strips and source.validation_store empty."
            )
        return StripSample(image=image, text=picture.text)


class CycledStrips:
    """The strips of a folder with a `labels.jsonl`, in their order and over again.

    Raises:
        ConfigError: its strips have another height.
    """

    def __init__(self, folder: Path, height_px: int) -> None:
        self.strips = StoredStrips(folder, height_px)

    def draw(self, index: int) -> StripSample:
        """The strip of that number, counted on from the first after the last: (H, W) uint8 grey, and its text."""
        return self.strips.draw(index % len(self.strips.pictures))


class StoredPages:
    """The pages of a store that `SampleWriter` wrote, in their order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = list(read_pictures(folder))

    def draw(self, index: int) -> Sample:
        """The page of that number."""
        picture = _pick(self.pictures, index, self.folder)
        assert picture.page is not None
        return Sample(image=picture.read_image(), page=picture.page, kind=picture.kind, name=picture.name)


class CycledPages:
    """The pages of a data set whose characters all have boxes, in their order and over again.

    Raises:
        DatasetError: none of its pictures has boxes of characters.
    """

    def __init__(self, folder: Path) -> None:
        self.pictures = [picture for picture in open_dataset(folder) if picture.page is not None]
        if not self.pictures:
            raise DatasetError(
                f"{folder} says nothing of the boxes of characters. Give a data set of `geulnun synth --pages`, or one "
                "with merged_gt.pkl."
            )

    def draw(self, index: int) -> Sample:
        """The page of that number, counted on from the first after the last."""
        picture = self.pictures[index % len(self.pictures)]
        assert picture.page is not None
        return Sample(image=picture.read_image(), page=picture.page, kind=picture.kind, name=picture.name)


def _pick(pictures: list[LabelledPicture], index: int, folder: Path) -> LabelledPicture:
    if index >= len(pictures):
        raise ConfigError(f"{folder} holds {len(pictures)} samples, and number {index} is asked for. Ask for fewer.")
    return pictures[index]
