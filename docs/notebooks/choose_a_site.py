"""Landing sites on a terrain of one's own: registered, searched, ranked, and mapped in lunar coordinates."""

import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import matplotlib.pyplot as plt
    import numpy as np
    import rasterio
    from malapert_client import Client
    from malapert_client.places import points

    malapert = Client()
    return malapert, mo, np, plt, points, rasterio


@app.cell
def _(np, rasterio):
    # Your own elevation model goes here: a GeoTIFF in IAU_2015:30135, metres. This one is a ridge with hummocks, 6 km wide.
    pixel_m, count, west_m, north_m = 25.0, 240, -14_300.0, -9_200.0
    x_m, y_m = np.meshgrid(np.arange(count) * pixel_m - 3000.0, 3000.0 - np.arange(count) * pixel_m)
    height_m = 1500.0 + 450.0 * np.exp(-((y_m / 1500.0) ** 2)) + 4.0 * np.sin(x_m / 300.0) * np.cos(y_m / 250.0)
    with rasterio.open(
        "ridge.tif",
        "w",
        driver="GTiff",
        width=count,
        height=count,
        count=1,
        dtype="float32",
        crs="IAU_2015:30135",
        transform=rasterio.transform.from_origin(west_m, north_m, pixel_m, pixel_m),
        nodata=-9999.0,
    ) as file:
        file.write(height_m.astype("float32"), 1)
        file.update_tags(1, unit="m")
    return (height_m,)


@app.cell
def _(malapert):
    from pathlib import Path

    terrain = malapert.register_terrain(Path("ridge.tif"), title="A ridge of one's own", source="made by hand")
    center = {"longitude_deg": -137.3, "latitude_deg": -89.45}
    stack = malapert.create_terrain_stack(
        {"terrain_ids": [terrain.terrain_id], "region": {"center": center, "radius_m": 2000.0}, "rim_policy": "BLEND"}
    )
    search = malapert.search_sites(
        {
            "terrain_stack_id": stack.terrain_stack_id,
            "span": {"start_time": "2029-02-08T00:00:00Z", "end_time": "2029-04-20T00:00:00Z"},
            "landing_time": "2029-02-08T00:00:00Z",
            "limits": {
                "max_slope_deg": 12.0,
                "slope_baseline_m": 50.0,
                "landing_radius_m": 100.0,
                "max_hazard_fraction": 0.1,
                "hazard_slope_deg": 15.0,
                "min_lit_days": 1.0,
                "earth_visible_at_landing": False,
            },
            "weights": [
                {"criterion": "ILLUMINATION", "weight": 0.5},
                {"criterion": "EARTH_VISIBILITY", "weight": 0.3},
                {"criterion": "SLOPE", "weight": 0.2},
            ],
            "array_height_m": 2.0,
            "antenna_height_m": 2.5,
            "max_sites": 5,
            "min_separation_m": 400.0,
        }
    ).result()
    assert search.sites, search
    return search, stack


@app.cell
def _(mo, search):
    mo.md("# Choose a landing site\n\n" + "\n".join(f"{each.rank}. {each.explanation}" for each in search.sites))
    return


@app.cell
def _(malapert, plt, points, search, stack):
    from malapert_client.arrays import map_layer

    sites = points(search.sites)
    layer = map_layer(
        malapert.get_map_layer(
            stack.terrain_stack_id,
            "ELEVATION",
            longitude_deg=-137.3,
            latitude_deg=-89.45,
            size_m=5000.0,
            pixel_count=200,
        )
    )
    figure, axis = plt.subplots(figsize=(8, 7), layout="constrained")
    mesh = axis.pcolormesh(layer["x_m"], layer["y_m"], layer, cmap="cividis", shading="nearest")
    drawn = sites.to_crs("IAU_2015:30135")
    drawn.plot(ax=axis, color="white", edgecolor="black", markersize=60)
    for place, rank in zip(drawn.geometry, drawn["rank"], strict=True):
        axis.annotate(str(rank), (place.x, place.y), textcoords="offset points", xytext=(6, 6), color="white")
    axis.set(title="Ranked sites on the ridge", xlabel="x, metres (IAU_2015:30135)", ylabel="y, metres", aspect="equal")
    figure.colorbar(mesh, label=f"height above the sphere, {layer.attrs['units']}")
    figure
    return figure, sites


@app.cell
def _(malapert, search):
    # The same sites for a GIS, by call: GeoJSON, KML or a table.
    kml = malapert.export_site_search(search.site_search_id, format="kml")
    assert kml.count(b"<Placemark>") == len(search.sites)
    return


if __name__ == "__main__":
    app.run()
