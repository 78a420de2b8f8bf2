"""An answer on its way to the client, and what can be done to it."""

import asyncio
import base64
import contextlib
import socket
import struct

import http1


class Frames:
    """Follows where the frames of a watch end: 4-byte lengths in protobuf, lines in JSON."""

    def __init__(self, head):
        self.is_protobuf = "protobuf" in head.headers.get("content-type", "")
        self.head = b""
        self.left = 0
        self.is_between = True

    def split(self, data):
        """Cuts data behind each frame that ends in it."""
        while data:
            count = self._next(data)
            yield data[:count]
            data = data[count:]

    def _next(self, data):
        if not self.is_protobuf:
            end = data.find(b"\n") + 1
            self.is_between = end > 0
            return end or len(data)
        taken = 0
        if not self.left:
            taken = min(4 - len(self.head), len(data))
            self.head += data[:taken]
            if len(self.head) == 4:
                self.left, self.head = struct.unpack(">I", self.head)[0], b""
        body = min(self.left, len(data) - taken)
        self.left -= body
        self.is_between = not self.left and not self.head
        return taken + body


class Stream:
    """A chunked body, written piece by piece as its rule says and as commands come."""

    def __init__(self, writer, rule, random, plural="", frames=None):
        self.writer, self.rule, self.random, self.plural, self.frames = writer, rule, random, plural, frames
        self.gate = asyncio.Event()
        self.gate.set()
        self.drops = False
        self.cut_inside = None
        self.injections = []
        self.sent = 0
        self.sweep = 0
        self.ended = asyncio.Event()
        self.how = None  # it ended
        self.lock = asyncio.Lock()

    def command(self, do, how="rst", data="", json="", size=0):
        """What can happen to an open watch:

            cut      at once; `how`: "rst"; "fin" (no word of TLS); "close" (TLS is closed, the body is not);
                     "end" (a clean end of the body); "chunk" (in the middle of a chunk)
            inside   the same in the middle of the next frame
            stall    nothing more is passed on; what comes waits
            drop     nothing more is passed on; what comes is lost
            resume   after `stall`
            inject   `data` (base64) as soon as no frame is under way; where the frames are JSON, `json` and a newline
            garbage  `size` bytes at random, as `inject`
        """
        match do:
            case "cut": self.end(how)
            case "inside": self.cut_inside = how
            case "stall": self.gate.clear()
            case "drop": self.drops = True
            case "resume": self.gate.set()
            case "inject" if json and not self.frames.is_protobuf: self._inject(json.encode() + b"\n")
            case "inject": self._inject(base64.b64decode(data))
            case "garbage": self._inject(self.random.randbytes(size))
            case _: raise ValueError(f"no such thing to do: {do}")

    def _inject(self, data):
        self.injections.append(data)
        if not self.lock.locked() and self.frames.is_between:
            self._write_injections()

    def _write_injections(self):
        while self.injections and not self.how:
            self.writer.write(http1.chunk(self.injections.pop(0)))

    async def send(self, data):
        """Passes on bytes of the server."""
        async with self.lock:
            for part in self.frames.split(data) if self.frames else [data]:
                await self.gate.wait()
                if self.how:
                    return
                if self.drops:
                    continue
                if self.cut_inside:
                    await self._emit(part[:len(part) // 2])
                    self.end(self.cut_inside)
                    return
                await self._send_as_ruled(part)
                if self.frames and self.frames.is_between:
                    self._write_injections()

    async def _send_as_ruled(self, part):
        do = self.rule.do if self.rule else None
        size = self.rule.size if self.rule else 0
        match do:
            case "pieces":
                while part:
                    count = size or self.random.randint(1, 40)
                    await self._emit(part[:count])
                    part = part[count:]
            case "sweep":
                position = self.sweep % len(part)
                self.sweep += 1
                for half in (part[:position], part[position:]):
                    await self._emit(half)
            case "slow":
                tenth = max(1, size // 10)
                while part:
                    await self._emit(part[:tenth])
                    part = part[tenth:]
                    await asyncio.sleep(0.1)
            case "truncate" if self.sent + len(part) >= size:
                await self._emit(part[:size - self.sent])
                self.end(self.rule.how)
            case "garble" if self.sent + len(part) > size:
                kept = max(0, size - self.sent)
                await self._emit(part[:kept] + self.random.randbytes(len(part) - kept))
            case _:
                await self._emit(part)

    async def _emit(self, data):
        if data and not self.how:
            self.sent += len(data)
            self.writer.write(http1.chunk(data))
            await self.writer.drain()
            await asyncio.sleep(0)

    def end(self, how="end"):
        """Ends the answer; only after "end" does the connection serve on."""
        if self.how:
            return
        self.how = how
        self.ended.set()
        with contextlib.suppress(OSError):
            match how:
                case "end": self.writer.write(b"0\r\n\r\n")
                case "chunk":
                    self.writer.write(b"400\r\n" + bytes(7))
                    self.writer.close()
                case "close": self.writer.close()
                case "fin": self.writer.transport.abort()
                case "rst": reset(self.writer)
                case _: raise ValueError(f"no such end: {how}")


def reset(writer):
    """Ends a connection with RST."""
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
