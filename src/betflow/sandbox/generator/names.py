"""Names for what is made up. None is meant to be a real horse, dog, club or player; the courses are."""

from typing import Final

from betflow.exchange.times import iso

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

COURSES: Final = (
    ("Ascot", "GB"), ("Newmarket", "GB"), ("York", "GB"), ("Sandown", "GB"), ("Haydock", "GB"),
    ("Leicester", "GB"), ("Curragh", "IE"), ("Leopardstown", "IE"), ("Beverley", "GB"), ("Chepstow", "GB"),
    ("Galway", "IE"), ("Carlisle", "GB"), ("Naas", "IE"), ("Nottingham", "GB"), ("Wetherby", "GB"),
    ("Bath", "GB"),
)  # fmt: skip
"""Each with its country. There are as many meetings in a day as it takes, courses in turn."""

TRACKS: Final = ("Romford", "Sheffield", "Monmore", "Hove", "Towcester", "Sunderland")

FIRST: Final = (
    "Paper", "Closing", "Bet", "Silver", "Late", "Quiet", "Border", "Copper", "Second", "Northern", "Honest",
    "Winter", "Lucky", "Velvet", "Rapid", "Golden", "Misty", "Merchant", "Harbour", "Crimson", "Patient",
    "Distant", "Marble", "Autumn", "Steady", "Ivory", "Hidden", "Thunder", "Gentle", "Broken",
)  # fmt: skip
SECOND: Final = (
    "Tiger", "Line", "Delay", "Lining", "Money", "Ledger", "Reiver", "Kettle", "Guess", "Lights", "Broker",
    "Garden", "Penny", "Hammer", "Answer", "Ticket", "Meadow", "Prince", "Master", "Tide", "Sailor", "Drum",
    "Arch", "Fiddle", "Anchor", "Tower", "Treasure", "Valley", "Giant", "Arrow",
)  # fmt: skip

CLUBS: Final = (
    "Ashford Rovers", "Barlow Town", "Calder United", "Denby Athletic", "Eastmoor", "Farley Wanderers",
    "Grimsdale", "Hartley City", "Irwell", "Kelham Albion", "Longmoor", "Marsden", "Norbury", "Oakham Forest",
    "Penrose", "Rawdon Park", "Selwick", "Thornaby Vale", "Upton", "Wexley",
)  # fmt: skip

PLAYERS: Final = (
    "A Brandt", "L Corvi", "M Dahl", "P Estrada", "J Falk", "N Grabowski", "T Hale", "S Ivanek", "R Jansen",
    "E Koike", "D Laurent", "C Moreau", "B Novak", "F Okoro", "G Pereira", "H Quist", "V Rossi", "K Sandberg",
    "O Tamm", "W Urban",
)  # fmt: skip


def date_in_names(moment: int) -> str:
    """Return the day of a moment (epoch milliseconds, UTC) as names of meetings have it: ``4th Jul``."""
    _, month, day = iso(moment)[:10].split("-")
    number = int(day)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    return f"{number}{ending} {_MONTHS[int(month) - 1]}"
