{# The dimensions of a student in EDFacts: category codes by column of dim_student_year. #}
{% macro edfacts_dimensions() %}
    {{ return({
        'race_ethnicity': 'raceethnic',
        'sex': 'sex',
        'english_learner': 'lepboth',
        'idea': 'disabstatus',
        'section_504': 'disabstatus504',
        'economic_disadvantage': 'ecodis',
        'homeless': 'homelsenrlstat',
        'migrant': 'migrntstatus',
        'foster': 'fstrcrsts',
        'military_connected': 'milcnctdstdntsts',
    }) }}
{% endmacro %}

{#
    Who the students of a relation like dim_student_year are, in the codes of EDFacts (seed subgroup_values): one column per category.
    A category that asks for one group only (WDIS, LEP, …) is null for who is known not to be in it: such a row is in no set
    that has the category. MISSING is who nothing is known of, and a value that EDFacts does not permit (a sex neither F nor M).
#}
{% macro edfacts_students(relation) -%}
    select
        s.student_key, s.school_year,
        coalesce(race_ethnicity.edfacts_code, 'MISSING') as raceethnic,
        case race_ethnicity.edfacts_code
            when 'AM7' then 'MAN' when 'AS7' then 'MA' when 'BL7' then 'MB' when 'HI7' then 'MHL' when 'MU7' then 'MM'
            when 'PI7' then 'MNP' when 'WH7' then 'MW' else 'MISSING'
        end as majorreg,
        coalesce(sex.edfacts_code, 'MISSING') as sex,
        coalesce(english_learner.edfacts_code, 'MISSING') as lepboth,
        nullif(coalesce(english_learner.edfacts_code, 'MISSING'), 'NLEP') as leponly,
        nullif(coalesce(idea.edfacts_code, 'MISSING'), 'WODIS') as disabstatus
        {%- for column, category in (edfacts_dimensions().items() | list)[4:] %},
        case when s.{{ column }} <> 'No' then coalesce({{ column }}.edfacts_code, 'MISSING') end as {{ category }}
        {%- endfor %}
    from {{ relation }} as s
    {%- for column in edfacts_dimensions() %}
    left join {{ ref('subgroup_values') }} as {{ column }}
        on {{ column }}.disaggregate_type = '{{ column }}' and s.{{ column }} = {{ column }}.disaggregate_value
    {%- endfor %}
{%- endmacro %}

{#
    The value where EDFacts permits it for the category that year, else MISSING: permitted_value in the select, and
    permitted_join among its joins, `row` being the alias of the rows that have the column.
#}
{% macro permitted_value(category) -%}
    coalesce({{ category | lower }}_permitted.option_code, 'MISSING')
{%- endmacro %}

{% macro permitted_join(row, column, category) -%}
    left join {{ ref('edfacts_permitted_values') }} as {{ category | lower }}_permitted
        on {{ category | lower }}_permitted.category = '{{ category }}'
        and {{ row }}.school_year = {{ category | lower }}_permitted.school_year
        and {{ row }}.{{ column }} = {{ category | lower }}_permitted.option_code
{%- endmacro %}

{# Rows of one school each, once for every level that the file has. #}
{% macro edfacts_by_level(rows, levels) -%}
    {%- for level in levels %}
    {% if not loop.first %}union all{% endif %}
    select r.*, '{{ level }}' as org_level, r.{{ level }}_id as org_id from {{ rows }} as r
    {%- endfor %}
{%- endmacro %}

{#
    From rows to the counts of a file: every category set that EDFacts asks of the level (seed edfacts_category_sets), with its
    subtotals and total. `rows` is a CTE with school_year, table_name, org_level, org_id, the columns `categories` and `amount`.
    A total of zero is a row: the organization has data, and nobody to count. A zero within a set is left to the writer of the
    file, who knows where EDFacts asks for one. Years without a layout have no rows.
#}
{% macro edfacts_counts(file_spec, rows, categories, number_type='bigint') -%}
profiles as (
    select
        school_year, table_name, org_level, org_id{% for category in categories %}, {{ category }}{% endfor %}, sum(amount) as amount
    from {{ rows }}
    group by school_year, table_name, org_level, org_id{% for category in categories %}, {{ category }}{% endfor %}
),

category_sets as (
    select school_year, file_spec, table_name, org_level, category_set, '|' || coalesce(categories, '') || '|' as categories
    from {{ ref('edfacts_category_sets') }}
    where file_spec = '{{ file_spec }}'
),

in_sets as (
    select
        p.school_year, s.file_spec, p.table_name, p.org_level, p.org_id, s.category_set, s.categories, p.amount
        {%- for category in categories %},
        case when s.categories like '%|{{ category | upper }}|%' then p.{{ category }} end as {{ category }}
        {%- endfor %}
    from profiles as p
    inner join category_sets as s
        on p.school_year = s.school_year and p.table_name = s.table_name and p.org_level = s.org_level
    where true
        {%- for category in categories %}
        and (p.{{ category }} is not null or s.categories not like '%|{{ category | upper }}|%')
        {%- endfor %}
),

counts as (
    select
        school_year, file_spec, table_name, org_level, org_id, category_set, categories{% for category in categories %}, {{ category }}{% endfor %},
        sum(amount) as amount
    from in_sets
    group by school_year, file_spec, table_name, org_level, org_id, category_set, categories{% for category in categories %}, {{ category }}{% endfor %}
)

select
    cast(c.school_year as integer) as school_year,
    cast(c.file_spec as varchar) as file_spec,
    cast(c.table_name as varchar) as table_name,
    cast(c.org_level as varchar) as org_level,
    cast(c.org_id as varchar) as org_id,
    cast(o.lea_id as varchar) as lea_id,
    cast(c.category_set as varchar) as category_set,
    {%- for category in categories %}
    cast(c.{{ category }} as varchar) as {{ category }},
    {%- endfor %}
    cast(c.amount as {{ number_type }}) as amount
from counts as c
inner join {{ ref('dim_organization') }} as o on c.org_level = o.org_level and c.org_id = o.org_id
where c.amount > 0 or c.categories = '||'
{%- endmacro %}
