"""A gap that nobody fills: what came too early waits its time out, and the operator hears.

From first to last over a gateway that runs, and then the gap is filled after all.
"""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.processes.forger import Letter
from tests.processes.ledger import ask, assert_proven, count, incidents
from tests.processes.patience import until
from tests.processes.under_attack import UnderAttack, under_attack

LIFE = timedelta(seconds=3)


def early(attack: UnderAttack, case_id: str, sequence: int, life: timedelta) -> Letter:
    over = datetime.now(UTC) + life
    return attack.remind(case_id, sequence, expires_at=over.isoformat())


def test_a_gap_that_is_never_filled_ends_as_an_incident_and_holds_nobody_up(
    tmp_path: Path,
) -> None:
    with under_attack(tmp_path) as attack:
        store = attack.city.store
        first, other = attack.submit(), attack.opened()
        short = early(attack, first.case_id, 2, LIFE)
        long = early(attack, first.case_id, 3, timedelta(hours=1))
        assert attack.send(short, long).reasons == ["order.waiting"] * 2
        assert count(store, "waiting") == 2

        # Another case of the same partner goes on meanwhile.
        assert attack.send(attack.remind(other.case_id, 2)).outcomes == ["taken"]

        until(lambda: incidents(store) == ["order.waiting"], "its time is over")
        ((waits,),) = ask(store, "SELECT id FROM waiting")
        assert waits == long.envelope["id"], "what still has time goes on waiting"
        assert told(attack, short)
        assert count(store, "message", "case_id = ?", first.case_id) == 0, "no receipt was given"

        # The sender, which keeps it, is told as before; a second time is no second incident.
        assert attack.send(short).reasons == ["order.waiting"]
        until(lambda: count(store, "waiting") == 1, "it is dropped again")
        assert incidents(store) == ["order.waiting"]

        # The gap is filled after all: each gets its answer, in the order of the case.
        assert attack.send(first).outcomes == ["taken"]
        assert attack.state(first.case_id) == ("submitted", 1)
        late = attack.send(short)
        assert (late.outcomes, late.reasons) == (["refused"], ["envelope.expired"])
        assert count(store, "waiting") == 0
        again = attack.send(long)
        assert again.outcomes == ["duplicate"]
        assert again.receipts[0].outcome == "taken"
        assert attack.state(first.case_id) == ("submitted", 3)
        assert_proven(store, attack.city.folder / "members.json")
        assert attack.city.stop() == 0


def told(attack: UnderAttack, letter: Letter) -> bool:
    """What the operator's list says of it: code, partner and case."""
    listed = subprocess.run(
        [*(sys.executable, "-m", "gateway.cli"), "incident", "list", "--home", attack.city.folder],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return all(
        said in listed for said in ("order.waiting", attack.forger.code, letter.envelope["id"])
    )
