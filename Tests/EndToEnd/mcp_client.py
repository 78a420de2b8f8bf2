"""Calls tools with the official Python SDK, in the era that is asked for."""

import asyncio

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

#: How the SDK is told which revision of the protocol to speak, and what it then reports.
ERAS = {"2026-07-28": "2026-07-28", "legacy": "2025-11-25"}


def with_client(callboard, mode, body, token=None):
    """Runs `await body(client)` with a connected client."""

    async def run():
        headers = {"Authorization": f"Bearer {token or callboard.token}"}
        async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
            transport = streamable_http_client(callboard.url + "/api/mcp-actions/v1", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await body(client)

    return asyncio.run(run())


def call(callboard, mode, tool, **arguments):
    """One tool call; the SDK has validated the structured content against the tool's output schema."""
    return with_client(callboard, mode, lambda client: client.call_tool(tool, arguments))
