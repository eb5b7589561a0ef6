"""Other releases of the package: one that was, and one that may come, each in a folder.

A process runs one when the folder stands before everything else on its path; what the
release depends on comes from where ours does.
"""

import shutil
import zipfile
from pathlib import Path

from gateway.config import FILE_NAME
from gateway.stores.schema import REVISION
from tests.processes.city import City

_ROOT = Path(__file__).parents[2]
_EARLIER = _ROOT / "tests" / "vectors" / "releases"
FIRST_REVISION = "0002"
"""The schema that the earlier release knows."""

_PACKAGES = ("contracts", "keys", "adapters", "gateway")

_NEXT = '''"""What a release to come might add."""

import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("to_come", sa.Column("id", sa.String(36), primary_key=True))
    op.add_column("message", sa.Column("note", sa.Text(), nullable=True))
    op.add_column(
        "ticket", sa.Column("weight", sa.Integer(), nullable=False, server_default="1")
    )
    op.create_index("ticket_by_weight", "ticket", ["weight"])
'''


def earlier(folder: Path) -> Path:
    """The first release that knew PostgreSQL, unpacked from its wheel."""
    (wheel,) = _EARLIER.glob("tongban-0.1.0-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def settings_of_the_earlier(city: City) -> None:
    """Let the city's settings be such as the earlier release wrote, and later ones still take: it
    names its keys, and knows no TLS."""
    settings = city.folder / FILE_NAME
    text = settings.read_text()
    member = city.member
    signing, opening = member.signing_keys[0].kid, member.sealing_keys[0].kid
    named = f'signing = "file:{signing}.pem"\nopening = ["file:{opening}.pem"]\n'
    if "\nsigning = " not in text:
        text = text.replace("[keys]\n", f"[keys]\n{named}")
    before, table, after = text.partition("[tls]\n")
    assert table
    settings.write_text(before + after[after.index("[") :])


def to_come(folder: Path) -> Path:
    """A copy of this one with one more migration."""
    for package in _PACKAGES:
        shutil.copytree(
            _ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    made = folder / "gateway" / "stores" / "migrations" / "versions" / "9999_next.py"
    made.write_text(_NEXT.format(head=REVISION))
    schema = folder / "gateway" / "stores" / "schema.py"
    text = schema.read_text()
    assert text.count(f'REVISION = "{REVISION}"\n') == 1
    schema.write_text(text.replace(f'REVISION = "{REVISION}"\n', 'REVISION = "next"\n'))
    return folder
