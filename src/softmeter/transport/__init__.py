"""Sockets for the stack's conversations, blocking and asyncio; knows no meter."""
