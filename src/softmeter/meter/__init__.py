"""Where the two halves meet: the object model bound to the device, P1, and one meter as a whole."""
