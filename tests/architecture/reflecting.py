"""An engine that can be asked for the shape of its tables.

SQLAlchemy reads parts of PostgreSQL's catalogue as text, and the store's own engine takes
everything in the binary format.
"""

from sqlalchemy import Engine, create_engine, make_url


def reflecting(url: str) -> Engine:
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"))
