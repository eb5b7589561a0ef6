"""The families that are there. A new family is one line here and one folder beside this file."""

from adapters.families.case_json.codec import FAMILY as CASE_JSON
from adapters.families.contract.codec import FAMILY as CONTRACT
from adapters.families.epoint.codec import FAMILY as EPOINT
from adapters.families.family import Family
from adapters.families.gbt39046.codec import FAMILY as GBT39046
from adapters.families.gdbs.codec import FAMILY as GDBS
from adapters.families.kstb.codec import FAMILY as KSTB
from adapters.families.up_pro.codec import FAMILY as UP_PRO

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        CASE_JSON,
        CONTRACT,
        EPOINT,
        GBT39046,
        GDBS,
        KSTB,
        UP_PRO,
    )
}
