"""COSEM: interface classes, objects, rights, and look-up by wire key (IEC 62056-62, IEC 62056-61)."""
