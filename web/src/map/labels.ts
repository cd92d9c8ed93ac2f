/** A name to be written beside a point of a map, in the map's units; y points down. */
export interface Named {
  x: number;
  y: number;
  name: string;
}

/** A name at its place: to the left or right of its point, above or below it. */
export interface Label {
  anchor: "start" | "middle" | "end";
  labelX: number;
  labelY: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What a letter takes of the size of its face, on average. */
const LETTER = 0.56;

/**
 * Returns where the names of points stand, so that as few as can be lie over another name or point or leave the map:
 * beside each point, then below or above it. The first have the first choice.
 */
export function placeLabels<Point extends Named>(
  points: readonly Point[],
  size: number,
  map: Omit<Box, "left" | "top">,
): (Point & Label)[] {
  const dots = points.map(({ x, y }) => ({ left: x - 1, right: x + 1, top: y - 1, bottom: y + 1 }));
  const taken: Box[] = [];
  return points.map((point, at) => {
    const others = dots.filter((_, other) => other !== at);
    const choices = choicesOf(point, size).map((label) => {
      const box = boxOf(point.name, label, size);
      const over = [...taken, ...others].reduce((sum, each) => sum + overlap(box, each), 0);
      const beyond =
        Math.max(0, -box.left) +
        Math.max(0, box.right - map.right) +
        Math.max(0, -box.top) +
        Math.max(0, box.bottom - map.bottom);
      return { label, box, cost: over + size * beyond };
    });
    const best = choices.reduce((one, other) => (other.cost < one.cost - 1e-9 ? other : one));
    taken.push(best.box);
    return { ...point, ...best.label };
  });
}

function choicesOf({ x, y }: Named, size: number): Label[] {
  const beside = 0.38 * size;
  const gap = 0.62 * size;
  return [
    { anchor: "start", labelX: x + gap, labelY: y + beside },
    { anchor: "end", labelX: x - gap, labelY: y + beside },
    { anchor: "middle", labelX: x, labelY: y + 1.5 * size },
    { anchor: "middle", labelX: x, labelY: y - 0.8 * size },
  ];
}

function boxOf(name: string, { anchor, labelX, labelY }: Label, size: number): Box {
  const width = LETTER * size * [...name].length;
  const left = anchor === "start" ? labelX : anchor === "end" ? labelX - width : labelX - width / 2;
  return { left, right: left + width, top: labelY - 0.8 * size, bottom: labelY + 0.25 * size };
}

/** Area that two boxes share. */
function overlap(one: Box, other: Box): number {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return width > 0 && height > 0 ? width * height : 0;
}
