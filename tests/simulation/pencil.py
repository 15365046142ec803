"""Checks the proof of `vacnet why --json` with a pencil: every number again, from the numbers beside it.

It knows the rules of `docs/why.md` and nothing of vacnet's code.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

Facts = dict[str, Any]
MASK = (1 << 64) - 1
TICKETS = 64


def lot(target: str, window: Facts, factory: str, ticket: int) -> str:
    key = f"{target}\0{window['number']}\0{window['opener']}\0{factory}".encode()
    base = int.from_bytes(hashlib.blake2b(key, digest_size=8, person=b"vacnet-rank").digest(), "big")
    z = (base + (ticket + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return f"{z ^ (z >> 31):016x}"


def state(window: Facts) -> str:
    if window["open"] or (window["ends_in"] <= 0 and out(window) >= TICKETS):
        return "open"
    if window["ends_in"] > 0:
        return "back-off"
    return "growing" if window["proofs"] else "probing"


def out(window: Facts) -> int:
    return min(TICKETS, 1 + int(window["gain"] + 1) * int(window["proofs"]))


def next_ticket(why: Facts) -> int:
    if why["window"]["state"] == "back-off":
        return 0
    gone = {ticket for has in why["has"] for ticket in [*has["tickets"], has["claim"]]}
    return min(set(range(out(why["window"]))) - gone, default=-1)


def order(why: Facts) -> list[Facts]:
    if why["window"]["state"] == "open" or next_ticket(why) < 0:
        return []
    able = [has["factory"] for has in why["has"] if has["live"] and has["can"] > 0]
    lots = sorted((lot(why["target"], why["window"], name, next_ticket(why)), name) for name in able)
    return [{"factory": name, "lot": drawn, "rank": rank} for rank, (drawn, name) in enumerate(lots)]


def chosen(choice: Facts) -> str:
    lots, room = choice["lots"], choice["running"] + choice["free"]
    share = sum(x["share"] for x in lots)
    dues = [x["share"] / share * room for x in lots]
    lacks = [max(0.0, due - x["running"]) for due, x in zip(dues, lots, strict=True)]
    groups: dict[str, float] = {}
    for due, x in zip(dues, lots, strict=True):
        groups[x["group"]] = groups.get(x["group"], 0.0) + due - x["running"]
    groups = {name: max(0.0, lack) for name, lack in groups.items()}
    if not any(groups.values()):
        groups = {name: sum(x["share"] for x in lots if x["group"] == name) for name in groups}
    weights: list[float] = []
    for n, x in enumerate(lots):
        members = [m for m, y in enumerate(lots) if y["group"] == x["group"]]
        lacking = any(lacks[m] for m in members)
        parts = {m: lacks[m] if lacking else lots[m]["share"] for m in members}
        weights.append(groups[x["group"]] * parts[n] / sum(parts.values()))
    mark = choice["mark"] * sum(weights)
    lies = (n for n, end in enumerate(_ends(weights)) if mark < end)
    return str(lots[next(lies, -1)]["target"])


def kept(target: str, facts: Facts) -> tuple[float, int]:
    """Return what a large target lacks, and how many factories may keep room for it."""
    quota, lacks, groups = facts["quota"], dict[str, float](), dict[str, float]()
    share = sum(x["share"] for x in quota["contenders"])
    for x in quota["contenders"]:
        lacks[x["target"]] = x["share"] / share * quota["capacity"] - x["running"]
        groups[x["group"]] = groups.get(x["group"], 0.0) + lacks[x["target"]]
    of_group = next(groups[x["group"]] for x in quota["contenders"] if x["target"] == target)
    lack = max(0.0, min(lacks[target], of_group))
    return lack, max(0, min(math.ceil(lack / quota["size"]), int(quota["startable"]), int(quota["left"])))


def startable(why: Facts) -> int:
    window, growth = why["window"], why["growth"]
    if growth:
        missing: float = growth["allowance"] - growth["unproven"]
        return max(0, math.ceil(missing))
    others = [has for has in why["has"] if has["factory"] != why["factory"]]
    gone = {ticket for has in why["has"] for ticket in has["tickets"]} | {has["claim"] for has in others}
    return 0 if window["state"] == "back-off" else len(set(range(out(window))) - gone)


def _ends(weights: list[float]) -> list[float]:
    return [sum(weights[: n + 1]) for n in range(len(weights))]


def wrong(why: Facts) -> list[str]:
    """Return what does not follow from what stands beside it."""
    window, growth = why["window"], why["growth"]
    found: list[str] = []
    for name in ("proofs", "noworks"):
        found += [name] if sum(has[name] for has in why["has"]) != window[name] else []
    found += ["state"] if state(window) != window["state"] else []
    found += ["next_ticket"] if next_ticket(why) != why["next_ticket"] else []
    found += ["candidates"] if order(why) != why["candidates"] else []
    if growth:
        allowed = max(4, 0.05 * growth["processors"], window["gain"] * growth["proven"])
        chance = (allowed - growth["unproven"]) / max(1, growth["candidates"])
        found += ["allowance"] if not math.isclose(allowed, growth["allowance"]) else []
        found += ["chance"] if not math.isclose(min(1.0, max(0.0, chance)), growth["chance"]) else []
    if why["kept"]:
        lack, allowed = kept(why["target"], why["kept"])
        found += ["lack"] if not math.isclose(lack, why["kept"]["lack"], abs_tol=1e-9) else []
        found += ["allowed"] if allowed != why["kept"]["allowed"] else []
        found += ["startable"] if startable(why) != why["kept"]["quota"]["startable"] else []
    if why["choice"] and chosen(why["choice"]) != why["choice"]["chosen"]:
        found.append("choice")
    return found
