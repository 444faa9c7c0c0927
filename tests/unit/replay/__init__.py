"""Tests of the replay of the past."""
