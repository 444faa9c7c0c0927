"""The contract between services and rules, whose one home is `backend_instrumentation/contract.py`.

A wheel has a copy of that file in this module's place, so that the generator needs no package of a service.
"""

from backend_instrumentation.contract import *  # noqa: F403 -- each public name, as the copy has them
