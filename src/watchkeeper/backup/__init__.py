"""Back up the data of a stack into one file, and restore it: metrics, silences, the notification log and traces."""
