"""A server of the Model Context Protocol: tools by which programs with a language model read files."""

from geulnun.mcp.server import create_server

__all__ = ["create_server"]
