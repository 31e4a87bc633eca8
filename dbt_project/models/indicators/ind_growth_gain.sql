{%- for subject, told in tested_subjects().items() if subject != 'Science' -%}
(
with {{ growth_rows(subject, 'cast(g.gain * 1000 as bigint)', 'p.scale_is_vertical = 1') }},

-- Gains in whole thousandths of a point.
counted as (
    with {{ disaggregate('student_rows', 'I08a' ~ told.letter, 1, 'mean', 'assessment', described_by='described') }}
),

{{ growth_figures('f.numerator * cast(0.001 as decimal(4, 3))', mean_of('f.numerator', 'f.denominator', 1000)) }}

{{ row_contract('figures', 'I08a' ~ told.letter, 1, 'mean', 'assessment', number_type='decimal(18, 2)', has_value=true) }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
