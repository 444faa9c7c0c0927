"""The rules of another tool and ours for the same objectives, played on the same requests."""
