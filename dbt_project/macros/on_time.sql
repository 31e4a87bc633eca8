{#
    Student-days on time and late, per student and organization. A day late by the school's word is not late if the bell
    was moved that day by as much. A district without a single late arrival in the year did not send any: unknown.
#}
{% macro punctual_days() -%}
parameters as (
    {{ parameters_of('I03', ['delayed_opening_moves_the_bell']) }}
),

days as (
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select
        '{{ level }}' as org_level, {{ {'school': 'y.school_id', 'lea': 'y.lea_id', 'state': 's.org_id'}[level] }} as org_id,
        y.school_year, y.student_key, y.days_enrolled, y.days_present, y.days_tardy, y.as_of_date
    from {{ ref({'school': 'fct_student_school_year', 'lea': 'fct_student_lea_year', 'state': 'fct_student_year'}[level]) }} as y
    {%- if level == 'state' %}
    cross join (select org_id from {{ ref('dim_organization') }} where org_level = 'state') as s
    {%- endif %}
    {%- endfor %}
),

forgiven_places as (
    select f.school_year, f.student_key, f.attendance_date, f.school_id, o.lea_id, s.org_id as state_id
    from {{ ref('fct_forgiven_tardy') }} as f
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and f.school_id = o.org_id
    cross join {{ ref('dim_organization') }} as s
    where s.org_level = 'state'
),

forgiven as (
    {%- for level in ['school', 'lea', 'state'] %}
    {% if not loop.first %}union all{% endif %}
    select '{{ level }}' as org_level, {{ level }}_id as org_id, school_year, student_key,
        count(distinct attendance_date) as forgiven_days
    from forgiven_places
    group by {{ level }}_id, school_year, student_key
    {%- endfor %}
),

senders as (
    select y.school_year, o.lea_id
    from {{ ref('fct_student_school_year') }} as y
    inner join {{ ref('dim_organization') }} as o on o.org_level = 'school' and y.school_id = o.org_id
    where y.days_tardy > 0
    group by y.school_year, o.lea_id
),

students_of_senders as (
    select distinct y.student_key, y.school_year
    from {{ ref('fct_student_lea_year') }} as y
    inner join senders as s on y.lea_id = s.lea_id and y.school_year = s.school_year
),

punctual as (
    select
        p.authority, d.school_year, d.org_level, d.org_id, d.student_key, d.as_of_date, d.days_enrolled, d.days_present,
        d.days_tardy - p.delayed_opening_moves_the_bell * coalesce(f.forgiven_days, 0) as days_late,
        case when d.days_present is not null
            and case when d.org_level = 'state' then t.student_key else s.lea_id end is not null then 1 else 0 end as is_known
    from days as d
    inner join parameters as p on {{ holds_in('p', 'd.school_year') }}
    -- Nobody in the state sent a late arrival of the year: no figure.
    inner join (select distinct school_year from senders) as sent on d.school_year = sent.school_year
    left join {{ ref('dim_organization') }} as o on d.org_level = o.org_level and d.org_id = o.org_id
    left join senders as s on o.lea_id = s.lea_id and d.school_year = s.school_year
    left join students_of_senders as t on d.student_key = t.student_key and d.school_year = t.school_year
    left join forgiven as f
        on d.org_level = f.org_level and d.org_id = f.org_id and d.student_key = f.student_key
        and d.school_year = f.school_year
)
{%- endmacro %}
