"""Would the proofs notice? Change the rendered rules one small thing at a time, and see whether a proof fails.

Run it from the root of the repository: python -m scripts.mutants --help
"""
