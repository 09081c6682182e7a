"""Rows measured inside this process, on softmeter's public Python interface."""

from __future__ import annotations

from rows import Alone

ROWS: tuple[Alone, ...] = ()
