"""A proxy between a client and a Kubernetes API server that fails on command.

    fault_proxy.py [--seed N]

It ends TLS towards the client with a certificate of its own, speaks TLS to the API server, understands HTTP/1.1 and
passes bodies on piece by piece. On standard output it writes one line of JSON: `port` for the client, `control` for
commands, `certificateAuthority` for the client to trust. It ends when the process that started it has ended.

Commands are JSON over plain HTTP on the control port:

    PUT    /upstream     {"server": "https://…", "certificateAuthority": PEM}   first of all
    POST   /rules        what is to happen to requests from now on, see rules.py
    DELETE /rules        nothing any more, stalled streams go on
    POST   /streams      what is to happen to open watches, see streams.py; answers {"streams": how many it met}
    GET    /counts       requests and faults so far, open watches
"""

import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

import http1
from relay import Relay
from rules import Rule


def certificates(folder):
    """An authority and a server certificate for 127.0.0.1, made anew: returns the server's context and the authority."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]
    for arguments in (
        ["-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=fault proxy"],
        ["-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=127.0.0.1", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-addext", "subjectAltName=IP:127.0.0.1,IP:0.0.0.0", "-addext", "basicConstraints=CA:FALSE"],
    ):
        subprocess.run(["openssl", "req", "-x509", *key, *arguments], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.set_alpn_protocols(["http/1.1"])
    return context, (folder / "ca.pem").read_text()


class Control:
    """The control port."""

    def __init__(self, relay):
        self.relay = relay

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await http1.read_head(reader):
                body = b"".join([part async for part in http1.body(reader, head)])
                try:
                    answer, status = self.perform(head.method, head.target, json.loads(body or b"{}")), 200
                except Exception as error:  # whatever it is, the test is to learn of it
                    answer, status = {"error": f"{head.method} {head.target}: {error!r}"}, 400
                writer.write(http1.answer(status, {"Content-Type": "application/json"}, json.dumps(answer).encode()))
                await writer.drain()
        writer.close()

    def perform(self, method, target, command):
        match method, target:
            case "PUT", "/upstream":
                self.relay.connect_to(urllib.parse.urlsplit(command["server"]), command["certificateAuthority"])
                return {}
            case "POST", "/rules":
                self.relay.rules.append(Rule(**command))
                return {}
            case "DELETE", "/rules":
                self.relay.rules.clear()
                for stream in self.relay.streams:
                    stream.command("resume")
                return {}
            case "POST", "/streams":
                plural = command.pop("plural", None)
                met = [one for one in self.relay.streams if plural in (None, one.plural)]
                for stream in met:
                    stream.command(**command)
                return {"streams": len(met)}
            case "GET", "/counts":
                return {**self.relay.counts, "open": len(self.relay.streams)}
        raise ValueError("no such command")


async def parent_ended():
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(0.2)


async def main():
    parser = argparse.ArgumentParser(description="A proxy that fails on command; see the head of this file.")
    parser.add_argument("--seed", type=int, default=1)
    relay = Relay(random.Random(parser.parse_args().seed))
    with tempfile.TemporaryDirectory(prefix="callboard-faults-") as folder:
        context, authority = certificates(pathlib.Path(folder))
    front = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=context)
    control = await asyncio.start_server(Control(relay).serve, "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (front, control)]
    print(json.dumps({"port": ports[0], "control": ports[1], "certificateAuthority": authority}), flush=True)
    await parent_ended()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
    sys.exit(0)
