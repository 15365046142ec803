"""The ledger: what machines of one target mean for its row."""

import pytest

from vacnet.agent.effects import Ticket
from vacnet.agent.ledger import Ledger, new_ledger
from vacnet.agent.own import Fate, OwnMachine
from vacnet.decide.blackholes import Suspicion
from vacnet.decide.peers import Peer
from vacnet.outcomes import Ending, Outcome, Policy, judge
from vacnet.space.rows import TargetRow
from vacnet.space.window import Window, never_tried
from vacnet.targets.model import Proof, Target

TARGET = Target(name="t", target_share=1, backoff_seconds=10, fizzle_seconds=60, proof=Proof.JOB_STARTED)

HOUR = 3600.0


def outcome(code: int, *, stopped: str = "", lived: float = 10.0) -> Outcome:
    message = f"{code} words".encode() if code else None
    return judge(Ending(lived_seconds=lived, message=message, stopped=stopped), Policy(fizzle_seconds=60))


def ledger_with(*tickets: int, target: Target = TARGET) -> tuple[Ledger, list[OwnMachine]]:
    ledger = new_ledger(target, 0.0)
    machines = [
        OwnMachine(f"m{ticket}", "t", 1, Ticket(0, "", ticket), created_at=0.0, started_at=1.0)
        for ticket in tickets
    ]
    for machine in machines:
        ledger.add(machine, 0.0)
    return ledger, machines


def row(ledger: Ledger, now: float = 20.0) -> TargetRow:
    return ledger.row(TargetRow(target="t", window=ledger.window), now)


def test_a_running_machine_holds_its_ticket_and_is_unproven() -> None:
    ledger, _ = ledger_with(0)
    assert (row(ledger).tickets, row(ledger).unproven, row(ledger).machines_running) == (1, 1, 1)


def test_a_proof_counts_once_and_its_ticket_stays_used_however_it_ends() -> None:
    ledger, (machine,) = ledger_with(2)
    ledger.prove(machine, 5.0)
    ledger.prove(machine, 6.0)
    ledger.end(machine, outcome(100), 10.0, 10.0)
    assert (row(ledger).tickets, row(ledger).proofs, row(ledger).noworks) == (0b100, 1, 0)


def test_an_own_2xx_message_is_a_proof() -> None:
    ledger, (machine,) = ledger_with(0)
    assert ledger.end(machine, outcome(200), 10.0, 10.0) is Fate.OK
    assert row(ledger).proofs == 1


@pytest.mark.parametrize("code", [300, 400, 600])
def test_noworks_and_target_errors_count_against_the_target(code: int) -> None:
    ledger, (machine,) = ledger_with(0)
    ledger.end(machine, outcome(code), 10.0, 10.0)
    assert (row(ledger).noworks, row(ledger).uncontradicted, row(ledger).tickets) == (1, 1, 1)
    assert row(ledger).error_at is None


@pytest.mark.parametrize("code", [500, 700])
def test_local_errors_free_the_ticket_and_keep_the_target_off_here(code: int) -> None:
    ledger, (machine,) = ledger_with(0)
    ledger.end(machine, outcome(code), 10.0, 10.0)
    assert (row(ledger).noworks, row(ledger).tickets, row(ledger).error_code) == (0, 0, code)
    assert ledger.back_off.until == 20.0


def test_a_proof_forgets_local_errors() -> None:
    ledger, (bad, good) = ledger_with(0, 1)
    ledger.end(bad, outcome(500), 10.0, 10.0)
    ledger.prove(good, 11.0)
    assert ledger.back_off.count == 0


def test_a_silent_young_end_keeps_the_target_off_here_but_not_when_we_stopped_it() -> None:
    ledger, (quiet, stopped) = ledger_with(0, 1)
    assert ledger.end(stopped, outcome(0, stopped="drained"), 10.0, 10.0) is Fate.NEUTRAL
    assert ledger.back_off.count == 0
    assert ledger.end(quiet, outcome(100), 10.0, 10.0) is Fate.SILENT
    assert ledger.back_off.count == 1
    assert row(ledger).tickets == 0


def test_an_overdue_machine_gives_its_ticket_back_and_its_nowork_still_counts() -> None:
    ledger, (machine,) = ledger_with(0)
    assert row(ledger, 59.0).tickets == 1
    assert (row(ledger, 60.0).tickets, row(ledger, 60.0).unproven) == (0, 0)
    ledger.end(machine, outcome(300, lived=90), 90.0, 91.0)
    assert row(ledger, 91.0).noworks == 1


def test_a_proven_machines_nowork_says_nothing() -> None:
    ledger, (machine,) = ledger_with(0)
    ledger.prove(machine, 5.0)
    assert ledger.end(machine, outcome(300), 1000.0, 1000.0) is Fate.NEUTRAL
    assert (row(ledger).noworks, row(ledger).uncontradicted, row(ledger).proofs) == (0, 0, 1)


BY_AGE = Target(name="t", target_share=1, fizzle_seconds=60, proof=Proof.FIZZLE)


def test_a_machine_proves_by_age_where_the_target_says_so() -> None:
    ledger, (machine,) = ledger_with(0, target=BY_AGE)
    ledger.pass_time(60.9)
    assert machine.proved_at is None
    ledger.pass_time(61.0)
    assert machine.proved_at == 61.0


def test_a_proof_by_age_is_taken_back_by_an_early_300_and_the_age_is_learned() -> None:
    ledger, (machine,) = ledger_with(0, target=BY_AGE)
    ledger.pass_time(61.0)
    assert ledger.end(machine, outcome(300), 100.0, 101.0) is Fate.NOWORK
    assert (row(ledger).proofs, row(ledger).noworks) == (0, 1)
    assert row(ledger).proof_age_seconds == 150.0


def test_a_late_300_leaves_a_proof_by_age() -> None:
    ledger, (machine,) = ledger_with(0, target=BY_AGE)
    ledger.pass_time(61.0)
    assert ledger.end(machine, outcome(300), 360.0, 361.0) is Fate.NEUTRAL


def test_under_a_new_window_old_tickets_and_ended_machines_mean_nothing() -> None:
    ledger, (done, running) = ledger_with(0, 1)
    ledger.end(done, outcome(200), 10.0, 10.0)
    assert ledger.adopt(Window(number=1, opener="f2", opened_at=15.0, length_seconds=10, streak=1))
    assert (row(ledger).tickets, row(ledger).proofs, row(ledger).machines_running) == (0, 0, 1)
    assert list(ledger.machines) == [running.uuid]


def test_noworks_are_contradicted_by_a_machine_that_started_later() -> None:
    ledger, (machine,) = ledger_with(0)
    ledger.end(machine, outcome(300), 10.0, 10.0)
    ledger.learn(0.0, 0.0, newest_start=9.0)
    assert row(ledger).uncontradicted == 1
    ledger.learn(0.0, 0.0, newest_start=11.0)
    assert row(ledger).uncontradicted == 0


def test_ends_that_mean_nothing_leave_nothing_behind() -> None:
    ledger, machines = ledger_with(0, 1, 2)
    for machine in machines:
        ledger.end(machine, outcome(100, stopped="drained"), 10.0, 10.0)
    assert ledger.machines == {}


def test_alive_for_half_a_minute_is_a_good_verdict() -> None:
    ledger, _ = ledger_with(0)
    ledger.pass_time(30.9)
    assert row(ledger).verdict_at is None
    ledger.pass_time(31.0)
    assert row(ledger).verdict_at == 31.0


def _peer(tried: float, failed: float) -> Peer:
    row = TargetRow(target="t", window=never_tried(0.0), tried=tried, failed=failed)
    return Peer("other", live=True, holds=True, row=row)


def test_a_host_on_which_all_fails_suspects_itself_and_tries_again_with_one() -> None:
    peers = [_peer(1000, 10)]
    ledger, machines = ledger_with(*range(6))
    failed_until = 0
    for number, machine in enumerate(machines):
        ledger.end(machine, outcome(500), 10.0, 10.0 + number)
        ledger.judge(lambda: peers, 10.0 + number)
        failed_until = failed_until or (number + 1 if ledger.suspicion.count else 0)
    assert failed_until == 4
    assert ledger.suspicion.until == 10.0 + 3 + 6 * HOUR
    trial = OwnMachine("trial", "t", 1, machines[0].ticket, 8 * HOUR)
    ledger.add(trial, 8 * HOUR)
    ledger.end(trial, outcome(500), 10.0, 8 * HOUR + 10.0)
    ledger.judge(lambda: peers, 8 * HOUR + 10.0)
    assert (ledger.suspicion.count, ledger.suspicion.until) == (2, 8 * HOUR + 10.0 + 18 * HOUR)


@pytest.mark.parametrize("code", [200, 300])
def test_a_machine_that_works_ends_the_suspicion_unless_it_is_older_than_it(code: int) -> None:
    ledger, (old,) = ledger_with(0)
    ledger.suspicion = Suspicion(count=2, since=100.0, until=200.0)
    ledger.end(old, outcome(code), 10.0, 150.0)
    assert ledger.suspicion.count == 2
    new = OwnMachine("new", "t", 1, old.ticket, 210.0)
    ledger.add(new, 210.0)
    ledger.end(new, outcome(code), 10.0, 220.0)
    assert ledger.suspicion.count == 0


def test_where_peers_fail_alike_a_host_does_not_suspect_itself() -> None:
    ledger, machines = ledger_with(*range(12))
    for machine in machines:
        ledger.end(machine, outcome(500), 10.0, 10.0)
        ledger.judge(lambda: [_peer(1000, 950)], 10.0)
    assert ledger.suspicion.count == 0


def test_after_a_failure_one_machine_is_on_trial_until_it_has_lived_for_a_while() -> None:
    ledger, (waiting, fails) = ledger_with(0, 1)
    ledger.end(fails, outcome(500), 5.0, 40.0)
    assert ledger.wary()
    assert waiting.unfinished
    assert not ledger.on_trial()  # the other began before the failure and says nothing about it
    ledger.add(OwnMachine("trial", "t", 1, waiting.ticket, 100.0, started_at=100.0), 100.0)
    assert ledger.on_trial()
    ledger.pass_time(129.0)
    assert ledger.wary()
    ledger.pass_time(130.0)
    assert not ledger.wary()


def test_a_proof_that_is_learned_of_late_puts_none_back() -> None:
    """A machine found late may have come of age hours ago, and others have proved since."""
    ledger, (new, old) = ledger_with(0, 1)
    ledger.prove(new, 9000.0)
    ledger.prove(old, 600.0, by_age=True)
    assert (row(ledger, 9010.0).proof_at, row(ledger, 9010.0).verdict_at) == (9000.0, 9000.0)
