/** The mission and the plan that somebody looked at last, to which the views' links lead. */
export const here = $state({ missionId: "", planId: "" });
