"""The handle of an instrumented application, and the end of its parts."""
