"""Bodies stay within a size, and come without long pauses; what breaks the limits is told which."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geulnun.server.refusals import Refusal


class BodyLimit:
    """ASGI middleware that counts what comes and refuses it, from within `receive`, once it is too much."""

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        count = int(announced) if announced.isdigit() and len(announced) < 20 else 0
        too_large = count > self._max_bytes
        received, whole = 0, False

        async def receive_some() -> Message:
            nonlocal received, whole
            if too_large:
                raise self._refuse()
            if whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self._timeout_s)
            except TimeoutError:
                raise Refusal(
                    408, "body-timeout", f"no more of the body came for {self._timeout_s:g} s. Send it without pauses."
                ) from None
            received += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if received > self._max_bytes:
                raise self._refuse()
            return message

        await self.app(scope, receive_some, send)

    def _refuse(self) -> Refusal:
        return Refusal(
            413,
            "body-too-large",
            f"the body is larger than {self._max_bytes:,} bytes (max_body_bytes). Send a smaller file, or its pages "
            "one after the other.",
            headers={"Connection": "close"},
        )
