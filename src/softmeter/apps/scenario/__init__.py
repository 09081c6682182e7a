"""Scenarios: stories of a meter in simulated time, run and checked."""
