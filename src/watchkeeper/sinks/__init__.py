"""Local stand-ins for Slack, PagerDuty, a webhook receiver and the mail server.

Run with ``python -m watchkeeper.sinks``; read with ``watchkeeper.sinks.sink_client``.
"""
