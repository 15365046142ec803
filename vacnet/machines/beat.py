"""Every second: deadlines, an order to end all, proof files, heartbeat files and console logs.

Rules of this file: it looks and posts news, the machine's own task acts. A look at a machine costs a few
`stat` calls; nothing is opened or read.
"""

from __future__ import annotations

import asyncio

from vacnet.machines import console
from vacnet.machines.features import GRACE_SECONDS
from vacnet.machines.layout import CONSOLE, JOBOUTPUTS
from vacnet.machines.life import Life
from vacnet.machines.lifecycle import Event, State
from vacnet.machines.lives import Lives
from vacnet.machines.machine import News
from vacnet.machines.message import time_stamp
from vacnet.machines.proof import shows_proof
from vacnet.machines.tools import Tools

DEADLINE_REASON = "its deadline has come"

_ALIVE = frozenset({State.RUNNING, State.STOPPING})


async def beat(lives: Lives, tools: Tools) -> None:
    """Look once at every machine that lives."""
    for life in lives:
        if life.machine.state in _ALIVE:
            _look_for_proof(life)
            await _trim_console(life, tools)
        if life.machine.state is State.RUNNING:
            hold_to_host(life, tools)
            life.tell_again(tools.clock.boottime())
            _look_at_order(life, tools)
            _look_at_deadline(life, tools)
            _look_at_heartbeat(life, tools)
        # One machine a turn: a hundred of them may not hold the loop together.
        await asyncio.sleep(0)


def hold_to_host(life: Life, tools: Tools) -> None:
    """Tell a machine its host's deadline if that is news: also one adopted late or wished for before it."""
    if tools.host_deadline_at is not None:
        life.move_deadline(tools.host_deadline_at, tools.clock.boottime() + GRACE_SECONDS)


def _look_for_proof(life: Life) -> None:
    if life.machine.proved_at is None and shows_proof(life.machine.spec):
        life.post(News(event=Event.PROVED))


def _look_at_order(life: Life, tools: Tools) -> None:
    """End what came to run after all were to be ended: adopted late, or started just before."""
    if tools.ending:
        life.post(News(event=Event.STOP, words=tools.ending))


def _look_at_deadline(life: Life, tools: Tools) -> None:
    if tools.clock.boottime() >= life.machine.spec.deadline_at:
        life.post(News(event=Event.STOP, words=DEADLINE_REASON))


def _look_at_heartbeat(life: Life, tools: Tools) -> None:
    machine, now = life.machine, tools.clock.boottime()
    target = machine.spec.target
    if not target.heartbeat_file or machine.started_at is None:
        return
    machine.heartbeat.look(time_stamp(machine.spec.directory / JOBOUTPUTS, target.heartbeat_file), now)
    missed = machine.heartbeat.missed(target, machine.started_at, tools.started_at, now)
    if missed:
        life.post(News(event=Event.STOP, words=f"heartbeat file {missed}"))


async def _trim_console(life: Life, tools: Tools) -> None:
    log = life.machine.spec.directory / CONSOLE
    if not console.too_long(log):
        return
    try:
        await asyncio.to_thread(console.trim, log)
    except OSError as error:
        tools.complain("machine.console-untrimmed", life.machine, error=str(error))
