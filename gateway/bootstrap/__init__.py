"""The only place where parts meet: settings in, a wired gateway out.

`opened` holds what every command needs, `keys` the private keys, `trust` the list of members, `tls`
the way to partners, `engines` store and queue, `city` the city's own system; `assembly` makes a
whole gateway of them and runs it.
"""

from gateway.bootstrap.assembly import gateway, run, tune_process
from gateway.bootstrap.city import adapter, matters
from gateway.bootstrap.engines import detach, month_tables, move_store
from gateway.bootstrap.keys import file_store, key_store
from gateway.bootstrap.officers import OfficerDesk, may_have_officers, officer_desk
from gateway.bootstrap.oidc import sign_in_oidc
from gateway.bootstrap.opened import Parts, parts
from gateway.bootstrap.tls import addresses_of, certificates, live_tls
from gateway.bootstrap.trust import first_trust, refresh_trust, trust_list

__all__ = [
    "OfficerDesk",
    "Parts",
    "adapter",
    "addresses_of",
    "certificates",
    "detach",
    "file_store",
    "first_trust",
    "gateway",
    "key_store",
    "live_tls",
    "matters",
    "may_have_officers",
    "month_tables",
    "move_store",
    "officer_desk",
    "parts",
    "refresh_trust",
    "run",
    "sign_in_oidc",
    "trust_list",
    "tune_process",
]
