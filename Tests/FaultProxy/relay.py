"""Passes requests on to the API server and answers back, with what the rules say in between."""

import asyncio
import collections
import contextlib
import ssl

import http1
from rules import classify
from streams import Frames, Stream, reset

ENDINGS = (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, OSError)


async def unless(other, work):
    """Performs work for as long as something else, a future, has not happened: its result, or false."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait((task, other), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else False
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Upstream:
    """A connection to the API server, made when it is first needed."""

    def __init__(self, place):
        self.place = place
        self.reader = self.writer = None

    async def send(self, request):
        if not self.writer:
            self.reader, self.writer = await asyncio.open_connection(**self.place)
        self.writer.write(request)

    def close(self):
        if self.writer:
            self.writer.transport.abort()
        self.reader = self.writer = None


class Relay:
    def __init__(self, random):
        self.random = random
        self.rules = []
        self.streams = set()  # open watches
        self.counts = collections.Counter()
        self.place = None

    def connect_to(self, url, authority):
        context = ssl.create_default_context(cadata=authority)
        context.set_alpn_protocols(["http/1.1"])
        self.place = dict(host=url.hostname, port=url.port, ssl=context, server_hostname=url.hostname)

    async def serve(self, reader, writer):
        """Serves a connection of the client; it has one to the server of its own."""
        server, gone = Upstream(self.place), asyncio.ensure_future(writer.wait_closed())
        with contextlib.suppress(*ENDINGS):
            while head := await http1.read_head(reader):
                content = b"".join([part async for part in http1.body(reader, head)])
                if not await unless(gone, self.request(head, content, server, writer)):
                    break
        server.close()
        if not writer.is_closing():
            writer.close()
        await asyncio.gather(gone, return_exceptions=True)

    async def request(self, head, content, server, writer):
        """Answers one request; false when the client's connection is of no more use."""
        kind, plural = classify(head.method, head.target)
        self.counts[kind] += 1
        rule = next((rule for rule in self.rules if rule.takes(kind, plural)), None)
        if rule:
            self.counts[rule.do] += 1
        match rule.do if rule else None:
            case "answer":
                writer.write(http1.answer(rule.status, rule.headers, rule.body))
                return True
            case "reset":
                reset(writer)
                return False
            case "silence":
                await asyncio.Event().wait()
        await server.send(head.raw + content)
        answer = await http1.read_head(server.reader)
        if not answer:
            raise ConnectionResetError
        if rule or answer.is_chunked:
            frames = Frames(answer) if kind == "watch" and answer.status == 200 else None
            return await self.pass_on(answer, server, Stream(writer, rule, self.random, plural, frames))
        writer.write(answer.raw)
        async for part in http1.body(server.reader, answer):
            writer.write(part)
        await writer.drain()
        return True

    async def pass_on(self, head, server, stream):
        kept = ("content-type", "content-encoding", "retry-after")
        headers = {name: head.headers[name] for name in kept if name in head.headers}
        self.counts["compressed"] += "content-encoding" in headers
        stream.writer.write(http1.answer_head(head.status, {**headers, "Transfer-Encoding": "chunked"}))
        if stream.frames:
            self.streams.add(stream)
        ended = asyncio.ensure_future(stream.ended.wait())
        try:
            if not await unless(ended, self.pump(head, server.reader, stream)):
                server.close()  # nobody wants the rest of its answer
            return stream.how == "end"
        finally:
            ended.cancel()
            self.streams.discard(stream)

    @staticmethod
    async def pump(head, reader, stream):
        """Whether the whole answer of the server was passed on."""
        try:
            async for part in http1.body(reader, head):
                await stream.send(part)
        except ENDINGS:
            stream.end("close")
        if stream.how:
            return False
        stream.end()
        return True
