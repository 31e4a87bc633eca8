with experience as (
    select source_id, school_year, staff_key, max(years_of_experience) as years_of_experience
    from {{ ref('stg_staff') }}
    group by source_id, school_year, staff_key
)

select
    a.source_id, a.lea_id, a.school_year, a.staff_key, a.org_id, a.classification_code, a.begin_date, a.end_date,
    cast(a.fte as decimal(9, 4)) as fte, a.separation_reason_code, e.years_of_experience,
    -- The day of the staff counts (FS059) and of the membership they are set against.
    a.begin_date <= make_date(a.school_year - 1, 10, 1)
        and coalesce(a.end_date, date '9999-12-31') >= make_date(a.school_year - 1, 10, 1) as is_on_october_1
from {{ ref('stg_staff_assignments') }} as a
left join experience as e
    on a.source_id = e.source_id and a.school_year = e.school_year and a.staff_key = e.staff_key
