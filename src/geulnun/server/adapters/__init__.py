"""Stand-ins for the APIs of other programs: a client changes its URL and nothing else. One thin file for each."""

from fastapi import APIRouter

from geulnun.server.adapters import azure, clova, google, ocr, open_webui, umi_ocr

# CLOVA comes last, since its clients call any path that ends in /general or /infer.
ADAPTERS: tuple[APIRouter, ...] = (
    google.router,
    azure.router,
    ocr.router,
    open_webui.router,
    umi_ocr.router,
    clova.router,
)
