"""Limits on what comes from outside, in one place. `docs/protocol.md` prints them.

A gateway may be configured to take less, never more.
"""

MIB = 1 << 20

BATCH_BYTES = 16 * MIB  # one request or reply body
BATCH_MESSAGES = 512  # messages under one seal
BATCH_NODES = 100_000  # commas, brackets and braces in the body, envelopes included
ENVELOPE_BYTES = 256 * 1024
ENVELOPE_DEPTH = 16  # nesting of arrays and objects
MESSAGE_PARTS = 256
PART_BYTES = 4 * MIB  # plain size of a part that travels inside a batch
BODY_DEPTH = 48
SEAL_BYTES = 8 * 1024
CLOCK_SKEW_S = 300  # how far a seal's time may lie from the receiver's clock
WAITING_PER_CASE = 64  # messages that came early
WAITING_PER_PARTNER = 2_000
WAITING_BYTES = 16 * MIB  # of one partner, as they are kept
REQUESTS_BYTES = 256 * MIB  # of bodies held at once; a request too many is told to come again
REQUEST_SECONDS = 30  # for a whole request body to arrive
REQUESTS_AT_ONCE = 1_024  # that one process works on; a request too many is told to come again
HEAD_SECONDS = 75  # for a request's head to arrive, and for a connection to be idle
HANDSHAKE_SECONDS = 10  # for a TLS handshake
HANDSHAKES_AT_ONCE = 256  # that one process has under way; the oldest gives way to one too many
MESSAGE_DAYS = 30  # longest life of a message: expires_at - created_at
