with assignments as (
    select
        a.school_year, coalesce(school.lea_id, lea.org_id, a.lea_id) as lea_id, school.org_id as school_id,
        -- In hundredths from the start: rounded later, the categories would not add up to the total.
        cast(a.fte as decimal(9, 2)) as fte,
        coalesce(c.staffcatgccd, 'MISSING') as staffcatgccd, coalesce(c.is_classroom_teacher, false) as is_classroom_teacher
    from {{ ref('fct_staff_assignment') }} as a
    left join {{ ref('edfacts_staff_categories') }} as c on a.classification_code = c.classification_code
    left join {{ ref('dim_organization') }} as school on school.org_level = 'school' and a.org_id = school.org_id
    left join {{ ref('dim_organization') }} as lea on lea.org_level = 'lea' and a.org_id = lea.org_id
    -- Who is there on October 1; an assignment without full-time equivalents cannot be counted in them.
    where a.is_on_october_1 and a.fte is not null
),

by_level as (
    select school_year, 'FTESTAFF' as table_name, 'lea' as org_level, lea_id as org_id, staffcatgccd, fte as amount
    from assignments
    union all
    select a.school_year, 'FTESTAFF', 'state', o.org_id, a.staffcatgccd, a.fte
    from assignments as a
    cross join {{ ref('dim_organization') }} as o
    where o.org_level = 'state'
    union all
    select school_year, 'CLASSTEACHFTE', 'school', school_id, null, fte
    from assignments
    where is_classroom_teacher and school_id is not null
),

{{ edfacts_counts('FS059', 'by_level', ['staffcatgccd'], number_type='decimal(18, 2)') }}
