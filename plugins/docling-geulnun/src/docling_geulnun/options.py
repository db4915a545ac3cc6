"""The options of the engine, as docling shows and checks them."""

from typing import Annotated, ClassVar, Literal

from docling.datamodel.pipeline_options import OcrOptions
from pydantic import Field


class GeulnunOcrOptions(OcrOptions):
    """Options of ``--ocr-engine geulnun``; `mode` and `scale` are those of docling's other engines."""

    kind: ClassVar[Literal["geulnun"]] = "geulnun"

    lang: Annotated[list[str], Field(description="Korean (ko, kor) and English (en, eng); always both are read.")] = [
        "kor",
        "eng",
    ]
    min_confidence: Annotated[
        float, Field(ge=0.0, le=1.0, description="Lines that are read with a lower mean confidence are dropped.")
    ] = 0.5
