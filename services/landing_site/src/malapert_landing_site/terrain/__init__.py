"""The compiled and file-bound part: the only place that imports rasterio, pyproj and numba."""
