/** A mission that comes with the platform, to begin with; its text is asked for when it is chosen. */
export interface Example {
  title: string;
  text: () => Promise<{ default: string }>;
}

/** Small first: who has just come sees a plan within seconds. */
export const EXAMPLES: readonly Example[] = [
  { title: "A station's arm, planned in seconds", text: () => import("../../../missions/station-arm.yaml?raw") },
  { title: "The reference mission at the south pole", text: () => import("../../../missions/lupex.yaml?raw") },
];
