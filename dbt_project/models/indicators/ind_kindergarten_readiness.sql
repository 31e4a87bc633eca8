{%- for domain, indicator_id in readiness_domains().items() -%}
(
with parameters as (
    {{ parameters_of('I05', ['first_time_only']) }}
),

entrants as (
    select
        p.authority, r.*,
        case when r.has_valid_score then 1 else 0 end as student_count,
        case when r.has_valid_score then 1 else 0 end as denominator,
        case when r.has_valid_score and r.is_ready then 1 else 0 end as numerator,
        case when r.has_valid_score then 0 else 1 end as n_missing
    from {{ ref('fct_kindergarten_readiness') }} as r
    inner join parameters as p on {{ holds_in('p', 'r.school_year') }}
    where r.domain = '{{ domain }}' and r.exclusion_reason is null and (p.first_time_only = 0 or not r.is_repeater)
),

student_rows as (
    {{- at_each_level('entrants', ['student_count', 'numerator', 'denominator', 'n_missing']) }}
),

described as (
    {{ described_in_grade("(select * from " ~ ref('fct_kindergarten_readiness') ~ " where domain = '" ~ domain ~ "')") }}
),

{{ disaggregate('student_rows', indicator_id, 1, 'rate', 'assessment', described_by='described') }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
