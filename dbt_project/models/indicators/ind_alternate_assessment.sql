{%- for subject, told in tested_subjects().items() -%}
(
with parameters as (
    {{ parameters_of('I07', ['alternate_limit_percent']) }}
),

tested_students as (
    select
        p.authority, a.*,
        case when a.exclusion_reason is null then 1 else 0 end as student_count,
        case when a.exclusion_reason is null then 1 else 0 end as denominator,
        case when a.participation_code = 'ALTPARTALTACH' then 1 else 0 end as numerator,
        case when a.exclusion_reason is null then 0 else 1 end as n_missing
    from {{ ref('fct_assessment_participation') }} as a
    inner join parameters as p on {{ holds_in('p', 'a.school_year') }}
    where a.subject = '{{ subject }}'
        and (a.participation_code in ('REGPARTWOACC', 'REGPARTWACC', 'ALTPARTALTACH')
            or a.exclusion_reason = 'results_not_sent')
),

student_rows as (
    {{- at_each_level('tested_students', ['student_count', 'numerator', 'denominator', 'n_missing']) }}
),

described as (
    {{ described_at_test(subject) }}
),

{{ disaggregate('student_rows', 'I07a' ~ told.letter, 1, 'rate', 'assessment', described_by='described') }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
