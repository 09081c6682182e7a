"""A meter's behaviour, without any protocol."""
