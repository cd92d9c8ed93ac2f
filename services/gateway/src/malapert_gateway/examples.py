"""Examples of bodies that are files, not messages: each is accepted by the call that it stands at.

Those of missions' requests fit the reference mission `lupex`.
"""

from typing import Any

MISSION: dict[str, Any] = {
    "source": "Malapert mission file: modelling assumption, nobody published it",
    "confidence": "A",
    "mission": {"id": "limb-watch", "title": "A science satellite in Earth orbit"},
    "agencies": [{"id": "JAXA", "name": "Japan Aerospace Exploration Agency", "role": "satellite", "reviewer": True}],
    "horizon": {"start": "2029-01-16T00:00:00Z", "duration": "2 d", "profile_step": "60 s"},
    "assets": [
        {
            "id": "satellite",
            "kind": "satellite",
            "name": "Science satellite",
            "agency": "JAXA",
            "resources": ["payload-deck"],
            "battery": {
                "capacity": "600 Wh",
                "floor": "60 %",
                "start": "95 %",
                "required_end": "80 %",
                "charge_efficiency": "95 %",
            },
            "terminal": {
                "band": "X",
                "frequency": "8.2 GHz",
                "eirp": "15 dBW",
                "required_eb_n0": "4 dB",
                "margin": "3 dB",
                "losses": "2 dB",
                "rate_steps": ["100 Mbit/s"],
            },
            "orbit": {
                "position_error": "2 km",
                "two_line_elements": [
                    "1 99001U 29001A   29015.00000000  .00000000  00000-0  10000-4 0  9993",
                    "2 99001  97.7900  94.5000 0010000  90.0000 270.0000 14.89000000    13",
                ],
            },
        }
    ],
    "stations": ["ksat-svalsat"],
    "waypoints": [{"id": "orbit", "title": "In orbit"}],
    "activity_types": [
        {
            "id": "limb",
            "title": "Limb in sunlight",
            "asset": "satellite",
            "steps": [
                {
                    "id": "image",
                    "title": "Image",
                    "duration": "15 min",
                    "power": "30 W",
                    "resources": ["payload-deck"],
                    "conditions": [{"kind": "orbiter_sunlight", "orbiters": ["satellite"]}],
                }
            ],
        }
    ],
    "requests": [
        {"id": "limb", "title": "A limb image", "activity_type": "limb", "agency": "JAXA", "value": 8},
    ],
    "objective": {"fairness": 10},
    "solver": {"seed": 1, "work_limit": "10 s", "resolution": "60 s"},
}

REQUESTS: dict[str, Any] = {
    "requests": [
        {
            "request_id": "night-image",
            "title": "The lander at night",
            "activity_type_id": "outreach-image",
            "agency_id": "JAXA",
            "value": 4.0,
            "place_ids": ["lander"],
            "visibility": "PUBLIC",
        }
    ],
    "reason": "Asked by the outreach team",
}

REQUESTS_CSV = (
    "request_id,title,activity_type_id,agency_id,value,place_ids,visibility\r\n"
    "day-image,The lander by day,outreach-image,JAXA,4,lander,PUBLIC\r\n"
)

SCHEDULE_XML = """<simpleSchedule>
  <simpleScheduleHeader originatingOrganization="ISRO" generationTime="2029-01-10T00:00:00Z" status="PROVISIONAL"
    inclusionType="START_INCLUSION" version="1" startTime="2029-01-18T00:00:00Z" endTime="2029-01-20T00:00:00Z"/>
  <scheduledPackage user="LUPEX" scheduledPackageId="W15">
    <scheduledActivity scheduledActivityId="W15-1" activityStatus="TENTATIVE" siteRef="IDSN" apertureRef="ISRO-IDSN-32"
      beginningOfTrack="2029-01-18T03:00:00Z" endOfTrack="2029-01-18T09:00:00Z"
      beginningOfActivity="2029-01-18T02:30:00Z" endOfActivity="2029-01-18T09:15:00Z">
      <serviceInfo serviceType="TELEMETRY" frequencyBand="X-DS"/>
    </scheduledActivity>
  </scheduledPackage>
</simpleSchedule>
"""

PLAN: dict[str, Any] = {
    "plan": {
        "items": {
            "plannedActivities": [
                {
                    "key": "commissioning/0/check",
                    "definition": "check",
                    "arguments": [{"argName": "place", "count": 1, "argValues": ["lander"]}],
                    "start": {"type": "TimeTrigger", "time": "2029-01-15T06:00:00Z"},
                    "end": {"type": "TimeTrigger", "time": "2029-01-15T09:00:00Z"},
                }
            ]
        }
    }
}
