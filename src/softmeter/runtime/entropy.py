"""Chance from the operating system, for meters that live."""

from softmeter.transport.entropy import SystemEntropy

__all__ = ["SystemEntropy"]
