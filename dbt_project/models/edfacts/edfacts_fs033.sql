{%- set served -%}
    program_code = 'SchoolFoodService' and begin_date <= make_date(school_year - 1, 10, 1)
    and (end_date is null or end_date >= make_date(school_year - 1, 10, 1))
{%- endset -%}
with meals as (
    select
        student_key, school_year, bool_or(service_source ilike '%free%') as is_free,
        bool_or(service_source ilike '%reduced%') as is_reduced,
        bool_or(service_source ilike '%free%reduced%') as is_either
    from {{ ref('stg_program_participations') }}
    where {{ served }}
    group by student_key, school_year
),

eligible as (
    select
        student_key, school_year,
        -- "Free or reduced" says that the student qualifies, not for which.
        case when is_either then 'MISSING' when is_free then 'FL' when is_reduced then 'RPL' end as lunchprog
    from meals
),

senders as (
    -- A district that says of nobody who gets meals has sent nothing, not zero.
    select distinct lea_id, school_year from {{ ref('stg_program_participations') }} where {{ served }}
),

members as (
    select
        m.school_year, m.school_id, 'LUNCHFREERED' as table_name, e.lunchprog,
        case when e.lunchprog is not null then 1 else 0 end as amount
    from {{ ref('fct_membership') }} as m
    inner join senders as s on m.lea_id = s.lea_id and m.school_year = s.school_year
    left join eligible as e on m.student_key = e.student_key and m.school_year = e.school_year
    where m.authority = 'edfacts'
),

by_level as (
    {{- edfacts_by_level('members', ['school']) }}
),

{{ edfacts_counts('FS033', 'by_level', ['lunchprog']) }}
