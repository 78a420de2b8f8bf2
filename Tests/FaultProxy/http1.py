"""As much of HTTP/1.1 as a relay needs: heads, and bodies in the pieces in which they come."""

import asyncio
import dataclasses

PIECE = 1 << 16
MAXIMUM_HEAD = 1 << 16


@dataclasses.dataclass
class Head:
    """The head of a request or of an answer, as it was read and in parts."""

    raw: bytes
    first: list
    headers: dict  # names in lower case

    @property
    def method(self):
        return self.first[0]

    @property
    def target(self):
        return self.first[1]

    @property
    def status(self):
        return int(self.first[1])

    @property
    def is_chunked(self):
        return "chunked" in self.headers.get("transfer-encoding", "")

    @property
    def length(self):
        return int(self.headers.get("content-length", 0))


async def read_head(reader):
    """None when the connection was closed between messages."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *rest = raw.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.split(":", 1) for line in rest)
    return Head(raw, first.split(" ", 2), {name.lower(): value.strip() for name, value in pairs})


async def body(reader, head):
    """The body's pieces, without the chunked coding."""
    if not head.is_chunked:
        left = head.length
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece
        return
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        while size:
            piece = await reader.read(min(size, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", size)
            size -= len(piece)
            yield piece
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass  # trailers


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer_head(status, headers):
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(status, headers, content):
    return answer_head(status, {**headers, "Content-Length": len(content)}) + content
