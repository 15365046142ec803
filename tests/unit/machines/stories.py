"""For every row of the life-cycle table that has fault points, the way to it."""

from collections.abc import Callable

from tests.unit.machines.factory_floor import until
from tests.unit.machines.kills import Script, Stage, Story

ENGINE_STARTED = "starting-next.engine.start.after"
AWAY = "toy: connection refused"


async def _start(stage: Stage) -> None:
    stage.end(await stage.start(), "300 exit code 3")


async def _start_only(stage: Stage) -> None:
    await stage.start()


async def _wish_and_wait(stage: Stage) -> None:
    stage.wish()
    await until(lambda: stage.floor.told_of("uuid-1") != [])


async def _sources_away(stage: Stage) -> None:
    stage.floor.sources.away = "https://example.org: HTTP 503"
    await _wish_and_wait(stage)
    stage.floor.sources.away = ""


async def _engine_away(stage: Stage) -> None:
    stage.floor.engine.away_for_starts = AWAY
    await _wish_and_wait(stage)
    stage.floor.engine.away_for_starts = ""


async def _engine_refuses(stage: Stage) -> None:
    stage.floor.engine.refusal = "exec format error"
    await _wish_and_wait(stage)
    stage.floor.engine.refusal = ""


def _at_once(do: Callable[[Stage], None]) -> Script:
    """Do something to a machine that was just wished for."""

    async def script(stage: Stage) -> None:
        stage.wish()
        do(stage)
        await until(lambda: stage.floor.told_of("uuid-1") != [])
        for machine_id in stage.floor.engine.running:
            stage.end(machine_id)

    return script


def _while_fetching(do: Callable[[Stage], None]) -> Script:
    """Do something while user_data is being fetched: it is heard before the engine is asked."""

    async def script(stage: Stage) -> None:
        gate = stage.floor.sources.close_gate()
        stage.wish()
        await until(lambda: stage.floor.sources.waiting > 0)
        do(stage)
        gate.set()
        await until(lambda: stage.floor.told_of("uuid-1") != [])
        for machine_id in stage.floor.engine.running:
            stage.end(machine_id)

    return script


def _stop(stage: Stage) -> None:
    stage.keeper.stop("uuid-1", "drain")


def _lower(stage: Stage) -> None:
    stage.keeper.lower_deadline(stage.floor.clock.boot + 300.0)


async def _started_and_lowered(stage: Stage) -> None:
    machine_id = await stage.start()
    before = stage.keeper.live()[0].deadline
    _lower(stage)
    await until(lambda: stage.keeper.live()[0].deadline < before)
    stage.end(machine_id)


async def _proved(stage: Stage) -> None:
    machine_id = await stage.start()
    stage.floor.prove(machine_id)
    await until(lambda: "MachineProved" in stage.floor.told_of("uuid-1"))
    stage.end(machine_id)


async def _stopped(stage: Stage) -> None:
    await stage.stopped(await stage.start())


async def _vanished(stage: Stage) -> None:
    machine_id = await stage.start()
    stage.truth[machine_id] = "100 removed by a foreign hand"
    stage.floor.engine.vanish(machine_id)


async def _stopped_and_vanished(stage: Stage) -> None:
    stage.floor.engine.keeps_ended = False
    await stage.stopped(await stage.start())


async def _stop_unheard(stage: Stage) -> str:
    machine_id = await stage.start()
    stage.floor.engine.away = AWAY
    stage.truth[machine_id] = "100 drain"
    _stop(stage)
    await until(lambda: any(view.state == "stopping" for view in stage.keeper.live()))
    return machine_id


async def _stop_heard_late(stage: Stage) -> None:
    machine_id = await _stop_unheard(stage)
    await until(lambda: any(note.name == "machine.step-failed" for note in stage.floor.notes))
    stage.floor.engine.away = ""
    await until(lambda: machine_id not in stage.floor.engine.running)


async def _proved_while_stopping(stage: Stage) -> None:
    machine_id = await _stop_unheard(stage)
    stage.floor.prove(machine_id)
    await until(lambda: "MachineProved" in stage.floor.told_of("uuid-1"))
    stage.floor.engine.away = ""


async def _end_while_down(stage: Stage) -> None:
    for machine_id in stage.floor.engine.running:
        stage.end(machine_id, "300 exit code 3")


async def _lose_record(stage: Stage) -> None:
    await stage.lose_record()


async def _lose_record_and_end(stage: Stage) -> None:
    await stage.lose_record()
    await _end_while_down(stage)


async def _go_away(stage: Stage) -> None:
    stage.floor.engine.away = AWAY


async def _end_all(stage: Stage) -> None:
    for machine_id in stage.floor.engine.running:
        stage.end(machine_id)


async def _stop_unseen(stage: Stage) -> None:
    """End a machine of which only the record is seen: what the engine then shows is left over."""
    _stop(stage)
    await until(lambda: stage.floor.told_of("uuid-1") == ["MachineEnded"])
    stage.floor.engine.away = ""


async def _wait(_stage: Stage) -> None:
    """Let the second keeper alone."""


STORIES: dict[str, Story] = {
    "absent-wanted": Story(first=_start),
    "absent-found": Story(first=_start_only, down=_lose_record, then=_end_all),
    "absent-over": Story(first=_start_only, down=_lose_record_and_end, then=_wait),
    "created-next": Story(first=_start),
    "created-not-now": Story(first=_sources_away),
    "created-stop": Story(first=_at_once(_stop)),
    "created-lowered": Story(first=_at_once(_lower)),
    "created-found": Story(first=_start_only, killed_at=ENGINE_STARTED, then=_end_all),
    "created-over": Story(first=_start_only, killed_at=ENGINE_STARTED, down=_end_while_down, then=_wait),
    "created-gone": Story(first=_start_only, killed_at="starting-next.engine.start.before", then=_wait),
    "starting-next": Story(first=_start),
    "starting-not-now": Story(first=_engine_away),
    "starting-refused": Story(first=_engine_refuses),
    "starting-stop": Story(first=_while_fetching(_stop)),
    "starting-lowered": Story(first=_while_fetching(_lower)),
    "running-proved": Story(first=_proved),
    "running-lowered": Story(first=_started_and_lowered),
    "running-stop": Story(first=_stopped),
    "running-over": Story(first=_start),
    "running-gone": Story(first=_vanished),
    "stopping-next": Story(first=_stopped),
    "stopping-found": Story(first=_stop_heard_late),
    "stopping-proved": Story(first=_proved_while_stopping),
    "stopping-over": Story(first=_stopped),
    "stopping-gone": Story(first=_stopped_and_vanished),
    "ended-found": Story(first=_start_only, killed_at=ENGINE_STARTED, down=_go_away, then=_stop_unseen),
    "ended-over": Story(first=_start, killed_at="running-over.record.finish.after", then=_wait),
}
