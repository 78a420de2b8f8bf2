"""Calls of a tool over MCP beside FastMCP and the official SDK's server, in one run and in turn: the same document of 2 KB, the
wire of 2026-07-28. Callboard checks a token meanwhile, and reads the entity from its catalog; the peers have neither to do."""

import asyncio
import json
import os
import pathlib
import re
import statistics
import subprocess
import time

import httpx

from harness import eventually, free_port

VERSION = "2026-07-28"
ROUNDS = 3
SECONDS = 5
STREAMS = 1_000
TOOL = {"callboard": "catalog_get_catalog_entity", "fastmcp": "get_entity", "sdk": "get_entity"}
NAMES = {"callboard": "Callboard", "fastmcp": "FastMCP", "sdk": "the SDK's server"}
LABEL = "MCP tools/call of 2 KB"
CALL = {"kind": "Component", "namespace": "default", "name": "checkout"}

AIMS = {
    f"{LABEL}: 16 connections p99, ms": 5,
    "MCP: idle memory / FastMCP": 0.4,
    "MCP: start to first answer / FastMCP": 0.2,
    "MCP: memory of each of 1,000 open streams, KB": 40,
}
AT_LEAST = {f"{LABEL}: 16 connections / FastMCP": 15, f"{LABEL}: 1 connection / FastMCP": 8}

#: About 2 KB as it is served.
ENTITY = {
    "apiVersion": "backstage.io/v1alpha1", "kind": "Component",
    "metadata": {
        "name": "checkout", "title": "Checkout",
        "description": "Takes the basket of a customer to an order that is paid for. " * 8,
        "annotations": {f"example.com/annotation-{number}": f"value of annotation {number}" for number in range(12)},
        "labels": {f"example.com/label-{number}": f"value-{number}" for number in range(6)},
        "tags": ["java", "payments", "tier-1"],
    },
    "spec": {"type": "service", "lifecycle": "production", "owner": "group:default/payments"},
}


def headers(method, name=None, token=None):
    """What the wire of 2026-07-28 wants."""
    fields = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
              "MCP-Protocol-Version": VERSION, "Mcp-Method": method}
    if name:
        fields["Mcp-Name"] = name
    if token:
        fields["Authorization"] = f"Bearer {token}"
    return fields


def message(method, **params):
    meta = {"io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"}}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}})


class Server:
    """One of those that are compared: where it answers, and to whom."""

    def __init__(self, kind, url, process, token=None):
        self.kind, self.url, self.process, self.token = kind, url, process, token
        self.body = message("tools/call", name=TOOL[kind], arguments=CALL)
        self.headers = headers("tools/call", TOOL[kind], token)

    def first_answer(self):
        """Waits until a call is answered with the document."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                answer = httpx.post(self.url, content=self.body, headers=self.headers, timeout=5)
                if answer.status_code == 200 and "checkout" in answer.text and not answer.json()["result"].get("isError"):
                    return answer
            except httpx.TransportError:
                pass  # not listening yet
            # Asking without a pause would take a core from what is measured.
            time.sleep(0.01)
        raise AssertionError(f"{NAMES[self.kind]} does not answer")

    @property
    def megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def wrk(folder, server, connections):
    """Requests a second, and the 50th and 99th percentile in ms."""
    script = folder / f"{server.kind}.lua"
    fields = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in server.headers.items())
    script.write_text(
        f'wrk.method = "POST"\nwrk.headers = {{{fields}}}\nwrk.body = [==[{server.body}]==]\n')
    script.chmod(0o600)
    output = subprocess.run(
        ["wrk", "-t", "1", "-c", str(connections), "-d", f"{SECONDS}s", "--latency", "-s", script, server.url],
        check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in output and "Socket errors" not in output, output

    def percentile(share):
        value, unit = re.search(rf"{share}%\s+([0-9.]+)(us|ms|s)", output).groups()
        return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    return float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1]), percentile(50), percentile(99)


def start_peer(kind, folder, document):
    """A peer and the seconds until it answered."""
    python = os.environ.get("CALLBOARD_BENCH_PYTHON")
    assert python, "CALLBOARD_BENCH_PYTHON is not set: run `make bench`, which provides a Python with the peers"
    port = free_port()
    started = time.perf_counter()
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            [python, pathlib.Path(__file__).with_name("mcp_peer.py"), kind, str(port), document], stdout=log, stderr=log)
    server = Server(kind, f"http://127.0.0.1:{port}/mcp", process)
    server.first_answer()
    return server, time.perf_counter() - started


def start_callboard(callboard):
    """The same of a Callboard that is stopped."""
    started = time.perf_counter()
    callboard.start()
    server = Server("callboard", f"{callboard.url}/api/mcp-actions/v1", callboard.process, callboard.token)
    server.first_answer()
    return server, time.perf_counter() - started


def compare(folder, servers, results):
    """Each in turn, so that what else the machine does meets all of them."""
    for connections in (16, 1):
        label = f"{LABEL}: {connections} connection" + ("s" if connections > 1 else "")
        rounds = [{server.kind: wrk(folder, server, connections) for server in servers} for _ in range(ROUNDS)]
        for kind in TOOL:
            name = "" if kind == "callboard" else f" of {NAMES[kind]}"
            for index, figure in enumerate(["requests/s", "p50, ms", "p99, ms"]):
                separator = ", " if index == 0 else " "
                results[f"{label}{name}{separator}{figure}"] = statistics.median(one[kind][index] for one in rounds)
        for kind in ("fastmcp", "sdk"):
            results[f"{label} / {NAMES[kind]}"] = statistics.median(one["callboard"][0] / one[kind][0] for one in rounds)


async def open_stream(server, host, port):
    """Subscribes to changes of the tools and waits for the acknowledgement."""
    reader, writer = await asyncio.open_connection(host, port)
    body = message("subscriptions/listen", notifications={"toolsListChanged": True}).encode()
    fields = {**headers("subscriptions/listen", token=server.token), "Host": f"{host}:{port}", "Content-Length": len(body)}
    head = "POST /api/mcp-actions/v1 HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(head.encode() + b"\r\n" + body)
    answer = b""
    async with asyncio.timeout(30):
        while b"notifications/subscriptions/acknowledged" not in answer:
            part = await reader.read(4096)
            answer += part
            assert part and b" 200 " in answer.split(b"\r\n")[0], (
                "subscriptions/listen opens no stream: " + answer[:500].decode(errors="replace"))
    return writer


def kilobytes_of_streams(server):
    """What each of many open streams takes."""
    async def measure():
        url = httpx.URL(server.url)
        before = server.megabytes
        writers = []
        for _ in range(STREAMS // 50):
            writers += await asyncio.gather(*(open_stream(server, url.host, url.port) for _ in range(50)))
        await asyncio.sleep(1)
        taken = server.megabytes - before
        for writer in writers:
            writer.close()
        return taken * 1024 / STREAMS

    return asyncio.run(measure())


def measure(folder, cluster, database, start, results):
    """`start` starts a Callboard that reads the file `catalog.yaml`."""
    (folder / "catalog.yaml").write_text(json.dumps(ENTITY))
    callboard = start(folder, cluster, database)
    servers = []
    try:
        callboard.wait_ready(60)
        eventually(lambda: callboard.status("/api/catalog/entities/by-name/component/default/checkout") == 200)
        document = folder / "document.json"
        document.write_text(json.dumps(callboard.entity("component:default/checkout")))
        results[f"{LABEL}: the document, bytes"] = document.stat().st_size
        callboard.stop()
        for kind in TOOL:
            server, seconds = start_callboard(callboard) if kind == "callboard" else start_peer(kind, folder, document)
            servers.append(server)
            results[f"MCP: start to first answer of {NAMES[kind]}, s"] = seconds
        callboard.wait_ready(60)
        # What the start needed is given back some seconds after it.
        time.sleep(10)
        for server in servers:
            results[f"MCP: idle memory of {NAMES[server.kind]}, MB"] = server.megabytes
        for figure, unit in ("idle memory", "MB"), ("start to first answer", "s"):
            ours, peer = (results[f"MCP: {figure} of {name}, {unit}"] for name in ("Callboard", "FastMCP"))
            results[f"MCP: {figure} / FastMCP"] = ours / peer
        compare(folder, servers, results)
        results["MCP: memory of each of 1,000 open streams, KB"] = kilobytes_of_streams(servers[0])
    finally:
        for server in servers[1:]:
            server.process.terminate()
            server.process.wait(timeout=10)
        callboard.stop()


def main():
    """This part alone, as `Benchmarks/mcp_bench.py` in the surroundings of the benchmarks."""
    import tempfile

    from harness import Callboard, Cluster, Database

    def start(place, cluster, database):
        return Callboard(place, cluster.kubeconfig, database.url, {
            "catalog": {"locations": [{"type": "file", "target": "catalog.yaml"}]}})

    database, results = Database(), {}
    try:
        with tempfile.TemporaryDirectory(prefix="callboard-bench-") as name:
            measure(pathlib.Path(name), Cluster(), database, start, results)
    finally:
        database.drop()
        for figure, value in results.items():
            print(f"{figure:70} {value:12.2f}")


if __name__ == "__main__":
    main()
