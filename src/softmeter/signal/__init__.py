"""What happens at the terminals: recorded, constant and synthetic sources of measurements."""
