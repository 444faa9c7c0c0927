"""Local servers that accept the payloads of Slack, PagerDuty, webhooks and mail.

Run with ``python -m watchkeeper.sinks``; read with ``watchkeeper.sinks.sink_client``.
"""
