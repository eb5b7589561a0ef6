"""The city's own system: its adapter and the matters it handles."""

from pathlib import Path

from adapters.adapter import Adapter
from adapters.profiles.load import load_adapter, load_profile
from adapters.profiles.secrets import secrets_from
from contracts.codes import within
from gateway import config
from gateway.member_folder import profile_folder


def adapter(folder: config.Home) -> Adapter | None:
    """The city's adapter, when its settings name a profile. Raises SettingsInvalid."""
    path = _profile(folder)
    return load_adapter(path, secrets_from(folder.folder)) if path else None


def matters(folder: config.Home) -> set[str] | None:
    """The base codes that the city's crosswalk lists for the city itself, if it lists any."""
    path = _profile(folder)
    rows = load_profile(path).crosswalk.rows if path else ()
    ours = folder.settings.member.code
    return {row.base_code for row in rows if within(row.region, ours)} or None


def _profile(folder: config.Home) -> Path | None:
    profile = folder.settings.city.profile
    return None if profile is None else profile_folder(folder.folder, profile)
