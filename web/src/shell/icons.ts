/** Strokes of the navigation's icons, in a box of 20 by 20. */
export const ICONS: Record<string, string> = {
  Missions: "M3 15 8 6l3.2 5L13 8l4 7ZM12 4.5h.01",
  Plan: "M3 5h7M6 10h9M10 15h7",
  Requests: "M5 3h10v14H5ZM8 7h4M8 10h4M8 13h2",
  Types: "M3 4h5v5H3ZM12 4h5v5h-5ZM3 12h5v5H3ZM12 14.5h5M14.5 12v5",
  Review: "M4 10.5 8 15 16 5",
  Members:
    "M7 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM2.5 16c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M13 9a2 2 0 1 0 0-4M14 12c2 .3 3.5 1.7 3.5 4",
  Contacts: "M4 8a6 6 0 0 0 8 8ZM8 12l4-4M11 4a5 5 0 0 1 5 5",
  Sites: "M10 17s5-5 5-9A5 5 0 0 0 5 8c0 4 5 9 5 9ZM10 9.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z",
  Work: "M2 10h4l2-5 4 10 2-5h4",
  Admin:
    "M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.5 1.5M13.5 13.5 15 15M15 5l-1.5 1.5M6.5 13.5 5 15",
};
