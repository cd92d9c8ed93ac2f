"""Why a request cannot be planned at all: what no search is needed to see."""
