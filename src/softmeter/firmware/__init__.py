"""Firmware images of the meter: their form, their keys, and what they declare."""
