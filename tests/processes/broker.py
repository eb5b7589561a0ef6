"""A city whose processes tell each other of their commits through a broker."""

from gateway.config import FILE_NAME
from tests.processes.city import City
from tests.processes.rabbitmq import PASSWORD, USER, RabbitServer


def use_broker(city: City, server: RabbitServer, vhost: str) -> None:
    """From now on the city's processes tell each other through `vhost`."""
    secret = city.folder / "broker-password"
    secret.touch(mode=0o600)
    secret.write_text(PASSWORD)
    with (city.folder / FILE_NAME).open("a") as file:
        file.write(
            f'\n[queue]\nengine = "rabbitmq"\npassword_file = "{secret.name}"\n'
            f'url = "amqp://{USER}@127.0.0.1:{server.port}/{vhost}"\n'
        )
