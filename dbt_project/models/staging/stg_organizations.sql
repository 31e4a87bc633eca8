select
    source_id, lea_id, school_year, batch_id,
    org_id, org_type_code, org_name, parent_org_id, low_grade, high_grade,
    operational_status_code, operational_status_date
from {{ source('records', 'organizations') }}
