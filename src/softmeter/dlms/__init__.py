"""Associations and services of DLMS with logical names, both roles, without input or output."""
