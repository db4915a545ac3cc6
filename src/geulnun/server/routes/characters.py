"""``POST /v1/characters``: pictures of one syllable each to the likeliest."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from geulnun.core.page import Alternative
from geulnun.runtime.characters.decode import CharReading
from geulnun.server.auth import authorize
from geulnun.server.intake.uploads import Upload, read_uploads
from geulnun.server.routes.read import FILE_BODY
from geulnun.server.services import get_services, serve_admitted

router = APIRouter(tags=["reading"])


class Guess(BaseModel):
    """A character or letter, and the probability that it is this one; an empty text is "no letter"."""

    text: str
    confidence: float


class Reading(BaseModel):
    """What one picture says: the likeliest characters, and the likeliest letters of each place."""

    name: str | None
    text: str
    confidence: float
    alternatives: list[Guess]
    initial: list[Guess]
    medial: list[Guess]
    final: list[Guess]


class Readings(BaseModel):
    """One reading for each picture, in their order."""

    readings: list[Reading]


@router.post("/v1/characters", openapi_extra=FILE_BODY)
async def read_characters(
    request: Request,
    top: Annotated[int, Query(ge=1, le=50, description="How many of the likeliest to give.")] = 5,
) -> Readings:
    """Read pictures of a single Hangul syllable each, written or printed: the likeliest syllables and their letters."""
    authorize(request)
    services = get_services(request)

    async def work(uploads: list[Upload]) -> Readings:
        images = [upload.content for upload in uploads]
        readings = await services.limiter.run(lambda: services.reader.read_characters(images, top))
        return Readings(
            readings=[_describe(reading, upload.name) for reading, upload in zip(readings, uploads, strict=True)]
        )

    return await serve_admitted(request, read_uploads, work)


def _describe(reading: CharReading, name: str | None) -> Reading:
    return Reading(
        name=name,
        text=reading.text,
        confidence=round(reading.confidence, 4),
        alternatives=_list_guesses(reading.alternatives),
        initial=_list_guesses(reading.cho),
        medial=_list_guesses(reading.jung),
        final=_list_guesses(reading.jong),
    )


def _list_guesses(alternatives: Sequence[Alternative]) -> list[Guess]:
    return [Guess(text=each.text, confidence=round(each.confidence, 4)) for each in alternatives]
