"""Keys at work: ciphering, authentication, invocation counters (IEC 62056-53 and its security suites)."""
