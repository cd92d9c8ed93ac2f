"""Two agencies agree on an antenna's time: asked for, held, given by the owner, and given back."""

import marimo

app = marimo.App()


@app.cell
def _():
    from pathlib import Path

    import marimo as mo
    import yaml
    from malapert_client import Client, ConflictError
    from malapert_client.frames import table

    malapert = Client()
    return Client, ConflictError, Path, malapert, mo, table, yaml


@app.cell
def _(Path, malapert, yaml):
    mission = malapert.create_mission(yaml.safe_load(Path("missions/relay-week.yaml").read_text(encoding="utf-8")))
    plan = malapert.generate_plan({"mission_id": mission.mission_id}).result()
    ours = malapert.who_am_i().agency_id
    owners = {each.station_id: each.agency_id for each in malapert.list_stations()}
    windows = [
        each
        for each in malapert.list_windows(plan.window_set_id, kinds=["ORBITER_CONTACT"], without_profiles=True)
        if owners.get(each.station_id, ours) != ours
    ]
    assert windows
    return mission, owners, windows


@app.cell
def _(malapert, mission, owners, windows):
    from datetime import timedelta

    window = max(windows, key=lambda each: each.interval.end_time - each.interval.start_time)
    start = window.interval.start_time + timedelta(minutes=5)
    wanted = {
        "station_id": window.station_id,
        # An orbiter of a mission is named with its mission before it, an asset without.
        "asset_id": window.orbiter_id.removeprefix(f"{mission.mission_id}."),
        "interval": {"start_time": start, "end_time": start + timedelta(minutes=10)},
    }
    asked = malapert.reserve_contacts({"mission_id": mission.mission_id, "requests": [wanted]}).contacts[0]
    owner = owners[window.station_id]
    assert asked.state.value == "TENTATIVE"
    return asked, owner, wanted


@app.cell
def _(asked, mo, owner):
    mo.md(
        f"# Negotiate bookings\n\n{asked.station_id} is {owner}'s: the booking is {asked.state.value} until {asked.hold_until_time}."
    )
    return


@app.cell
def _(Client, asked, owner):
    # The owner sees who asks, for which mission and asset, and gives the time.
    theirs = Client(agency=owner, role="PLANNER")
    seen = theirs.get_contact(asked.contact_id)
    given = theirs.commit_contacts({"contact_ids": [seen.contact_id], "versions": [seen.version]}).contacts[0]
    assert given.state.value == "COMMITTED"
    return given, theirs


@app.cell
def _(ConflictError, given, malapert, mission, wanted):
    # The same time is not given twice, and the refusal says by what it is held.
    try:
        malapert.reserve_contacts({"mission_id": mission.mission_id, "requests": [wanted]})
        told = "given twice"
    except ConflictError as error:
        told = f"{error.reason}: {error.faults[0].message}"
    assert told != "given twice", given
    told
    return


@app.cell
def _(given, malapert, table):
    # Given back, the antenna is free; the history stays.
    malapert.release_contacts({"contact_ids": [given.contact_id], "reason": "the pass before suffices"})
    table([malapert.get_contact(given.contact_id)]).T
    return


if __name__ == "__main__":
    app.run()
