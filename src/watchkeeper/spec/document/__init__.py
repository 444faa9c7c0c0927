"""Spec files as trees that know their lines and columns: read, included, walked."""
