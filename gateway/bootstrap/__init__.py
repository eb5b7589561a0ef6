"""The only place where parts meet: settings in, a wired gateway out.

`base` opens what every command needs, `keys` the private keys, `trust` the list of members,
`engines` store and queue, `city` the city's own system; `assembly` makes a whole gateway of
them and runs it.
"""

from gateway.bootstrap.assembly import gateway, run, tune_process
from gateway.bootstrap.base import Parts, parts
from gateway.bootstrap.city import adapter, matters
from gateway.bootstrap.engines import detach, month_tables, move_store
from gateway.bootstrap.keys import file_store, key_store
from gateway.bootstrap.trust import first_trust, refresh_trust, trust_list

__all__ = [
    "Parts",
    "adapter",
    "detach",
    "file_store",
    "first_trust",
    "gateway",
    "key_store",
    "matters",
    "month_tables",
    "move_store",
    "parts",
    "refresh_trust",
    "run",
    "trust_list",
    "tune_process",
]
