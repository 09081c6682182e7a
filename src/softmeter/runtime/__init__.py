"""Real time, the disk and the ports: everything that moves a meter which by itself only computes."""
