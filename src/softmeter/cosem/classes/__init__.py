"""The interface classes, a file each, as declarations (IEC 62056-62)."""
