"""The three officers (三员): who may do what with a gateway, and the log of who did.

Rules and records stand here, without I/O; `port.OfficerStore` keeps them. The command line puts
the guard on its commands (`gateway/cli/guard.py`), the local API on its endpoints.
"""
