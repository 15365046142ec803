"""A space of factories on this host as real processes, for the demo, tests and benches.

Each factory is the same `vacnet run` as a site uses, with its own settings, key, state directory, port
and control socket below one directory; `Space` starts, stops, kills and asks them, and `down` leaves
nothing behind: no process, no machine, no file, no cgroup. Only the first factory stands in the others' peers
files, and nobody in its own: one edit on one side is enough to bring a factory in.

Rules of this package: a process is known by its number and start time and is never looked for by name;
waiting is for a condition and has an end; everything needed to go on stands in the directory, so that
one command starts a space and another ends it.
"""

from tools.space.member import Member
from tools.space.space import Space, SpaceError

__all__ = ["Member", "Space", "SpaceError"]
