"""What an embedded platform keeps is readable by its owner alone."""

import stat


def test_no_file_or_directory_of_a_running_platform_is_open_to_others(platform):
    found = [platform.data_dir, *platform.data_dir.rglob("*")]
    assert any(path.suffix == ".db" for path in found)
    open_to_others = [path for path in found if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []
