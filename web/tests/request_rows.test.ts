import { describe, expect, it } from "vitest";
import { chosenRows, type RequestChoice, type RequestRow } from "../src/requests/request_rows.ts";

const row = (title: string, agency_id: string, activity_type_id: string, value: number): RequestRow =>
  ({ title, request_id: title, agency_id, activity_type_id, state: "ACCEPTED", value }) as RequestRow;
const ROWS = [
  row("Survey 10", "JAXA", "survey", 3),
  row("Survey 9", "ISRO", "survey", 9),
  row("Überflug 観測", "JAXA", "image", 3),
];
const ALL: RequestChoice = { search: "", agencyId: "", typeId: "", state: "", by: null, isDescending: false };
const titles = (choice: Partial<RequestChoice>): string[] =>
  chosenRows(ROWS, { ...ALL, ...choice }).map((each) => each.title);

describe("a list of requests", () => {
  it("is as the platform lists it unless an order is chosen", () => {
    expect(titles({})).toEqual(["Survey 10", "Survey 9", "Überflug 観測"]);
  });

  it("orders numbers in titles as people count", () => {
    expect(titles({ by: "title" }).slice(0, 2)).toEqual(["Survey 9", "Survey 10"]);
  });

  it("orders by worth both ways, and leaves equal ones as they came", () => {
    expect(titles({ by: "value" })).toEqual(["Survey 10", "Überflug 観測", "Survey 9"]);
    expect(titles({ by: "value", isDescending: true })).toEqual(["Survey 9", "Survey 10", "Überflug 観測"]);
  });

  it("keeps to an agency, a type, a state and a part of any script", () => {
    expect(titles({ agencyId: "JAXA", typeId: "survey" })).toEqual(["Survey 10"]);
    expect(titles({ search: " 観測" })).toEqual(["Überflug 観測"]);
    expect(titles({ search: "isro" })).toEqual(["Survey 9"]);
    expect(titles({ state: "CANCELLED" })).toEqual([]);
  });
});
