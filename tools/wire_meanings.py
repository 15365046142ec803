"""What each field of each message means: what a type cannot say. Read with `tools.wire_tables`.

Rules of this file: per shape and field its unit and its meaning, as they stand in `protocol/SPEC.md`.
"""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    "WireWindow": "Window",
    "WireHold": "Hold",
    "WireTarget": "TargetRow",
    "WireFactory": "FactoryRow",
    "Announce": "Announce",
    "Origin": "Origin",
    "RowsOf": "Rows",
    "Sync": "Sync",
    "Digest": "Digest",
    "Pull": "Pull",
    "Rival": "Rival",
    "Hello": "Hello",
    "Member": "Member",
    "Welcome": "Welcome",
    "Query": "Query",
    "Answer": "Answer",
    "WireMachine": "Machine",
    "WireDetail": "Detail",
}
"""Class of `vacnet.space.wire` to the shape's name in the specification."""

_PADDING = ("zeros", "makes a datagram long enough to be answered; its content means nothing")
_INSTANCE = "random, made anew at each start of a factory; empty: not told"
_VERSION_MIN = ("version", "lowest frame version the sender speaks")
_VERSION_MAX = ("version", "highest frame version the sender speaks")
_IP = ("text", "IPv4 dotted, or IPv6 in the text form of RFC 5952; empty: none is known")
_PORT = ("UDP port", "0: none is known")
_AGO = "deciseconds"

MEANINGS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "Window": {
        "number": ("count", "number of the window of its target; 0: the target was never tried"),
        "opener": ("name", "name of the factory that opened it; empty for window 0"),
        "age": (_AGO, "since it was opened, at least"),
        "length": (_AGO, "how long back-off lasts, from the opening"),
        "streak": ("count", "windows in a row that ended without a proof, this one included"),
        "open": ("", "true: all tickets have been given out; once true it stays so"),
    },
    "Hold": {
        "number": ("count", "rises with each hold and each release of its target; 0: as if it were null"),
        "author": ("name", "name of the factory on which it was said"),
        "age": (_AGO, "since it was said, at least"),
        "held": ("", "true: nothing is made of the target in the whole space; false: it is let go of"),
        "reason": ("text", "why, for people"),
    },
    "TargetRow": {
        "target": ("name", "of the target"),
        "version": ("version", "at which its factory wrote this row"),
        "window": ("", "the window of the target as this factory holds it"),
        "gone": ("", "true: the factory no longer offers the target"),
        "machines_running": ("machines", "that run"),
        "machines_starting": ("machines", "that are being started"),
        "processors_running": ("processors", "of the machines that run"),
        "processors_starting": ("processors", "of the machines that are being started"),
        "processors_claimed": ("processors", "reserved by a claim of this factory"),
        "can": ("machines", "it could start now, after every veto, limit and back-off of its own"),
        "unproven": ("machines", "running or starting, without a verdict and young enough to get one"),
        "proven_running": ("machines", "running, that have proved to have work"),
        "tickets": ("bit set", "bit k: the factory holds or used ticket k of `window`"),
        "proofs": ("count", "ticket holders of `window` that proved"),
        "noworks": ("count", "ticket holders of `window` that found no work, or an error of the target"),
        "claim": ("ticket", "the ticket of `window` that is claimed; -1: none; -2: processors are reserved"),
        "claim_age": (_AGO, "since the claim was made; null: there is none"),
        "message_code": (
            "code",
            (
                "shutdown code of the machine that ended last; 0: none ended; "
                "100 to 199 for every end that says nothing of the work"
            ),
        ),
        "message_age": (_AGO, "since that end"),
        "proof_age": (_AGO, "since a machine last proved"),
        "proof_started_age": (_AGO, "since the start of the youngest machine that has proved"),
        "uncontradicted": ("count", "noworks and errors of the target that no later machine's proof denied"),
        "proof_at_age": (_AGO, "age at which a machine counts as proven; 0: as the target's definition says"),
        "nowork_life": (_AGO, "longest life of a machine that then found no work"),
        "error_code": ("code", "of the last error of this factory's own; 0: none"),
        "error_age": (_AGO, "since that error"),
        "verdict_age": (_AGO, "since a machine last gave a good verdict here"),
        "tried_hundredths": ("machines / 100", "started, each counted less as it ages over an hour"),
        "failed_hundredths": ("machines / 100", "failed, counted likewise"),
        "share_millionths": ("1e-6", "share of the target as this factory is configured, in any scale"),
        "digest": ("hash", "of the target's definition: rows with another digest mean another target"),
        "hold": ("", "the hold of the target as this factory knows it; null: it was never held"),
    },
    "FactoryRow": {
        "version": ("version", "at which the factory wrote this row"),
        "advertise": ("address:port", "where to send to; IPv6 in brackets; empty: where datagrams come from"),
        "instance": ("random", _INSTANCE),
        "processors_total": ("processors", "that machines may use"),
        "processors_free": ("processors", "of these that none uses"),
        "weight_thousandths": ("1e-3", "worth of one processor (a benchmark); 1000: not told"),
        "flags": ("bit set", "see the table of flags"),
        "deadline_in": (_AGO, "until all machines have to be gone; null: no deadline"),
        "rule_version": ("version", "of the rules of decision that the factory follows"),
        "settings_digest": ("hash", "of the settings that should be the same in the whole space"),
        "software_version": ("text", "of the software, for people"),
        "load_hundredths": ("1e-2", "load average over one minute, for people"),
        "memory_free_mib": ("MiB", "free memory, for people"),
        "disk_free_mib": ("MiB", "free room for machines, for people"),
        "departed_age": (_AGO, "since the factory said goodbye; null: it has not"),
    },
    "Announce": {
        "start": ("version", "the span is (start, end]"),
        "end": ("version", "highest version of the span"),
        "latest": ("version", "the sender's version; above `end`: more pages exist"),
        "urgent": ("", "true: the receiver passes the rows on to two others (ANN only)"),
        "factory": ("", "the sender's own row, if its version is in the span; else null"),
        "rows": ("", "all rows of targets whose version is in the span, ascending"),
        "padding": _PADDING,
    },
    "Origin": {
        "name": ("name", "of the factory that is told of"),
        "epoch": ("epoch", "its life"),
        "start": ("version", "the span is (start, end]"),
        "end": ("version", "highest version of the span"),
        "latest": ("version", "up to which the teller has all rows"),
        "counter": ("count", "highest sequence number of its own datagrams that is known"),
        "age": (_AGO, "since that datagram was heard, at least"),
        "ip": _IP,
        "port": _PORT,
        "factory": ("", "its own row, if its version is in the span; else null"),
        "rows": ("", "all rows of targets whose version is in the span, ascending"),
    },
    "Rows": {
        "origins": ("", "spans of rows, each of one factory"),
        "last": ("", "true: all that is sent in answer has been sent"),
    },
    "Sync": {
        "hashes": ("packed", "64 or 128 bucket hashes of 8 bytes each, nothing between"),
        "ask": ("packed", "factory ids of 8 bytes each: whose evidence of life is wanted"),
        "padding": _PADDING,
    },
    "Digest": {
        "buckets": ("bit set", "8 or 16 bytes, little-endian: bit b set, all held of bucket b is listed"),
        "whole": ("", "true: all buckets that differ are listed"),
        "entries": ("packed", "entries of 16 bytes: what the sender holds"),
        "evidence": ("packed", "evidence of 24 bytes, of the factories asked for"),
    },
    "Pull": {
        "wants": ("packed", "entries of 16 bytes: rows above `version` of that epoch are wanted"),
        "padding": _PADDING,
    },
    "Rival": {
        "epoch": ("epoch", "of the other life"),
        "instance": ("random", "of the other life; empty: not known"),
        "ip": _IP,
        "port": _PORT,
        "age": (_AGO, "since the other life was heard"),
    },
    "Hello": {
        "nonce": ("random", "to be echoed"),
        "instance": ("random", _INSTANCE),
        "name": ("name", "of the sender; empty: not told"),
        "version_min": _VERSION_MIN,
        "version_max": _VERSION_MAX,
        "rival": ("", "another life of the receiver's name that the sender knows; null: none"),
        "padding": _PADDING,
    },
    "Member": {
        "name": ("name", "of a live factory"),
        "ip": _IP,
        "port": _PORT,
    },
    "Welcome": {
        "echo": ("random", "the nonce of the HELLO or WELCOME that is answered"),
        "nonce": ("random", "to be echoed by a WELCOME; 0: no echo is wanted"),
        "instance": ("random", _INSTANCE),
        "name": ("name", "of the sender; empty: not told"),
        "version_min": _VERSION_MIN,
        "version_max": _VERSION_MAX,
        "rival": ("", "another life of the receiver's name that the sender knows; null: none"),
        "members": ("", "some live factories that may be greeted"),
    },
    "Query": {
        "nonce": ("random", "to be echoed"),
        "topic": ("code", "what is asked for, see the table of topics"),
        "after": ("key", "id or name of the last item had; empty: from the first"),
        "padding": _PADDING,
    },
    "Machine": {
        "id": ("key", "of the machine, unique for its factory"),
        "name": ("name", "of the machine"),
        "uuid": ("bytes", "of the machine, 16 bytes; empty: not told"),
        "target": ("name", "of its target"),
        "kind": ("word", "`VM`, `DC`, `SC` or `PR`"),
        "state": ("word", "`created`, `starting`, `running`, `stopping` or `ended`"),
        "processors": ("processors", "it was given"),
        "memory_mib": ("MiB", "it was given"),
        "created_age": (_AGO, "since it was created"),
        "started_age": (_AGO, "since it ran; null: it has not"),
        "ended_age": (_AGO, "since it ended; null: it has not"),
        "deadline_in": (_AGO, "until it has to be gone; null: that is over"),
        "cpu_deciseconds": (_AGO, "of CPU time used"),
        "efficiency_thousandths": ("1e-3", "CPU time by wall time and processors, over its life"),
        "recent_thousandths": ("1e-3", "the same over the last minutes"),
        "proven": ("", "true: it has proved to have work"),
        "ticket": ("ticket", "it was started with; -1: none"),
        "outcome": ("word", "`ok`, `nowork`, `error` or `neutral`; empty: it has not ended"),
        "message": ("text", "code and words of its end, or why it is being stopped"),
        "by_vacnet": ("", "true: the message is the factory's own and not the machine's"),
    },
    "Detail": {
        "name": ("key", "dotted words"),
        "value": ("text", "for people"),
    },
    "Answer": {
        "echo": ("random", "the nonce of the QUERY"),
        "topic": ("code", "of the QUERY"),
        "more": ("", "true: there are items behind the last one; with no item: the QUERY was too short"),
        "machines": ("", "of the topics about machines"),
        "details": ("", "of the topic about details"),
    },
}
"""Shape to field to (unit, meaning)."""
