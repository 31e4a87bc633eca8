{%- for subject, told in tested_subjects().items() -%}
(
with parameters as (
    {{ parameters_of('I07', ['target_percent']) }}
),

required_students as (
    select
        p.authority, a.*,
        case when a.is_required then 1 else 0 end as student_count,
        case when a.is_required then 1 else 0 end as denominator,
        case when a.is_required and a.participation_code <> 'NPART' then 1 else 0 end as numerator,
        case when a.is_required then 0 else 1 end as n_missing
    from {{ ref('fct_assessment_participation') }} as a
    inner join parameters as p on {{ holds_in('p', 'a.school_year') }}
    where a.subject = '{{ subject }}' and (a.is_required or a.exclusion_reason = 'results_not_sent')
),

student_rows as (
    {{- at_each_level('required_students', ['student_count', 'numerator', 'denominator', 'n_missing']) }}
),

described as (
    {{ described_at_test(subject) }}
),

{{ disaggregate('student_rows', 'I07' ~ told.letter, 1, 'rate', 'assessment', described_by='described') }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
