"""Two members in a scratch folder, and the message that the benchmarks send."""

import socket
from datetime import UTC, datetime
from pathlib import Path

from adapters.adapter import Draft
from contracts.applicant import Applicant, ApplicantType, Contact, Identity, IdType
from contracts.case import Application, Form, Material
from contracts.jurisdiction import Jurisdiction
from contracts.matter import MatterRef
from contracts.messages import Kind, SubmitBody
from gateway.config import FILE_NAME
from gateway.member_folder import NewMember, make_member_folder
from keys.trust.members_file import write_members

SENDER, RECEIVER = "410100", "440100"
BODY_BYTES = 2048


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_two(folder: Path, suite: str, *, tls: bool = False) -> tuple[Path, Path]:
    """Folders of a sender and a receiver of one suite, each knowing the other."""
    members = [
        make_member_folder(
            folder / code,
            NewMember(code, suite, f"127.0.0.1:{free_port()}", plain_http=not tls),
        )
        for code in (SENDER, RECEIVER)
    ]
    for code in (SENDER, RECEIVER):
        write_members(folder / code / "members.json", members)
        _ask_apart(folder / code)
    return folder / SENDER, folder / RECEIVER


def _ask_apart(member: Path) -> None:
    """Health has an address of its own, whatever partners speak."""
    settings = member / FILE_NAME
    place = f'[gateway]\noperations_listen = "127.0.0.1:{free_port()}"\n'
    settings.write_text(settings.read_text().replace("[gateway]\n", place))


def move_to_servers(member: Path, database: str, broker: str, password: str) -> None:
    """The member's store and queue are now at these URLs, with the password of the broker."""
    secret = member / "broker-password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    settings = member / FILE_NAME
    store = f'[store]\nengine = "postgres"\nurl = "{database}"\n'
    queue = f'[queue]\nengine = "rabbitmq"\nurl = "{broker}"\npassword_file = "{secret.name}"\n'
    settings.write_text(f"{settings.read_text().replace('[store]', store)}\n{queue}")


def share_port(member: Path) -> None:
    """Several processes of the member listen at its address."""
    settings = member / FILE_NAME
    table = "[gateway]\nshare_port = true\n"
    settings.write_text(settings.read_text().replace("[gateway]\n", table))


def sample_draft(number: int) -> Draft:
    """An application whose body is 2 KiB of JSON."""
    now = datetime.now(UTC)
    application = Application(
        matter=MatterRef(base_code="002014001000", name="职业资格证书核验"),
        applicant=Applicant(
            type=ApplicantType.NATURAL_PERSON,
            name="张三",
            identity=Identity(type=IdType.CITIZEN_ID, number="11010519491231002X"),
            contact=Contact(mobile="13800000000", address="河南省郑州市金水区花园路1号"),
        ),
        receiving=Jurisdiction(region="410105", name="金水区"),
        handling=Jurisdiction(region="440106", name="天河区"),
        applied_at=now,
        materials=tuple(Material(name=f"材料{i}") for i in range(5)),
    )
    size = len(SubmitBody(application=application).to_json())
    form = Form(fields={"说明": "x" * (BODY_BYTES - size - 30)})
    body = SubmitBody(application=application.model_copy(update={"form": form}))
    return Draft(f"BENCH-{number:09d}", Kind.SUBMIT, body)
