{%- for subject, told in tested_subjects().items() if subject != 'Science' -%}
(
with {{ growth_rows(subject, 'g.growth_percentile') }},

counted as (
    with {{ disaggregate_median('student_rows', 'I08c' ~ told.letter, 1, 'median', 'assessment', described_by='described') }}
),

{{ growth_figures('null', 'f.value') }}

{{ row_contract('figures', 'I08c' ~ told.letter, 1, 'median', 'assessment', has_value=true) }}
)
{% if not loop.last %}union all{% endif %}
{% endfor %}
