"""Local stand-ins for Slack, PagerDuty, a webhook receiver and the mail server.

Run with ``python -m watchkeeper.drill.sinks``; read with ``watchkeeper.drill.sinks.client``.
"""
