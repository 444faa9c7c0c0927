"""The stack in containers, on images made here from nothing but this machine's own files."""
