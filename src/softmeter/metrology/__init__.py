"""Measuring: from measurements per second to exact integer energies and pulses."""
