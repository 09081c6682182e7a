"""Versions of the legally relevant part and their checksums, the present one last; written by `make legal`."""

VERSIONS = {
    "1.05.00": "272a9f81eb16a48800244586670e7470b672cbc0b3c605239716d78c419d9152",
    "1.05.01": "cc88e9ddb146fc60acac3e4e750f52400f28b0c2d2035c2d1c8f49d3f937f0cb",
    "1.05.02": "3e84b4b80c3f9ab48daa1dff5818669655c5da1381bcb1b092d9e3b2741e17b4",
    "1.05.03": "8a496264383fc6a8804aa347f26cfe0ff02496174e6373a072d35670f7281930",
}
