"""Power cuts at every write, random damage, and what a meter makes of its memory afterwards."""
