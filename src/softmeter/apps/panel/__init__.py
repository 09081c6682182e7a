"""The web panel: the front of the meter in a browser."""
