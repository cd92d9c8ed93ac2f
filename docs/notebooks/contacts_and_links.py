"""Contact windows of a rover with two stations, and the link budget along them."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import matplotlib.pyplot as plt
    from malapert_client import Client
    from malapert_client.frames import table, window_profiles
    from malapert_client.times import astropy_spans

    malapert = Client()
    return astropy_spans, malapert, mo, plt, table, window_profiles


@app.cell
def _(malapert):
    point = {"longitude_deg": -137.3, "latitude_deg": -89.45}
    stack = malapert.create_terrain_stack({"region": {"center": point, "radius_m": 5000.0}})
    terminal = {
        "band": "X",
        "frequency_hz": 8.45e9,
        "eirp_dbw": 12.0,
        "required_eb_n0_db": 2.5,
        "margin_db": 3.0,
        "losses_db": 2.0,
        "rate_steps_bps": [1e5, 1e6, 4e6],
    }
    made = malapert.compute_windows(
        {
            "terrain_stack_id": stack.terrain_stack_id,
            "places": [{"place_id": "ridge", "point": point}],
            "station_ids": ["esa-mlg", "isro-idsn-32"],
            "span": {"start_time": "2029-01-10T00:00:00Z", "end_time": "2029-01-20T00:00:00Z"},
            "terminal": terminal,
            "array_height_m": 2.0,
            "antenna_height_m": 2.5,
            "profile_step_s": 600.0,
        }
    ).result()
    contacts = list(malapert.list_windows(made.window_set_id, kinds=["CONTACT"]))
    assert contacts
    return contacts, made


@app.cell
def _(astropy_spans, contacts, mo):
    starts, ends = astropy_spans(each.interval for each in contacts)
    hours = (ends - starts).to_value("hour")
    mo.md(
        f"# Contact windows and a link budget\n\n{len(contacts)} contacts, {hours.sum():.1f} hours; the first begins at TDB {starts[0].tdb.isot}."
    )
    return


@app.cell
def _(made, table):
    table(made.summaries)
    return


@app.cell
def _(contacts, plt, window_profiles):
    samples = window_profiles(contacts)
    figure, axes = plt.subplots(3, 1, figsize=(10, 8), sharex=True, layout="constrained")
    for axis, (quantity, label) in zip(
        axes,
        (
            ("station_elevation_deg", "at the station, degrees"),
            ("range_km", "range, km"),
            ("link_margin_db", "margin over what the rate needs, dB"),
        ),
        strict=True,
    ):
        for (station_id, _), each in samples[samples["quantity"] == quantity].groupby(["station_id", "window_id"]):
            axis.plot(each["time"], each["value"], color={"esa-mlg": "C0"}.get(station_id, "C1"))
        axis.set(ylabel=label)
    axes[0].set(title="Elevation, range and margin: esa-mlg blue, isro-idsn-32 orange")
    figure
    return figure, samples


@app.cell
def _(contacts, malapert, made, samples):
    # The distance of the Moon lies between 356,400 and 406,700 km (Meeus, ch. 50).
    ranges_km = samples[samples["quantity"] == "range_km"]["value"]
    assert ranges_km.between(348_000.0, 415_000.0).all()
    report = malapert.export_windows(made.window_set_id, format="stk-access", kinds=["CONTACT"])
    assert report.decode().count("-To-") == len({each.station_id for each in contacts})
    return


if __name__ == "__main__":
    app.run()
