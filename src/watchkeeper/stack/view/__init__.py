"""The running stack seen from outside: where its parts answer, and what they say."""
