"""Hostile input for every reader and for live associations: targets, grammars, mutations and campaigns."""
