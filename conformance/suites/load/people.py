"""Users that look like those of a contact centre, the same in every run: number in, user out.

The load generator must know every id and userName without a list, so both are computed from the number alone, here and in
`wrk.lua` by the same rules.
"""

import json
import pathlib

# Raise it when a user changes: kept data directories of another version are not used again.
VERSION = 1
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"

GIVEN = ["ada", "bea", "carl", "dora", "emil", "fritz", "grete", "hugo", "ines", "jonas", "kira", "lena", "mona", "nils"]
FAMILY = ["adler", "brandt", "castillo", "dubois", "eriksen", "ferrari", "garcia", "hoffmann", "ivanov", "jansen", "keller"]
TITLES = ["Senior Customer Service Agent", "Claims Handler", "Team Lead Inbound", "Quality Coach", "Workforce Planner"]
DEPARTMENTS = ["Customer Service Europe", "Motor Claims", "Home and Travel Claims", "Back Office", "Broker Support"]
CITIES = [("Frankfurt am Main", "60313"), ("Wien", "1010"), ("Zürich", "8001"), ("Hamburg", "20095"), ("Leipzig", "04109")]


def mixed(number: int) -> int:
    """A number spread over 32 bits, so that neighbours by number are no neighbours by id."""
    return number * 2654435761 % 2**32


def identifier(number: int) -> str:
    return f"{mixed(number):08x}-5ca1-4000-8000-{number:012x}"


def name(number: int) -> tuple[str, str]:
    spread = mixed(number)
    return GIVEN[spread % len(GIVEN)], FAMILY[spread // len(GIVEN) % len(FAMILY)]


def user_name(number: int) -> str:
    given, family = name(number)
    return f"{given}.{family}.{number}@aurora.example"


def user(number: int) -> dict:
    given, family = (part.capitalize() for part in name(number))
    spread = mixed(number)
    city, code = CITIES[spread % len(CITIES)]
    manager = number // 25
    return {
        "schemas": [CORE, ENTERPRISE],
        "id": identifier(number),
        "externalId": f"00u{spread:08x}{number:09x}",
        "userName": user_name(number),
        "name": {"formatted": f"{given} {family}", "givenName": given, "familyName": family},
        "displayName": f"{given} {family}",
        "nickName": given,
        "userType": "Employee",
        "title": TITLES[spread % len(TITLES)],
        "active": number % 50 != 49,
        "preferredLanguage": "de-DE",
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "emails": [
            {"value": user_name(number), "type": "work", "primary": True},
            {"value": f"{family.lower()}.{number}@home.example", "type": "other", "primary": False},
        ],
        "phoneNumbers": [
            {"value": f"+4969{10000000 + number}", "type": "work", "primary": True},
            {"value": f"+49171{10000000 + number}", "type": "mobile"},
        ],
        "addresses": [
            {
                "type": "work",
                "formatted": f"Mainzer Landstraße {number % 300}, {code} {city}",
                "streetAddress": f"Mainzer Landstraße {number % 300}",
                "locality": city,
                "region": "Hessen",
                "postalCode": code,
                "country": "DE",
                "primary": True,
            }
        ],
        ENTERPRISE: {
            "employeeNumber": f"E{number:07d}",
            "costCenter": f"CC-{spread % 9000 + 1000}",
            "organization": "Aurora Insurance",
            "division": "EMEA",
            "department": DEPARTMENTS[spread % len(DEPARTMENTS)],
            "manager": {"value": identifier(manager), "displayName": " ".join(name(manager)).title()},
        },
    }


def write(file: pathlib.Path, users: int) -> None:
    with file.open("w", encoding="utf-8") as lines:
        for number in range(users):
            lines.write(json.dumps(user(number), ensure_ascii=False, separators=(",", ":")) + "\n")
