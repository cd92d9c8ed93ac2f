"""Keys over a satellite: windows of optical links, what a plan takes of them, and the keys by station."""

import marimo

app = marimo.App()


@app.cell
def _():
    from pathlib import Path

    import marimo as mo
    import matplotlib.pyplot as plt
    import yaml
    from malapert_client import Client
    from malapert_client.frames import table, window_profiles

    malapert = Client()
    return Path, malapert, mo, plt, table, window_profiles, yaml


@app.cell
def _(Path, malapert, yaml):
    mission = malapert.create_mission(yaml.safe_load(Path("missions/qkd-network.yaml").read_text(encoding="utf-8")))
    plan = malapert.generate_plan({"mission_id": mission.mission_id}).result()
    assert plan.validation.valid
    links = list(malapert.list_windows(plan.window_set_id, kinds=["KEY_LINK"]))
    return links, plan


@app.cell
def _(links, mo, plan, table):
    planned = table(plan.activities)
    mo.md(
        f"# Keys over a satellite\n\n{len(links)} links at night within the plan's span, {len(plan.activities)} activities planned: "
        + ", ".join(f"{count} {kind}" for kind, count in planned["activity_type_id"].value_counts().items())
    )
    return


@app.cell
def _(links, plt, window_profiles):
    samples = window_profiles(links)
    rates = samples[samples["quantity"] == "key_rate_bps"]
    assert (rates["value"] >= 0.0).all()
    figure, axis = plt.subplots(figsize=(10, 4), layout="constrained")
    for number, (station_id, each) in enumerate(rates.groupby("station_id")):
        axis.plot(each["time"], each["value"] / 1000.0, ".", markersize=3, color=f"C{number}", label=station_id)
    axis.set(ylabel="key rate, kbit/s", title="Rate of keys along the links")
    axis.legend(loc="upper right", fontsize=7)
    figure
    return (figure,)


if __name__ == "__main__":
    app.run()
