"""What a person does, one verb each; every verb can be used from a script."""

import typer

from arrears.cli import (
    people_agencies,
    people_approvals,
    people_casework,
    people_contacts,
    people_debtors,
    people_invoices,
    people_payments,
    people_placements,
    people_preferences,
    people_promises,
    people_stops,
)


def register(app: typer.Typer) -> None:
    """Adds the verbs to the command line."""
    people_debtors.register(app)
    people_invoices.register(app)
    people_payments.register(app)
    people_promises.register(app)
    people_stops.register(app)
    people_contacts.register(app)
    people_preferences.register(app)
    people_casework.register(app)
    people_placements.register(app)
    people_agencies.register(app)
    people_approvals.register(app)
