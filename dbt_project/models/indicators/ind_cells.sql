{%- set published = [
    ('ind_membership_october_1', 'ind_membership_october_1', 'edfacts'),
    ('ind_average_daily_attendance', 'ind_average_daily_attendance', 'ceds'),
    ('ind_chronic_absenteeism', 'ind_chronic_absenteeism', 'edfacts'),
    ('ind_chronic_absenteeism', 'ind_chronic_absenteeism_unduplicated', 'edfacts'),
    ('ind_exclusionary_discipline', 'ind_exclusionary_discipline', 'openslds'),
    ('ind_graduation_rate_4_year', 'ind_graduation_rate_4_year', 'essa_last_school'),
] -%}
-- One authority per table: two minimum-day rules side by side would let a reader subtract one from the other.
{% for table_id, model, authority in published -%}
select
    cast('{{ table_id }}' as varchar) as table_id, school_year, org_level, org_id, parent_org_id,
    disaggregate_type, disaggregate_value, student_count, numerator, denominator
from {{ ref(model) }}
where authority = '{{ authority }}' and {{ is_published_breakdown('disaggregate_type') }}
{% if not loop.last %}union all
{% endif %}
{%- endfor %}
