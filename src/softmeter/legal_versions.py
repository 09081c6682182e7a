"""Versions of the legally relevant part and their checksums, the present one last; written by `make legal`."""

VERSIONS = {
    "1.05.00": "272a9f81eb16a48800244586670e7470b672cbc0b3c605239716d78c419d9152",
}
