"""What is asked of every message, and what every answer carries, whoever sends it."""

import json

import anyio
from starlette.exceptions import HTTPException

LARGEST = 64_000  # bytes of a message; 50 events need 25,000
SLOWEST = 10  # seconds in which a message has to be here
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Refused(HTTPException):
    """An answer that is no success; the detail is a word for the learner's course."""


def with_headers(app):
    """Return an ASGI application with our headers on every answer, errors too."""
    fixed = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]

    async def wrapped(scope, receive, send):
        async def send_with(message):
            if message["type"] == "http.response.start":
                ours = {name for name, _ in fixed}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in ours]
                message["headers"] = kept + fixed
            await send(message)

        await app(scope, receive, send_with if scope["type"] == "http" else send)

    return wrapped


async def content_of(request):
    """Return the object in a message: JSON, said to be JSON, of a fair size and in fair time."""
    # No form and no simple request of another site's page can carry this type.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "type")
    body = b""
    try:
        with anyio.fail_after(SLOWEST):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST:
                    raise Refused(413, "size")
    except TimeoutError:
        raise Refused(408, "slow") from None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "json") from None
    if not isinstance(content, dict):
        raise Refused(400, "json")
    return content


def same_origin(request):
    """Refuse what a page of another site sends with the instructor's cookie."""
    origin = request.headers.get("origin", "")
    if origin.partition("://")[2] != request.headers.get("host"):
        raise Refused(403, "origin")


def token_of(request):
    """Return the token of a learner."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token or len(token) > 100:
        raise Refused(401, "token")
    return token


def address_of(request):
    """Return from where a message came."""
    return request.client.host if request.client else ""
