{%- for subject, told in tested_subjects().items() -%}
(
with parameters as (
    {{ parameters_of('I06', ['requires_full_year', 'denominator_floor_percent', 'excludes_recent_arrivals']) }}
),

required_students as (
    select
        p.authority, p.requires_full_year, a.*,
        case when a.has_valid_score then 1 else 0 end as student_count,
        case when a.has_valid_score and a.is_proficient then 1 else 0 end as numerator,
        case when a.is_required then 1 else 0 end as denominator,
        case when a.has_valid_score then 0 else 1 end as n_missing
    from {{ ref('fct_assessment_participation') }} as a
    inner join parameters as p on {{ holds_in('p', 'a.school_year') }}
    where a.subject = '{{ subject }}' and (a.is_required or a.exclusion_reason = 'results_not_sent')
        -- Whoever took the English test instead of the one in reading was not required to take that.
        and coalesce(a.participation_code, '') <> 'PARTELP'
        and (p.excludes_recent_arrivals = 0 or not a.is_recent_arrival)
),

student_rows as (
    {{- at_each_level('required_students', ['student_count', 'numerator', 'denominator', 'n_missing'],
        'r.requires_full_year = 0 or r.is_full_year_{level}') }}
),

described as (
    {{ described_at_test(subject) }}
),

-- Until here the denominator is everyone required to be tested; how many of them at least must be counted is told by group.
required as (
    with {{ disaggregate('student_rows', 'I06' ~ told.letter, 1, 'rate', 'assessment', described_by='described') }}
),

figures as (
    select
        r.authority, r.school_year, r.org_level, r.org_id, r.parent_org_id, r.lea_id, r.disaggregate_type,
        r.disaggregate_value, r.numerator,
        greatest(r.student_count, {{ percent_rounded_up('r.denominator', 'p.denominator_floor_percent') }}) as denominator,
        r.student_count, r.n_missing, r.as_of_date, r.period_start, r.period_end
    from required as r
    inner join parameters as p on r.authority = p.authority and {{ holds_in('p', 'r.school_year') }}
)

{{ row_contract('figures', 'I06' ~ told.letter, 1, 'rate', 'assessment') }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
