{%- set groups = ['majorreg', 'disabstatus', 'leponly', 'ecodis', 'homelsenrlstat', 'fstrcrsts'] -%}
-- Rates of the very counts of FS151: graduates, with a regular or an alternate diploma, of all in the cohort.
with cohorts as (
    select
        school_year, replace(table_name, 'GRADCOHORT', 'GRADRT') || 'ADJ' as table_name, org_level, org_id, lea_id,
        case when category_set = 'ST1' then 'EUT' else category_set end as category_set, {{ groups | join(', ') }},
        sum(case when cohortstatus in ('COHYES', 'COHALTDPL') then amount else 0 end) as graduates, sum(amount) as students
    from {{ ref('edfacts_fs151') }}
    where cohortstatus is not null
    group by school_year, table_name, org_level, org_id, lea_id, category_set, {{ groups | join(', ') }}
)

select
    cast(school_year as integer) as school_year,
    cast('FS150' as varchar) as file_spec,
    cast(table_name as varchar) as table_name,
    cast(org_level as varchar) as org_level,
    cast(org_id as varchar) as org_id,
    cast(lea_id as varchar) as lea_id,
    cast(category_set as varchar) as category_set,
    {%- for group in groups %}
    cast({{ group }} as varchar) as {{ group }},
    {%- endfor %}
    -- To four places, halves rounded up, in whole numbers until the last step.
    cast({{ half_up('graduates * 10000', 'students') }} * cast(0.0001 as decimal(5, 4)) as decimal(9, 4)) as amount
from cohorts
