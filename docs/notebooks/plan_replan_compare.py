"""A plan, a plan from it after a delay, and both side by side."""

import marimo

app = marimo.App()


@app.cell
def _():
    from pathlib import Path

    import marimo as mo
    import matplotlib.pyplot as plt
    import yaml
    from malapert_client import Client
    from malapert_client.frames import resource_profiles, table
    from malapert_client.widget.timeline import Timeline

    malapert = Client()
    return Path, Timeline, malapert, mo, plt, resource_profiles, table, yaml


@app.cell
def _(Path, malapert, yaml):
    mission = malapert.create_mission(yaml.safe_load(Path("missions/station-arm.yaml").read_text(encoding="utf-8")))
    plan = malapert.generate_plan({"mission_id": mission.mission_id}).result()
    assert plan.validation.valid
    return (plan,)


@app.cell
def _(mo, plan):
    mo.md(f"""
    # Plan, replan, compare

    Plan `{plan.plan_id}`: {len(plan.activities)} activities, {len(plan.unplanned)} left out, within {plan.objective.gap:.1%} of the bound.
    """)
    return


@app.cell
def _(malapert, plan):
    # What if one activity of the second half took an hour longer than planned?
    late = plan.activities[len(plan.activities) // 2]
    now = late.interval.end_time
    run = {
        "activity_id": late.activity_id,
        "state": "DONE",
        "interval": {"start_time": late.interval.start_time, "end_time": now},
    }
    again = malapert.replan_plan(
        plan.plan_id, {"now": now, "events": [{"activity_run": run}], "label": "what if"}
    ).result()
    comparison = malapert.compare_plans(plan.plan_id, other_plan_id=again.plan_id)
    return again, comparison


@app.cell
def _(Timeline, again, plan):
    # Both plans on one timeline: zoom by wheel and Ctrl, `?` shows the keys.
    Timeline(plan, again)
    return


@app.cell
def _(comparison, table):
    table(comparison.figures)
    return


@app.cell
def _(again, plan, plt, resource_profiles):
    figure, axes = plt.subplots(2, 1, figsize=(10, 6), sharex=True, layout="constrained")
    for row, (name, each) in enumerate((("plan", plan), ("from it", again))):
        for item in each.activities:
            start, end = item.interval.start_time, item.interval.end_time
            axes[0].barh(row, end - start, left=start, height=0.6, edgecolor="white", color=f"C{row}")
        resources = resource_profiles(each)
        for resource_id, samples in list(resources.groupby("resource_id"))[:1]:
            axes[1].plot(samples["time"], samples["value"], label=f"{resource_id}, {name}", color=f"C{row}")
    axes[0].set(yticks=[0, 1], yticklabels=["plan", "from it"], title="Activities of both plans")
    axes[1].legend()
    figure
    return (figure,)


if __name__ == "__main__":
    app.run()
