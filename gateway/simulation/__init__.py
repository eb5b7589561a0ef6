"""Implementations of the ports without a disk, a network or a wait: for tests and readers.

::

    clock.py      time that moves only when told, or when everybody sleeps
    loop.py       an event loop that runs on that clock
    store.py      the store as a few dictionaries: what a transaction means
    around.py     a store around a store, where faults are put in
    crash.py      a process that dies before or after one commit
    network.py    a network that loses, repeats, delays and garbles
    members.py    cities with fresh keys, and the list that names them
    drafts.py     the smallest true body of each kind of message
    front_end.py  a city's own system: a connector and an adapter in memory
    city.py       one city's gateway, wired over all of this

Everything random comes from a `random.Random` that the caller seeds, so a run that failed
can be run again.
"""
