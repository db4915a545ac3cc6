"""What a client may choose for a reading, as on the command line."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from geulnun.documents import check_dpi, parse_page_range
from geulnun.runtime.options import ReadOptions
from geulnun.server.intake.uploads import clean_name
from geulnun.server.refusals import Refusal


class ReadChoices(BaseModel):
    """Options of `geulnun read`, as query parameters or as fields of the form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str | None = Field(default=None, description="Format of the answer; goes before the header Accept.")
    name: Annotated[str | None, AfterValidator(clean_name)] = Field(
        default=None, description="What to call the document; a form's file has its own name."
    )
    pages: str | None = Field(default=None, description="Pages to read of a PDF or TIFF: `1,3-5`; `7-` is from 7 on.")
    dpi: float | None = Field(
        default=None, description="Resolution for PDF pages, 36 to 1200; chosen to suit if left out."
    )
    min_confidence: float = Field(default=0.5, description="Leave out lines that are less sure than this, 0 to 1.")
    alternatives: int = Field(default=0, description="Readings to give for each character, 0 to 50.")
    beam: int | None = Field(default=None, description="Texts kept in the search for each line; 0: no search.")
    orientation: Literal["auto", "0", "90", "180", "270"] = Field(
        default="auto", description="How far pages lie turned clockwise; auto sees it by their letters."
    )

    def with_fields(self, fields: Mapping[str, str]) -> "ReadChoices":
        """These choices with those of a form's fields in their place.

        Raises:
            Refusal: a field that is not known, or a value out of range.
        """
        if not fields:
            return self
        try:
            return ReadChoices.model_validate({**self.model_dump(exclude_unset=True), **fields})
        except ValidationError as error:
            problems = "; ".join(f"{(*each['loc'], 'field')[0]}: {each['msg']}" for each in error.errors())
            allowed = ", ".join(ReadChoices.model_fields)
            raise Refusal(400, "wrong-option", f"{problems}. Fields of the form are file, {allowed}.") from None

    def to_options(self) -> ReadOptions:
        """The engine's options.

        Raises:
            UsageError: a value out of range.
        """
        parse_page_range(self.pages)
        check_dpi(self.dpi)
        orientation = "auto" if self.orientation == "auto" else int(self.orientation)
        return ReadOptions(
            min_confidence=self.min_confidence,
            alternatives=self.alternatives,
            beam=self.beam,
            orientation=orientation,  # type: ignore[arg-type]
        )
