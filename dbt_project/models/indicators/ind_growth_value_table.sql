{%- for subject, told in tested_subjects().items() if subject != 'Science' -%}
(
with {{ growth_rows(subject, 'g.value_table_points') }},

counted as (
    with {{ disaggregate('student_rows', 'I08d' ~ told.letter, 1, 'mean', 'assessment', described_by='described') }}
),

{{ growth_figures('f.numerator', mean_of('f.numerator', 'f.denominator', 1)) }}

{{ row_contract('figures', 'I08d' ~ told.letter, 1, 'mean', 'assessment', has_value=true) }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
