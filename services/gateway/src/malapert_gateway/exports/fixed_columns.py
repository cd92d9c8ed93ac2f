"""Lines of fixed columns, each as wide as its widest cell."""

from collections.abc import Sequence

from malapert_core.documents.plain_text import one_line, one_word


def fixed_columns(header: Sequence[str], rows: Sequence[Sequence[str]], least_widths: Sequence[int]) -> list[str]:
    """Return the header and the rows as lines; each cell is one word, but the last, which ends its line.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        Cells by column.
    least_widths
        The width of each column where all its cells are short; of the last none is needed.
    """
    written = [[*map(one_word, row[:-1]), one_line(row[-1])] for row in rows]
    widths = [
        max(least, len(name), *(len(row[index]) for row in written))
        for index, (least, name) in enumerate(zip(least_widths, header, strict=False))
    ]
    lines = [[*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]] for row in written]
    head = [*(name.ljust(width) for name, width in zip(header, widths, strict=False)), header[-1]]
    return [" ".join(line).rstrip() for line in (head, *lines)]
