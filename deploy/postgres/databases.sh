#!/bin/bash
# One role and one database per service, each closed to the others. Run once by the image, on an empty data directory.
set -euo pipefail
for service in landing_site comms_window payload planner gateway; do
  variable="POSTGRES_${service^^}_PASSWORD"
  psql -v ON_ERROR_STOP=1 -v role="$service" -v password="${!variable}" -U "$POSTGRES_USER" -d postgres <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role" ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
