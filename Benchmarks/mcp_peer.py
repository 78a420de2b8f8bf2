"""One tool that answers a document, served by FastMCP or by the official SDK: what Callboard is measured beside.

Usage: mcp_peer.py fastmcp|sdk PORT DOCUMENT"""

import json
import pathlib
import sys
from typing import Any

import uvicorn

kind, port, path = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
document = json.loads(path.read_text())


def get_entity(kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Gets one entity of the software catalog."""
    return document


if kind == "fastmcp":
    from fastmcp import FastMCP

    server = FastMCP("peer")
    server.tool(get_entity)
    app = server.http_app(path="/mcp", stateless_http=True, json_response=True)
else:
    from mcp.server import MCPServer

    server = MCPServer("peer")
    server.tool()(get_entity)
    app = server.streamable_http_app(streamable_http_path="/mcp", stateless_http=True, json_response=True)
uvicorn.run(app, host="127.0.0.1", port=port, log_level="error")
