{%- set flags = student_flags() -%}
with enrollments as (
    select
        student_key, school_year, source_id, lea_id, school_id, grade_level_code,
        -- Where districts disagree about a student, the latest enrolment is believed.
        row_number() over (
            partition by student_key, school_year
            order by entry_date desc nulls last, coalesce(exit_date, date '9999-12-31') desc nulls last,
                lea_id, source_id, school_id, grade_level_code nulls last
        ) as recency
    from {{ ref('fct_enrollment') }}
    where exclusion_reason is null or exclusion_reason <> 'exit_before_entry'
),

latest as (
    select e.student_key, e.school_year, e.source_id, e.lea_id, e.school_id,
        case
            when e.grade_level_code is null then 'Missing'
            else coalesce(g.disaggregate_value, 'Other')
        end as grade_level_code
    from enrollments as e
    left join {{ ref('subgroup_values') }} as g
        on g.disaggregate_type = 'grade' and e.grade_level_code = g.disaggregate_value
    where e.recency = 1
),

sources_of_student as (
    select student_key, school_year, source_id, min(recency) as recency
    from enrollments
    group by student_key, school_year, source_id
),

descriptions as (
    select
        d.*,
        row_number() over (partition by d.student_key, d.school_year order by s.recency, d.batch_id) as preference
    from {{ ref('stg_demographics') }} as d
    inner join sources_of_student as s
        on d.student_key = s.student_key and d.school_year = s.school_year and d.source_id = s.source_id
),

programs as (
    select
        source_id, school_year, student_key
        {%- for flag in flags %},
        bool_or({{ program_evidence(flag) }}) as has_{{ flag }}
        {%- endfor %}
    from {{ ref('stg_program_participations') }}
    group by source_id, school_year, student_key
),

described as (
    select
        l.student_key, l.school_year, coalesce(d.source_id, l.source_id) as source_id, l.lea_id, l.school_id,
        l.grade_level_code, d.sex_code, d.hispanic_latino_code,
        concat_ws('', '|', d.race_code, '|') as race_list
        {%- for flag in flags %},
        case
            when d.{{ flag }}_code = 'Yes' or coalesce(p.has_{{ flag }}, false) then 'Yes'
            else d.{{ flag }}_code
        end as {{ flag }}
        {%- endfor %}
    from latest as l
    left join descriptions as d
        on l.student_key = d.student_key and l.school_year = d.school_year and d.preference = 1
    left join programs as p
        on l.student_key = p.student_key and l.school_year = p.school_year
        and coalesce(d.source_id, l.source_id) = p.source_id
),

-- Many senders list only the students who have a status. Where a sender says "Yes" of some and "No" of none, silence
-- means "No"; where it says "No" too, or nothing at all, silence is missing.
reporting as (
    select
        source_id, school_year
        {%- for flag in flags %},
        bool_or(coalesce({{ flag }} = 'Yes', false)) and not bool_or(coalesce({{ flag }} = 'No', false))
            as lists_only_{{ flag }}
        {%- endfor %}
    from described
    group by source_id, school_year
),

raced as (
    select
        *,
        {% for race in ['AmericanIndianOrAlaskaNative', 'Asian', 'BlackOrAfricanAmerican'] -%}
        case when race_list like '%|{{ race }}|%' then 1 else 0 end +
        {% endfor -%}
        case when race_list like '%|NativeHawaiianOr%PacificIslander|%' then 1 else 0 end +
        case when race_list like '%|White|%' or race_list like '%|MiddleEasternOrNorthAfrican|%' then 1 else 0 end
            as race_count
    from described
)

select
    d.student_key, d.school_year, d.lea_id, d.school_id, d.grade_level_code,
    -- The federal roll-up: Hispanic of any race first, then more than one race, then the one race.
    case
        when d.hispanic_latino_code = 'Yes' or d.race_list like '%|HispanicOrLatino|%' then 'HispanicOrLatino'
        when d.race_count > 1 or d.race_list like '%|DemographicRaceTwoOrMoreRaces|%'
            or d.race_list like '%|MultiracialAndOrMultiethnic|%' then 'DemographicRaceTwoOrMoreRaces'
        when d.race_list like '%|AmericanIndianOrAlaskaNative|%' then 'AmericanIndianOrAlaskaNative'
        when d.race_list like '%|Asian|%' then 'Asian'
        when d.race_list like '%|BlackOrAfricanAmerican|%' then 'BlackOrAfricanAmerican'
        when d.race_list like '%|NativeHawaiianOr%PacificIslander|%' then 'NativeHawaiianOrOtherPacificIslander'
        -- Until the 2024 federal standard is taken up, Middle Eastern or North African is counted as White.
        when d.race_count = 1 then 'White'
        else 'Missing'
    end as race_ethnicity,
    case when d.sex_code in ('Female', 'Male', 'NonBinary') then d.sex_code else 'Missing' end as sex
    {%- for flag in flags %},
    case
        when d.{{ flag }} in ('Yes', 'No') then d.{{ flag }}
        when r.lists_only_{{ flag }} then 'No'
        else 'Missing'
    end as {{ flag }}
    {%- endfor %}
from raced as d
inner join reporting as r on d.source_id = r.source_id and d.school_year = r.school_year
