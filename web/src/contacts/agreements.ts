import type { Schemas } from "../api/client.ts";

export type Agreement = Schemas["Agreement"];

/** Use of an agreement in one month. */
export interface MonthOfUse {
  month: string;
  usedH: number;
  /** Share of the month's hours, which may lie above 1 where an agreement was made smaller. */
  share: number;
}

/** Returns the months in which an agreement was used, earliest first. */
export const monthsOf = ({ uses, hours_per_month }: Agreement): MonthOfUse[] =>
  [...uses]
    .sort((one, other) => one.month.localeCompare(other.month))
    .map(({ month, used_hours }) => ({
      month,
      usedH: used_hours,
      share: hours_per_month > 0 ? used_hours / hours_per_month : 0,
    }));

/** Returns the agreements that bear on a mission, or all, those of an agency first. */
export function agreementsFor(all: readonly Agreement[], missionId: string | null, agencyId: string): Agreement[] {
  const isOwn = (each: Agreement): number =>
    Number(each.partner_agency_id === agencyId || each.owner_agency_id === agencyId);
  return all
    .filter((each) => !each.ended_time && (!missionId || !each.mission_id || each.mission_id === missionId))
    .sort((one, other) => isOwn(other) - isOwn(one) || one.owner_agency_id.localeCompare(other.owner_agency_id));
}
