"""Steps at the rims of nested grids: measured, tapered, refused; another zero of heights is told."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from malapert.landing_site.v1 import terrain_pb2, terrain_pb2_grpc
from malapert.type.v1 import type_pb2
from malapert_core.errors import InvalidInputError
from malapert_landing_site.config import LandingSiteSettings
from malapert_landing_site.domain.blending import blended
from malapert_landing_site.domain.grid import ElevationGrid, GridGeometry
from malapert_landing_site.domain.rim import RimPolicy, RimSetting, offset_note, rim_step, setting_faults
from malapert_landing_site.factory import MIGRATIONS, build
from malapert_landing_site.terrain.dem.builtin import builtin_path
from malapert_landing_site.terrain.dem.reading import read_grid
from malapert_landing_site.terrain.grid.scene import HorizonScene
from malapert_landing_site.terrain.horizon.skyline import skylines
from malapert_testing.services import ServiceLauncher, identity_of, open_test_channel

SERVICES = ["malapert.landing_site.v1.TerrainService"]


def plane(pixel_m: float, size_px: int, raised_m: float = 0.0, rough_m: float = 0.0) -> ElevationGrid:
    half_m = 0.5 * pixel_m * size_px
    geometry = GridGeometry(-1, -half_m, half_m, pixel_m, size_px, size_px)
    x_m, y_m = np.meshgrid(geometry.x_of(np.arange(size_px)), geometry.y_of(np.arange(size_px)))
    noise_m = np.random.default_rng(5).normal(0.0, rough_m, x_m.shape) if rough_m else 0.0
    return ElevationGrid(geometry, (0.02 * x_m - 0.01 * y_m + raised_m + noise_m).astype(np.float32))


def test_a_step_is_measured_along_the_whole_rim() -> None:
    fine, coarse = plane(50.0, 100, raised_m=12.0), plane(400.0, 60)
    step = rim_step(fine, [coarse])
    assert step is not None
    assert (step.mean_m, step.rms_m, step.max_m) == pytest.approx((12.0, 12.0, 12.0), abs=1e-3)
    tilted = ElevationGrid(fine.geometry, fine.elevation_m - np.linspace(0.0, 24.0, 100, dtype=np.float32))
    step = rim_step(tilted, [coarse])
    assert step is not None
    # West stands at +12 m, east at -12 m; along north and south the step runs evenly between.
    assert (step.mean_m, step.max_m) == pytest.approx((0.0, 12.0), abs=1e-3)
    assert step.rms_m == pytest.approx(np.sqrt((144.0 + 48.0) / 2.0), rel=0.01)
    assert (
        rim_step(plane(50.0, 10), [ElevationGrid(GridGeometry(-1, 1e6, 1e6, 50.0, 10, 10), fine.elevation_m)]) is None
    )


def test_blending_meets_the_coarse_grid_at_the_rim_and_leaves_the_inside() -> None:
    fine, coarse = plane(50.0, 100, raised_m=12.0, rough_m=1.0), plane(400.0, 60)
    result = blended(fine, [coarse], 1000.0)
    step = rim_step(result, [coarse])
    assert step is not None
    assert step.max_m < 1e-3
    np.testing.assert_array_equal(result.elevation_m[20:-20, 20:-20], fine.elevation_m[20:-20, 20:-20])
    assert not np.array_equal(result.elevation_m[19], fine.elevation_m[19])
    # 12 m over 1000 m: the taper is nowhere steeper than 1.5 times the mean, 1.8 cm a metre.
    added_m = (result.elevation_m - fine.elevation_m)[50, :50]
    smooth = blended(plane(50.0, 100, raised_m=12.0), [coarse], 1000.0).elevation_m - plane(50.0, 100).elevation_m
    assert np.abs(np.diff(smooth[50])).max() <= 1.5 * 12.0 / 1000.0 * 50.0 + 1e-3
    assert np.abs(added_m[:1] + 12.0) < 5.0
    assert result.content_hash() != fine.content_hash()


def test_blending_keeps_holes_and_ground_beyond_the_coarse_grid() -> None:
    fine, coarse = plane(50.0, 100, raised_m=12.0), plane(50.0, 60)
    fine.elevation_m[2, 3] = np.nan
    result = blended(fine, [coarse], 1000.0)
    np.testing.assert_array_equal(result.elevation_m, fine.elevation_m)
    under = plane(400.0, 60)
    under.elevation_m[:, :30] = np.nan
    result = blended(fine, [under, coarse], 1000.0)
    assert np.isnan(result.elevation_m[2, 3])
    assert result.elevation_m[50, 0] == fine.elevation_m[50, 0]
    assert result.elevation_m[50, -1] == pytest.approx(fine.elevation_m[50, -1] - 12.0, abs=1e-3)


@pytest.mark.slow
def test_rays_of_the_blended_grid_meet_no_wall() -> None:
    """From 100 m outside a grid raised by 30 m its rim is a wall of 17°; blended over 2 km it is below 3°."""
    fine, coarse = plane(50.0, 200, raised_m=30.0), plane(400.0, 60)
    eye_xy_m = np.array([[fine.geometry.x_max_m + 100.0, 10.0]])

    def skyline_deg(grid: ElevationGrid) -> float:
        """The highest that is seen from the eye, in any of 36 azimuths."""
        return float(skylines(HorizonScene.of([coarse, grid]), eye_xy_m, 1.0, 36).elevation_deg.max())

    assert skyline_deg(fine) > 10.0
    assert skyline_deg(blended(fine, [coarse], 2000.0)) < 3.0


def test_another_zero_of_heights_is_told_and_roughness_is_not() -> None:
    coarse = plane(400.0, 60)
    assert offset_note("fine", plane(50.0, 100, rough_m=60.0), coarse, "coarse") is None
    note = offset_note("fine", plane(50.0, 100, raised_m=-600.0, rough_m=20.0), coarse, "coarse")
    assert note is not None
    assert "599.6 m below coarse" in note
    assert "the sphere of 1738000 m" in note
    note = offset_note("fine", plane(50.0, 100, raised_m=40.0), coarse, "coarse")
    assert note is not None
    assert "40.0 m above coarse" in note
    assert "such as" not in note


def test_the_measured_grid_counts_from_the_same_zero(shared_file: Callable[[str], Path]) -> None:
    """LOLA's 200 m grid lies within 10 m of the built-in 1600 m grid in the mean, and steps at its rim."""
    fine = read_grid(shared_file("terrain/shackleton_ridge_200m_radial.tif"), "200 m")
    coarse = read_grid(builtin_path(-1), "1600 m")
    assert offset_note("fine", fine, coarse, "coarse") is None
    before, after = rim_step(fine, [coarse]), rim_step(blended(fine, [coarse], 1600.0), [coarse])
    assert before is not None
    assert after is not None
    assert before.rms_m > 20.0
    assert after.max_m < 0.01


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        (RimSetting(RimPolicy.REFUSE), "max_rim_step_m"),
        (RimSetting(RimPolicy.REPORT, max_rim_step_m=-1.0), "max_rim_step_m"),
        (RimSetting(RimPolicy.BLEND, blend_width_m=float("nan")), "blend_width_m"),
        (RimSetting(RimPolicy.BLEND, blend_width_m=-5.0), "blend_width_m"),
    ],
)
def test_an_impossible_setting_is_refused(setting: RimSetting, path: str) -> None:
    assert [fault.path for fault in setting_faults(setting)] == [path]


async def pieces(content: bytes) -> AsyncIterator[terrain_pb2.RegisterTerrainRequest]:
    yield terrain_pb2.RegisterTerrainRequest(header=terrain_pb2.TerrainHeader(title="Mine", file_name="mine.tif"))
    yield terrain_pb2.RegisterTerrainRequest(chunk=content)


@pytest.mark.asyncio
async def test_a_stack_reports_blends_or_refuses(
    sqlite_service_runtime: ServiceLauncher, write_geotiff: Callable[..., Path]
) -> None:
    heights = np.full((200, 200), 3000.0, np.float32)
    content = write_geotiff(heights, transform=Affine(50.0, 0.0, -5000.0, 0.0, -50.0, 5000.0)).read_bytes()
    async with (
        sqlite_service_runtime.run(LandingSiteSettings, build, MIGRATIONS) as service,
        open_test_channel(service.target, identity_of("isro"), SERVICES) as channel,
    ):
        terrains = terrain_pb2_grpc.TerrainServiceStub(channel)
        mine = (await terrains.RegisterTerrain(pieces(content))).terrain

        async def stack(**setting: object) -> terrain_pb2.TerrainStack:
            region = terrain_pb2.Region(center=type_pb2.SurfacePoint(latitude_deg=-90.0), radius_m=1500.0)
            request = terrain_pb2.CreateTerrainStackRequest(terrain_ids=[mine.terrain_id], region=region, **setting)
            return (await terrains.CreateTerrainStack(request)).terrain_stack

        plain, reported = await stack(), await stack(rim_policy=terrain_pb2.RIM_POLICY_REPORT)
        assert plain == reported
        assert any("at the rim of Mine the height steps" in note for note in plain.notes)
        assert any("above LOLA 1600 m, south pole all over" in note for note in plain.notes)
        mixed = await stack(rim_policy=terrain_pb2.RIM_POLICY_BLEND, blend_width_m=1000.0)
        assert mixed.terrain_stack_id != plain.terrain_stack_id
        fine = mixed.terrains[-1]
        assert (fine.title, fine.owner_agency_id) == ("Mine, blended over 1000 m", "isro")
        assert fine.content_hash != mine.content_hash
        assert "tapered over 1000 m" in fine.source
        assert any("Mine is blended into LOLA 1600 m, south pole over 1000 m" in note for note in mixed.notes)
        assert any("by 0.0 m RMS" in note for note in mixed.notes)
        assert not any("reaches into the region" in note for note in mixed.notes)
        assert await stack(rim_policy=terrain_pb2.RIM_POLICY_BLEND, blend_width_m=1000.0) == mixed
        wide = await stack(rim_policy=terrain_pb2.RIM_POLICY_BLEND, blend_width_m=4000.0)
        assert wide.terrain_stack_id != mixed.terrain_stack_id
        assert any("reaches into the region" in note for note in wide.notes)
        with pytest.raises(InvalidInputError, match="TERRAIN_RIM_STEP") as refusal:
            await stack(rim_policy=terrain_pb2.RIM_POLICY_REFUSE, max_rim_step_m=100.0)
        assert [fault.path for fault in refusal.value.faults] == ["terrain_ids[0]"]
        assert "100 m are allowed" in refusal.value.message
        assert await stack(rim_policy=terrain_pb2.RIM_POLICY_REFUSE, max_rim_step_m=9000.0) == plain
        with pytest.raises(InvalidInputError, match="BLEND_WIDTH_IMPOSSIBLE"):
            await stack(rim_policy=terrain_pb2.RIM_POLICY_BLEND, blend_width_m=6000.0)
        with pytest.raises(InvalidInputError, match="UNKNOWN_RIM_POLICY"):
            await stack(rim_policy=9)
