"""The limiter by address: bursts, rates, networks of IPv6, and memory that does not grow."""

from __future__ import annotations

import tracemalloc

import pytest

from backend_instrumentation.rum.address_limiter import AddressLimiter


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(clock: Clock, *, most: int = 10_000, all_per_second: float = 1e9) -> AddressLimiter:
    return AddressLimiter(per_second=2, burst=4, all_per_second=all_per_second, most=most, clock=clock)


def test_a_burst_then_the_rate(clock: Clock) -> None:
    limits = limiter(clock)
    assert [limits.allows("a") for _ in range(6)] == [True] * 4 + [False] * 2
    clock.now += 0.5
    assert [limits.allows("a") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert [limits.allows("a") for _ in range(5)] == [True] * 4 + [False]


def test_all_addresses_together_have_a_limit(clock: Clock) -> None:
    limits = limiter(clock, all_per_second=100)
    assert sum(limits.allows(str(number)) for number in range(1000)) == pytest.approx(100, abs=2)
    clock.now += 1
    assert sum(limits.allows(f"b{number}") for number in range(1000)) == pytest.approx(100, abs=2)


def test_one_network_of_ipv6_is_one_address(clock: Clock) -> None:
    limits = limiter(clock)
    assert sum(limits.allows(f"2001:db8:1:2:{number:x}::1") for number in range(100)) == 4
    assert limits.allows("2001:db8:1:3::1")
    # The network 2001:db8:0:0, as every address of it is written.
    assert sum(limits.allows(f"2001:db8::{number:x}:2:3:4") for number in range(1, 100)) == 4
    assert sum(limits.allows(f"2001:db8::{number:x}") for number in range(1, 100)) == 0
    assert sum(limits.allows(f"::{number:x}") for number in range(1, 100)) == 4
    assert all(limits.allows(f"::ffff:192.0.2.{number}") for number in range(1, 20))


def test_memory_is_bounded_and_the_quiet_are_forgotten_first(clock: Clock) -> None:
    limits = limiter(clock, most=100)
    for _ in range(4):
        assert limits.allows("busy")
    for number in range(10_000):
        limits.allows(f"10.{number}" + "x" * 10_000)
        limits.allows("busy")
    assert len(limits) == 100
    tracemalloc.start()
    for number in range(10_000):
        limits.allows(f"11.{number}" + "x" * 1000)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 50_000
