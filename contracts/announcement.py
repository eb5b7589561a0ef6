"""What processes of one gateway tell each other through a broker: a lane has new tickets.

It carries no content and no personal data, and losing one loses nothing: whoever hears it
reads the tickets from the store, and looks there by itself every few seconds all the same.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts.model import Model, Moment

Lane = Annotated[str, StringConstraints(pattern=r"^(city(/[0-7])?|partner/[0-9]{6})$")]


class Announcement(Model):
    """There are new tickets in a lane."""

    lane: Lane = Field(
        description="`partner/` and the code of a member, or `city/` and a bucket of cases; "
        "`city` alone is of versions before 0.2"
    )
    announced_at: Moment = Field(description="when it was said, for whoever looks into a queue")
