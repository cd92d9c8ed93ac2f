"""A year of light and Earth at two points near the south pole, held against what is published of the Moon's motion."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import matplotlib.pyplot as plt
    from malapert_client import Client
    from malapert_client.arrays import light

    malapert = Client()
    return light, malapert, mo, plt


@app.cell
def _(mo):
    mo.md("""
    # A year of light and Earth at a point

    The skyline comes from the built-in LOLA grid of 1600 m, from a terrain of your own where you name one. Sun and Earth come from
    JPL's ephemerides in the frame MOON_ME.
    """)
    return


@app.cell
def _(light, malapert):
    points = [
        {"longitude_deg": -137.3, "latitude_deg": -89.45},  # Connecting Ridge, between Shackleton and de Gerlache
        {"longitude_deg": 2.9, "latitude_deg": -85.9},  # Malapert Massif
    ]
    stack = malapert.create_terrain_stack({"region": {"center": points[0], "radius_m": 5000.0}})
    asked = {"span": {"start_time": "2029-01-01T00:00:00Z", "end_time": "2030-01-01T00:00:00Z"}, "step_s": 7200.0}
    series = malapert.get_light_series(
        {
            "terrain_stack_id": stack.terrain_stack_id,
            "points": points,
            "height_m": 2.0,
            "with_directions": True,
            **asked,
        }
    )
    year = light(series)
    return series, year


@app.cell
def _(mo, series):
    mo.md(
        "\n".join(
            f"- {each.point.latitude_deg:.2f}°, {each.point.longitude_deg:.1f}°: sunlit {each.mean_sun_fraction:.0%} of the year, "
            f"longest night {each.longest_night_s / 86400:.1f} days, Earth in view {each.earth_visible_fraction:.0%}"
            for each in series.series
        )
    )
    return


@app.cell
def _(plt, year):
    figure, axes = plt.subplots(2, 1, figsize=(10, 6), sharex=True, layout="constrained")
    for point, name in enumerate(("Connecting Ridge", "Malapert Massif")):
        daily = year["sun_fraction"].isel(point=point).resample(time="1D").mean()
        axes[0].plot(daily["time"], daily, label=name)
        axes[1].plot(year["time"], year["earth_elevation_deg"].isel(point=point), label=name, linewidth=0.7)
    axes[0].set(
        ylabel="visible share of the Sun, daily", ylim=(0, 1.02), title="Light and Earth in 2029, 2 m above ground"
    )
    axes[1].set(ylabel="elevation of the Earth, degrees")
    axes[1].axhline(0.0, color="grey", linewidth=0.6)
    axes[0].legend()
    figure
    return (figure,)


@app.cell
def _(mo, year):
    # The Moon's equator stands at 1.543° to the ecliptic (Cassini's laws; Archinal et al. 2018), so that at 0.55° from the pole the
    # Sun rises to the sum of both at the most. In latitude the Earth librates by up to 6.9° (Meeus, Astronomical Algorithms, ch. 53).
    ridge = year.isel(point=0)
    from_pole_deg = 90.0 + float(ridge["latitude_deg"])
    highest_deg = float(ridge["sun_elevation_deg"].max())
    earth_deg = float(ridge["earth_elevation_deg"].max())
    assert highest_deg <= 1.543 + from_pole_deg + 0.05
    assert highest_deg >= 1.543 + from_pole_deg - 0.25
    assert earth_deg <= 6.9 + from_pole_deg
    mo.md(
        f"Highest Sun {highest_deg:.2f}° (published bound {1.543 + from_pole_deg:.2f}°), highest Earth {earth_deg:.2f}° (6.9° + {from_pole_deg:.2f}°)."
    )
    return


if __name__ == "__main__":
    app.run()
