"""The storm limiter: a few of each kind, a bounded number of kinds, and nothing lost unsaid."""

from __future__ import annotations

from backend_instrumentation.sentry.rate_limiter import ErrorRateLimiter


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_and_the_rest_is_refused_until_time_has_passed() -> None:
    clock = Clock()
    limiter = ErrorRateLimiter(burst=3, per_second=0.1, clock=clock)
    assert [limiter.take("a") for _ in range(6)] == [0, 0, 0, None, None, None]
    clock.now = 9.9
    assert limiter.take("a") is None
    clock.now = 10.0
    assert limiter.take("a") == 4, "four were refused since"
    assert limiter.take("a") is None


def test_one_kind_does_not_starve_another() -> None:
    limiter = ErrorRateLimiter(burst=1, clock=Clock())
    assert [limiter.take(kind) for kind in ("a", "a", "b", "b")] == [0, None, 0, None]


def test_kinds_beyond_the_bound_share_one_bucket() -> None:
    limiter = ErrorRateLimiter(burst=2, most_kinds=100, clock=Clock())
    taken = [limiter.take(number) for number in range(10_000)]
    assert limiter.kinds == 100
    assert sum(each is not None for each in taken) == 102


def test_tokens_do_not_pile_up_beyond_the_burst() -> None:
    clock = Clock()
    limiter = ErrorRateLimiter(burst=2, per_second=1, clock=clock)
    limiter.take("a")
    clock.now = 1e6
    assert [limiter.take("a") for _ in range(3)] == [0, 0, None]
