"""The front page of a running stack: what burns, what fires, what was sent, the report and the runbooks, live."""
