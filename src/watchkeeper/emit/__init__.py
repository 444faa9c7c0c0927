"""The only dumpers of the generator: pure functions from values to text that know nothing of SLOs."""
