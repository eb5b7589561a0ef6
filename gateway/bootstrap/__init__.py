"""The only place where parts meet: settings in, a wired gateway out.

`opened` holds what every command needs, `keys` the private keys, `trust` the list of members,
`engines` store and queue, `city` the city's own system; `assembly` makes a whole gateway of
them and runs it.
"""

from gateway.bootstrap.assembly import gateway, run, tune_process
from gateway.bootstrap.city import adapter, matters
from gateway.bootstrap.engines import detach, month_tables, move_store
from gateway.bootstrap.keys import key_store, signer
from gateway.bootstrap.officers import OfficerDesk, may_have_officers, officer_desk
from gateway.bootstrap.oidc import sign_in_oidc
from gateway.bootstrap.opened import Parts, parts
from gateway.bootstrap.trust import first_trust, refresh_trust, trust_list

__all__ = [
    "OfficerDesk",
    "Parts",
    "adapter",
    "detach",
    "first_trust",
    "gateway",
    "key_store",
    "matters",
    "may_have_officers",
    "month_tables",
    "move_store",
    "officer_desk",
    "parts",
    "refresh_trust",
    "run",
    "sign_in_oidc",
    "signer",
    "trust_list",
    "tune_process",
]
