select
    cast(c.table_id as varchar) as table_id,
    cast(t.label as varchar) as indicator_name,
    cast(c.school_year as integer) as school_year,
    cast(c.org_level as varchar) as org_level,
    cast(l.label as varchar) as org_level_name,
    cast(c.org_id as varchar) as org_id,
    cast(o.org_name as varchar) as org_name,
    cast(c.parent_org_id as varchar) as parent_org_id,
    cast(c.disaggregate_type as varchar) as disaggregate_type,
    cast(c.disaggregate_value as varchar) as disaggregate_value,
    cast(v.label as varchar) as disaggregate_name,
    cast(v.sort_order as integer) as sort_order,
    -- A number is repeated here only where its status says "shown": a null alone is not trusted to stay null.
    cast(case when c.student_count_status = 'shown' then c.student_count end as bigint) as student_count,
    cast(case when c.numerator_status = 'shown' then c.numerator end as bigint) as numerator,
    cast(case when c.denominator_status = 'shown' then c.denominator end as bigint) as denominator,
    case when c.numerator_status = 'shown' and c.denominator_status = 'shown'
        then {{ percent_of('c.numerator', 'c.denominator', 'c.denominator') }}
    end as rate_percent,
    {{ is_withheld() }} as is_withheld
from {{ source('protected', 'protected_cells') }} as c
inner join {{ ref('dim_organization') }} as o on c.org_level = o.org_level and c.org_id = o.org_id
inner join ({{ breakdown_values() }}) as v
    on c.disaggregate_type = v.disaggregate_type and c.disaggregate_value = v.disaggregate_value
left join {{ ref('code_labels') }} as t on t.code_set = 'table_id' and c.table_id = t.code
left join {{ ref('code_labels') }} as l on l.code_set = 'org_level' and c.org_level = l.code
