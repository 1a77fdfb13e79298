"""Fuzz targets; see each."""
