"""Mutants of the rendered alertmanager.yml: does `verify` notice each of them?"""
