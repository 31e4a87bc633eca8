{%- for subject, told in tested_subjects().items() if subject != 'Science' -%}
(
with {{ growth_rows(subject, 'cast(g.residual * 1000000 as bigint)') }},

-- Residuals in whole millionths of a standard deviation.
counted as (
    with {{ disaggregate('student_rows', 'I08b' ~ told.letter, 1, 'mean', 'assessment', described_by='described') }}
),

variances as (
    select authority, school_year, org_level, max(between_variance) as between_variance,
        max(within_variance) as within_variance
    from {{ ref('fct_growth_effect') }}
    where subject = '{{ subject }}'
    group by authority, school_year, org_level
),

-- The state is no sample of schools: its mean is not shrunken.
{{ growth_figures(
    'f.numerator * cast(0.000001 as decimal(7, 6))',
    "case when f.student_count > 0 then cast(case when f.org_level = 'state' then 1 else "
    ~ shrinkage('v.between_variance', 'v.within_variance', 'f.student_count')
    ~ ' end * (f.numerator / 1000000.0e0 / f.student_count) as decimal(18, 6)) end',
    'left join variances as v on f.authority = v.authority and f.school_year = v.school_year and f.org_level = v.org_level'
) }}

{{ row_contract('figures', 'I08b' ~ told.letter, 1, 'mean', 'assessment', number_type='decimal(18, 2)', has_value=true) }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
