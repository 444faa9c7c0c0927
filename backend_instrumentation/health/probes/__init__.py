"""Answers probes from the cached answers, and renders what asks them."""
