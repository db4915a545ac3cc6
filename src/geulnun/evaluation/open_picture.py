"""The pixels of a labelled picture, which may be a page of a PDF."""

from geulnun.core.image import RgbImage
from geulnun.data.sample import LabelledPicture
from geulnun.documents import count_pages, open_pages
from geulnun.errors import InputError


def open_picture(picture: LabelledPicture) -> RgbImage:
    """The picture as (H, W, 3) uint8 RGB; a PDF's page is drawn as reading draws it.

    Raises:
        InputError: the file is missing, damaged or no picture, or a PDF of several pages without saying which is meant.
    """
    path, number = picture.image_path, picture.page_number
    if path.suffix.lower() != ".pdf":
        return picture.read_image()
    if number is None and (count := count_pages(path)) > 1:
        raise InputError(f'{path} has {count} pages. Its record must say which one is labelled, as in "page": 1.')
    return next(open_pages(path, pages=[number or 1])).rgb
