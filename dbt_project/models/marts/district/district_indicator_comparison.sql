with readers as (
    select org_id as lea_id from {{ ref('dim_organization') }} where org_level = 'lea'
),

cells as (
    select c.*, o.lea_id as org_lea_id, o.org_name
    from {{ source('protected', 'protected_cells') }} as c
    inner join {{ ref('dim_organization') }} as o on c.org_level = o.org_level and c.org_id = o.org_id
),

compared as (
    select org_lea_id as reader_lea_id, 'own_' || org_level as comparison_group, cells.*
    from cells
    where org_level in ('lea', 'school')
    union all
    select r.lea_id, 'state', c.*
    from cells as c
    cross join readers as r
    where c.org_level = 'state'
    union all
    -- Other districts for all students only: every reader by every district by every subgroup would be quadratic.
    select r.lea_id, 'other_lea', c.*
    from cells as c
    inner join readers as r on c.org_id <> r.lea_id
    where c.org_level = 'lea' and c.disaggregate_type = 'all'
)

select
    cast(reader_lea_id as varchar) as lea_id,
    cast(case when org_level = 'school' then org_id end as varchar) as school_id,
    cast(comparison_group as varchar) as comparison_group,
    cast(table_id as varchar) as table_id,
    cast(school_year as integer) as school_year,
    cast(org_level as varchar) as org_level,
    cast(org_id as varchar) as org_id,
    cast(org_name as varchar) as org_name,
    cast(disaggregate_type as varchar) as disaggregate_type,
    cast(disaggregate_value as varchar) as disaggregate_value,
    cast(student_count as bigint) as student_count,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    {{ percent_of('numerator', 'denominator', 'denominator') }} as rate_percent,
    {{ is_withheld() }} as is_withheld
from compared
