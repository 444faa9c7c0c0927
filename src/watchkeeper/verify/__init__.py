"""Checks that run real tools on what was published; nothing here renders."""
