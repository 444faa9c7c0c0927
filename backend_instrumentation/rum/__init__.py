"""What browsers report to the service that serves their page: how fast it was, and its errors for Sentry.

Nothing here costs the service a request of its own: both routes are answered outside its middleware, are not counted
and not traced, and have limits in size, rate and memory.
"""

from .attach_rum import attach_beacons, attach_tunnel

__all__ = ["attach_beacons", "attach_tunnel"]
