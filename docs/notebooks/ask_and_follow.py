"""A team asks for observations, has them checked, hands them in and follows them."""

import marimo

app = marimo.App()


@app.cell
def _():
    from pathlib import Path

    import marimo as mo
    import yaml
    from malapert_client import Client
    from malapert_client.frames import table

    owner, team = Client(), Client(agency="ISRO", role="REQUESTER")
    return Path, mo, owner, table, team, yaml


@app.cell
def _(Path, owner, team, yaml):
    mission = owner.create_mission(yaml.safe_load(Path("missions/station-arm.yaml").read_text(encoding="utf-8")))
    asked = [
        {
            "request_id": "notebook-look",
            "title": "Look at the payload once more",
            "activity_type_id": "inspection",
            "agency_id": "ISRO",
            "value": 8.0,
            "visibility": "MISSION",
        }
    ]
    # Nothing is stored: faults, what it would take, and windows that could hold it.
    checked = team.check_requests(mission.mission_id, {"requests": asked})
    return asked, checked, mission


@app.cell
def _(checked, mo):
    mo.md(f"# Ask for observations and follow them\n\n```json\n{checked.model_dump_json(indent=1)[:2000]}\n```")
    return


@app.cell
def _(asked, mission, owner, table, team):
    team.submit_requests(mission.mission_id, {"requests": asked})
    plan = owner.generate_plan({"mission_id": mission.mission_id}).result()
    seen = table(team.list_requests_in_plan(plan.plan_id))
    return plan, seen


@app.cell
def _(plan, seen, team):
    mine = seen[seen["request_id"] == "notebook-look"]
    assert len(mine) == 1
    why = [
        team.explain_unplanned(plan.plan_id, left_out.request_id).unplanned.explanation
        for left_out in plan.unplanned
        if left_out.request_id == "notebook-look"
    ]
    mine, why
    return


@app.cell
def _(mission, table, team):
    table([team.get_request(mission.mission_id, "notebook-look")]).T
    return


if __name__ == "__main__":
    app.run()
