"""The MCP server: the commands that only read, as tools for agents."""
