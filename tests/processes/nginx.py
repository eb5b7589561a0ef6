"""A reverse proxy of a city: nginx, which ends TLS in front of a gateway and dials partners."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gateway.demo.servers.package import installed
from tests.processes.city import City
from tests.processes.patience import LONG, until
from tests.processes.tls_client import Shown, anybody, call

PROXY = "127.0.0.2"
"""Where it calls the gateway from: not from where a test, or another program, does."""

_SETTINGS = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
worker_processes 1;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 16m;

    # What partners call: any certificate is asked for and passed on; the gateway judges it.
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_verify_client optional_no_ca;
        location / {{
            proxy_pass http://127.0.0.1:{gateway};
            proxy_bind {proxy};
            proxy_http_version 1.1;
            proxy_set_header Tongban-Client-Certificate $ssl_client_escaped_cert;
        }}
    }}

    # What the gateway calls: one place a partner, whose certificate is checked here.
    server {{
        listen 127.0.0.1:{out};
{partners}
    }}
}}
"""
_PARTNER = """
        location /{code}/ {{
            proxy_pass {address}/;
            proxy_http_version 1.1;
            proxy_ssl_protocols TLSv1.3;
            proxy_ssl_certificate {chain};
            proxy_ssl_certificate_key {key};
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate {trusted};
            proxy_ssl_name {name};
        }}
"""


def binary() -> str:
    """Debian's, found or installed."""
    return installed(lambda: shutil.which("nginx", path="/usr/sbin:/usr/bin"), "nginx-light",
                     instead="PATH")  # fmt: skip


@contextmanager
def reverse_proxy(
    folder: Path,
    city: City,
    shown: Shown,
    *,
    ports: tuple[int, int],
    partners: Mapping[str, tuple[str, Path, str]],
) -> Iterator[str]:
    """It runs; its address for partners. `ports`: for partners, and for the gateway; `partners`
    by code: address, the certificate that is trusted (PEM), and the name in it."""
    folder.mkdir(mode=0o711)
    chain, key = shown.files(folder)
    port, out = ports
    places = "".join(
        _PARTNER.format(code=code, address=to, trusted=trusted, name=name, chain=chain, key=key)
        for code, (to, trusted, name) in partners.items()
    )
    settings = folder / "nginx.conf"
    settings.write_text(
        _SETTINGS.format(folder=folder, port=port, gateway=city.port, proxy=PROXY, out=out,
                         chain=chain, key=key, partners=places)
    )  # fmt: skip
    process = subprocess.Popen([binary(), "-p", folder, "-c", settings, "-e", folder / "error.log"])
    url = f"https://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is None and _answers(url), "nginx answers")
        yield url
    finally:
        process.terminate()
        process.wait(LONG)


def _answers(url: str) -> bool:
    try:
        return call(url, anybody(), method="GET", path="/").status > 0
    except OSError:
        return False
