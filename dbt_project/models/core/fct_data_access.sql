-- A reader's days are not kept one by one: that a table was read in the year is all a figure needs, and when somebody works
-- is nobody's business.
with organizations as (
    select org_id, lea_id, org_level
    from {{ ref('dim_organization') }}
    where org_level in ('lea', 'school')
),

events as (
    select
        e.source_id, e.lea_id, e.school_year, e.tier, e.table_name_code, e.org_id, e.staff_key,
        min(e.access_date) as first_access_date, max(e.access_date) as last_access_date, count(*) as record_count
    from {{ ref('stg_data_access_events') }} as e
    group by e.source_id, e.lea_id, e.school_year, e.tier, e.table_name_code, e.org_id, e.staff_key
)

select
    e.source_id, e.lea_id, e.school_year, e.tier, e.table_name_code, e.org_id, e.staff_key, e.first_access_date,
    e.last_access_date,
    case
        when o.org_id is null then 'unknown_organization'
        -- A district's own front serves nobody else.
        when e.lea_id <> o.lea_id then 'another_district'
        when e.tier = 'teacher' and e.staff_key is null then 'unknown_reader'
    end as exclusion_reason,
    e.record_count
from events as e
left join organizations as o
    on e.org_id = o.org_id and o.org_level = case e.tier when 'district' then 'lea' else 'school' end
