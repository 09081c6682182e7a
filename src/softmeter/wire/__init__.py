"""Octets and their forms: types, frames, checksums and telegrams. Knows no key, no object and no meter."""
