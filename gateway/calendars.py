"""Calendar files: holidays that were announced since the program was made.

Each file of the folder ``time.calendars`` says one year; see `contracts.working_days`.
"""

from pathlib import Path

from contracts.errors import SettingsInvalid
from contracts.working_days import MAX_FILE_LENGTH, Calendar, Year, built_in, read_year


def load_calendar(folder: Path) -> Calendar:
    """The years that are built in, and those of the files in `folder`, where there is one.

    Raises SettingsInvalid with every mistake of every file.
    """
    years: dict[int, Year] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            with path.open("rb") as file:
                year, days = read_year(file.read(MAX_FILE_LENGTH + 1), path.name)
        except OSError as error:
            mistakes.append(f"{path.name}: {error.strerror}")
        except SettingsInvalid as error:
            mistakes += [f"{path.name}: {mistake}" for mistake in error.mistakes]
        else:
            if year in years:
                mistakes.append(f"{path.name}: {year} is said by another file too")
            years[year] = days
    if mistakes:
        raise SettingsInvalid(mistakes, source=str(folder))
    return built_in().with_years(years)
