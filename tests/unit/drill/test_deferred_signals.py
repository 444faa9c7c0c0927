"""A drill completes its clean-up, however many signals it receives."""

from __future__ import annotations

import signal

import pytest

from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.toolchain.interrupt import orderly_end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_within_the_clean_up_ends_the_program_only_after_it(number: signal.Signals) -> None:
    done = []
    with orderly_end(), pytest.raises(SystemExit) as ended, deferred_signals():
        signal.raise_signal(number)
        signal.raise_signal(number)
        done.append("cleaned up")
    assert (done, ended.value.code) == (["cleaned up"], 128 + number)


def test_ctrl_c_within_the_clean_up_is_kept_for_later() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), deferred_signals():
        signal.raise_signal(signal.SIGINT)
        done.append("cleaned up")
    assert done == ["cleaned up"]


def test_without_a_signal_nothing_happens_and_the_handlers_are_as_before() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with deferred_signals():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_what_fails_within_the_clean_up_is_not_hidden() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="broken"), deferred_signals():
        raise ValueError("broken")
    assert signal.getsignal(signal.SIGTERM) == before
